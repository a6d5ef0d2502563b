export { ParquetReader, type ParquetReaderOptions } from "./parquet-reader.ts";
export { probeParquet } from "./probe-parquet.ts";
