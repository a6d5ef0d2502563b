import type { Format } from "../../format.ts";
import { describeParquet, probeParquet } from "./footer-facts.ts";
import { ParquetReader } from "./parquet-reader.ts";

/** Parquet files of any writer. Cut between row groups. Source: parquet.apache.org, "File format". */
export const parquetFormat: Format = {
  name: "parquet",
  title: "Parquet",
  extensions: [".parquet"],
  grouping: "rows",
  isColumns: true,
  takesForms: true,
  rangeUnit: "row group",
  describe: ([source], signal, options) => describeParquet(source, signal, options),
  probe: probeParquet,
  open: (input) => new ParquetReader(input),
};
