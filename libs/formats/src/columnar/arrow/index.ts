import type { Format } from "../../format.ts";
import { LazyReader } from "../../lazy-reader.ts";

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
  describe: async ([source], signal) => (await import("./describe-arrow.ts")).describeArrow(source, signal),
  probe: async (input, signal) => (await import("./describe-arrow.ts")).probeArrow(input, signal),
  open: (input) => new LazyReader(async () => new (await import("./arrow-reader.ts")).ArrowReader(input)),
};
