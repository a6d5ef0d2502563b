export { type RawColumn, type RawFile, type RawPage, rawParquetFile } from "./raw-file.ts";
