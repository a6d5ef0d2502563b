// Every format, one line each. Adding one is a folder and its line here: see "How to add a format" in CONTRIBUTING.md.
export { npyFormat } from "./arrays/npy/index.ts";
export { parquetFormat } from "./columnar/parquet/index.ts";
export { jsonFormat, jsonlFormat } from "./rows/json/index.ts";
