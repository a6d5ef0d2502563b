// Every format, one line each. Adding one is a folder and its line here: see "How to add a format" in CONTRIBUTING.md.
export { fbinFormat, i8binFormat, ibinFormat, u8binFormat } from "./arrays/bins/index.ts";
export { faissFormat } from "./arrays/faiss/index.ts";
export { hdf5Format } from "./arrays/hdf5/index.ts";
export { annoyFormat } from "./arrays/indexes/annoy/index.ts";
export { hnswlibFormat } from "./arrays/indexes/hnswlib/index.ts";
export { nmslibFormat } from "./arrays/indexes/nmslib/index.ts";
export { usearchFormat } from "./arrays/indexes/usearch/index.ts";
export { voyagerFormat } from "./arrays/indexes/voyager/index.ts";
export { arraysFormat } from "./arrays/mixed/index.ts";
export { npyFormat } from "./arrays/npy/index.ts";
export { npzFormat } from "./arrays/npz/index.ts";
export { safetensorsFormat } from "./arrays/safetensors/index.ts";
export { bvecsFormat, fvecsFormat, ivecsFormat } from "./arrays/vecs/index.ts";
export { word2vecFormat } from "./arrays/word2vec/index.ts";
export { arrowFormat } from "./columnar/arrow/index.ts";
export { parquetFormat } from "./columnar/parquet/index.ts";
export { csvFormat, tsvFormat } from "./rows/csv/index.ts";
export { jsonFormat, jsonlFormat } from "./rows/json/index.ts";
