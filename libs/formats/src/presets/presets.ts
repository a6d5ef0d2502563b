import type { Preset } from "./preset.ts";

/** How files of known origins lie. Each has a sample and its rows in `test/presets`. */
export const presets = {
  pinecone: {
    description: "Pinecone's Parquet (id, values, sparse_values, metadata), and its vectors as JSON",
    fields_mapping: { id: "$id", values: "$vector", sparse_values: "$sparse_vector", metadata: "$meta" },
  },
  vdf: {
    description: "Vector Data Format of vector-io: Parquet with id and vector, other columns into $meta",
    fields_mapping: { id: "$id", vector: "$vector", __index_level_0__: null },
  },
  weaviate: {
    description: "Weaviate's export as Parquet: vectors and properties as bytes",
    fields_mapping: { id: "$id", vector: "$vector", properties: "$meta", named_vectors: null },
  },
  qdrant: {
    description: "Qdrant's points as Parquet or JSON: id, vector, payload",
    fields_mapping: { id: "$id", vector: "$vector", payload: "$meta" },
  },
  chroma: {
    description: "a collection of Chroma: id, embedding, document, and its metadata as $meta",
    fields_mapping: { id: "$id", embedding: "$vector", metadata: "$meta", uri: null },
  },
  "milvus-lite": {
    description: "collections of Milvus Lite: columns under their own names, without those that it has for itself",
    fields_mapping: { _seq: null, _partition: null },
  },
  elasticsearch: {
    description: "hits of Elasticsearch or OpenSearch, one a line, as elasticdump writes them",
    fields_mapping: {
      _id: { field: "$id", for: "text" },
      "_source.*": "*",
      ...{ _index: null, _type: null, _score: null, _ignored: null, _version: null, sort: null },
    },
  },
  mongodb: {
    description: "documents of mongoexport, one a line or in a list; extended JSON is unwrapped",
    extended_json: true,
    fields_mapping: { _id: "$id", __v: null },
  },
  "openai-batch": {
    description: "output of OpenAI's batches of embeddings, lists or base64",
    fields_mapping: {
      custom_id: "$id",
      "response.body.data[0].embedding": { field: "$vector", as: "base64" },
      ...{ id: null, error: null, "response.status_code": null, "response.request_id": null },
      ...{ "response.body.object": null, "response.body.data[0].object": null, "response.body.data[0].index": null },
    },
  },
  pgvector: {
    description: "COPY … TO STDOUT (FORMAT csv, HEADER) of a table with vectors: columns under their own names",
    fields_mapping: {},
  },
  vespa: {
    description: "documents that are fed to Vespa, one a line: put and fields",
    fields_mapping: { put: { field: "$id", for: "text" }, "fields.*": "*" },
  },
  huggingface: {
    description: "datasets of Hugging Face: columns under their own names, without the index of pandas",
    fields_mapping: { __index_level_0__: null },
  },
  vectordbbench: {
    description: "data sets of VectorDBBench: Parquet with id and emb",
    fields_mapping: { id: "$id", emb: "$vector" },
  },
  "ann-benchmarks": {
    description: "HDF5 of ann-benchmarks: the vectors of train; their row numbers are the key",
    fields_mapping: { train: "$vector", test: null, neighbors: null, distances: null, avg_distances: null },
  },
} as const satisfies Readonly<Record<string, Preset>>;
