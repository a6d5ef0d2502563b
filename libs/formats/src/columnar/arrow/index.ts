import type { Format } from "../../format.ts";
import { ArrowReader } from "./arrow-reader.ts";
import { describeArrow, probeArrow } from "./describe-arrow.ts";

/**
 * Arrow IPC, files (Feather version 2) and streams, told by their content. Files are cut between record batches. Source:
 * arrow.apache.org, "Serialization and Interprocess Communication".
 */
export const arrowFormat: Format = {
  name: "arrow",
  title: "Arrow",
  extensions: [".arrow", ".arrows", ".feather", ".ipc"],
  grouping: "rows",
  isColumns: true,
  takesForms: true,
  rangeUnit: "record batch",
  describe: ([source], signal) => describeArrow(source, signal),
  probe: probeArrow,
  open: (input) => new ArrowReader(input),
};
