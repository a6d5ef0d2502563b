export { ParquetReader } from "./parquet-reader.ts";
export { probeParquet } from "./probe-parquet.ts";
