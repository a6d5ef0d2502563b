// Every format, one line each. Adding one is a folder and its line here: see "How to add a format" in CONTRIBUTING.md.
export { fbinFormat, i8binFormat, ibinFormat, u8binFormat } from "./arrays/bins/index.ts";
export { faissFormat } from "./arrays/faiss/index.ts";
export { arraysFormat } from "./arrays/mixed/index.ts";
export { npyFormat } from "./arrays/npy/index.ts";
export { npzFormat } from "./arrays/npz/index.ts";
export { safetensorsFormat } from "./arrays/safetensors/index.ts";
export { bvecsFormat, fvecsFormat, ivecsFormat } from "./arrays/vecs/index.ts";
export { parquetFormat } from "./columnar/parquet/index.ts";
export { jsonFormat, jsonlFormat } from "./rows/json/index.ts";
