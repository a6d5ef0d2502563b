import type { Format } from "../../format.ts";
import { LazyReader } from "../../lazy-reader.ts";

/** Object container files of Avro, cut between blocks. Source: avro.apache.org, "Specification". */
export const avroFormat: Format = {
  name: "avro",
  title: "Avro",
  extensions: [".avro"],
  grouping: "rows",
  isColumns: true,
  takesForms: true,
  rangeUnit: "byte",
  describe: async ([source], signal) => (await import("./describe-avro.ts")).describeAvro(source, signal),
  probe: async (input, signal) => (await import("./describe-avro.ts")).probeAvro(input, signal),
  open: (input) => new LazyReader(async () => new (await import("./avro-reader.ts")).AvroReaderOfRows(input)),
};
