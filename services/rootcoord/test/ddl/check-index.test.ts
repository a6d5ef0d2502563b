import { describe, expect, it, test } from "@jest/globals";
import type { schema as wire } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { planIndex } from "../../src/ddl/check-index.ts";
import { field, outcome, pairs, vectorField } from "./harness.ts";

type Params = Record<string, string>;

const plan = (target: wire.FieldSchema, params: Params) => planIndex(target, pairs(params));
const check = (target: wire.FieldSchema, params: Params) => outcome((async () => plan(target, params))());

const float = vectorField({ typeParams: pairs({ dim: "8" }) });
const int8 = vectorField({ dataType: DataType.Int8Vector });
const binary = vectorField({ dataType: DataType.BinaryVector });
const sparse = field({ name: "s", dataType: DataType.SparseFloatVector });
const terms = field({ name: "t", dataType: DataType.SparseFloatVector, isFunctionOutput: true });
const scalar = (dataType: DataType, more: Partial<wire.FieldSchema> = {}) =>
  field({ name: "x", dataType: dataType as never, ...more });

describe("echo", () => {
  test.each<[string, wire.FieldSchema, Params, Params]>([
    ["no type: AUTOINDEX with the default metric", float, {}, { index_type: "AUTOINDEX", metric_type: "COSINE" }],
    ["empty params are nothing", int8, { params: "{}" }, { index_type: "AUTOINDEX", metric_type: "COSINE" }],
    ["binary", binary, { index_type: "AUTOINDEX" }, { index_type: "AUTOINDEX", metric_type: "HAMMING" }],
    ["terms", terms, { params: "" }, { index_type: "AUTOINDEX", metric_type: "BM25" }],
    ["sparse", sparse, { params: "" }, { index_type: "AUTOINDEX", metric_type: "IP" }],
    ["given metric", float, { metric_type: "L2" }, { index_type: "AUTOINDEX", metric_type: "L2" }],
    [
      "old form as sent",
      float,
      { index_type: "HNSW", params: '{"M": 16}', metric_type: "IP" },
      { index_type: "HNSW", params: '{"M": 16}', metric_type: "IP" },
    ],
    [
      "new form as sent",
      float,
      { metric_type: "l2", index_type: "HNSW", M: "16" },
      { metric_type: "L2", index_type: "HNSW", M: "16" },
    ],
    ["scalar without type", scalar(DataType.Int64), {}, { index_type: "AUTOINDEX" }],
    ["scalar", scalar(DataType.Int64), { index_type: "INVERTED" }, { index_type: "INVERTED" }],
    [
      "unknown parameters",
      float,
      { index_type: "FLAT", metric_type: "L2", "mmap.enabled": "true" },
      { index_type: "FLAT", metric_type: "L2", "mmap.enabled": "true" },
    ],
  ])("%s", (_, target, params, echo) => {
    expect(plan(target, params).params).toEqual(Object.entries(echo));
  });

  it("both forms of one index have one definition", () => {
    const old = plan(float, { index_type: "HNSW", metric_type: "L2", params: '{"M": 16, "efConstruction": "64"}' });
    const flat = plan(float, { M: "16", efConstruction: "64", metric_type: "L2", index_type: "HNSW" });
    expect(old.definition).toEqual(flat.definition);
  });
});

describe("indexes that pass", () => {
  test.each<[string, wire.FieldSchema, Params]>([
    ["IVF_PQ", float, { index_type: "IVF_PQ", metric_type: "L2", params: '{"m": 4, "nbits": 8, "nlist": 128}' }],
    ["DISKANN", float, { index_type: "DISKANN", metric_type: "COSINE" }],
    ["GPU", float, { index_type: "GPU_IVF_FLAT", metric_type: "L2", nlist: "64" }],
    ["BIN_IVF_FLAT", binary, { index_type: "BIN_IVF_FLAT", metric_type: "JACCARD", nlist: "64" }],
    [
      "sparse",
      sparse,
      { index_type: "SPARSE_WAND", metric_type: "IP", drop_ratio_build: "0.2", inverted_index_algo: "DAAT_MAXSCORE" },
    ],
    ["HNSW on int8", int8, { index_type: "HNSW", metric_type: "L2" }],
    [
      "vectors of a struct",
      field({ name: "s[m]", dataType: DataType.ArrayOfVector, elementType: DataType.FloatVector }),
      { index_type: "HNSW", metric_type: "MAX_SIM_COSINE" },
    ],
    [
      "vectors of a struct by themselves",
      field({ name: "s[m]", dataType: DataType.ArrayOfVector, elementType: DataType.FloatVector }),
      { metric_type: "COSINE" },
    ],
    ["TRIE", scalar(DataType.VarChar), { index_type: "TRIE" }],
    ["STL_SORT", scalar(DataType.Timestamptz), { index_type: "STL_SORT" }],
    ["BITMAP on an array", scalar(DataType.Array, { elementType: DataType.Int8 }), { index_type: "BITMAP" }],
    ["JSON", scalar(DataType.JSON), { index_type: "INVERTED", json_cast_type: "double", json_path: 'x["a"]' }],
    ["NGRAM", scalar(DataType.VarChar), { index_type: "NGRAM", min_gram: "2", max_gram: "3" }],
    ["RTREE", scalar(DataType.Geometry), { index_type: "RTREE" }],
  ])("%s", async (_, target, params) => {
    expect(await check(target, params)).toBe("ok");
  });
});

describe("indexes that are refused", () => {
  const hnsw = { index_type: "HNSW", metric_type: "L2" };
  test.each<[string, wire.FieldSchema, Params, string]>([
    ["unknown type", float, { index_type: "HYBRID" }, "1100 invalid index type: HYBRID: invalid parameter"],
    ["type in another case", float, { ...hnsw, index_type: "hnsw" }, "1100 invalid index type: hnsw"],
    ["unknown type of a scalar", scalar(DataType.Int64), { index_type: "BTREE" }, "1100 invalid index type: BTREE"],
    ["vector's type on a scalar", scalar(DataType.Int64), hnsw, "1100 index HNSW do not support data type: Int64"],
    [
      "scalar's type on a vector",
      float,
      { index_type: "INVERTED" },
      "1100 index INVERTED do not support data type: FloatVector",
    ],
    [
      "type of other vectors",
      binary,
      { index_type: "IVF_FLAT", metric_type: "HAMMING" },
      "1100 index IVF_FLAT do not support data type: BinaryVector",
    ],
    [
      "FLAT on int8",
      int8,
      { index_type: "FLAT", metric_type: "L2" },
      "1100 index FLAT do not support data type: Int8Vector",
    ],
    ["no metric", float, { index_type: "HNSW" }, "1100 metric type not set for vector index"],
    [
      "metric of bits",
      float,
      { ...hnsw, metric_type: "HAMMING" },
      "1100 float vector index does not support metric type: HAMMING",
    ],
    [
      "metric of floats",
      binary,
      { metric_type: "COSINE" },
      "1100 binary vector index does not support metric type: COSINE",
    ],
    ["metric of int8", int8, { metric_type: "JACCARD" }, "1100 int vector index does not support metric type: JACCARD"],
    [
      "metric of sparse",
      sparse,
      { metric_type: "L2" },
      "1100 only IP&BM25 is the supported metric type for sparse index",
    ],
    [
      "BM25 of no function",
      sparse,
      { metric_type: "BM25" },
      "1100 only BM25 Function output field support BM25 metric type",
    ],
    [
      "another metric of terms",
      terms,
      { metric_type: "IP" },
      "1100 index metric type of BM25 function output field must be BM25, got IP",
    ],
    [
      "k1",
      terms,
      { index_type: "SPARSE_WAND", metric_type: "BM25", bm25_k1: "3.5" },
      "1100 Out of range in json: param 'bm25_k1' (3.5) should be in range [0.000000, 3.000000]",
    ],
    ["AUTOINDEX with parameters", float, { nlist: "8" }, "1100 only metric type can be passed when use AutoIndex"],
    [
      "parameter twice",
      float,
      { ...hnsw, M: "8", params: '{"M": 16}' },
      "1100 duplicated index param (key=M) (value=16) found",
    ],
    [
      "params that is no JSON",
      float,
      { ...hnsw, params: "{M" },
      '1100 the index param "params" must be a JSON object, got {M',
    ],
    ["params that is no object", float, { ...hnsw, params: "[1]" }, "must be a JSON object"],
    [
      "M beyond",
      float,
      { ...hnsw, M: "2049" },
      "1100 Out of range in json: param 'M' (2049) should be in range [2, 2048]",
    ],
    ["M that is no number", float, { ...hnsw, M: "True" }, "1100 invalid integer value, key: 'M', value: 'True'"],
    [
      "m with a fraction, in its own digits",
      float,
      { index_type: "IVF_PQ", metric_type: "L2", params: '{"m": 16.0}' },
      "1100 wrong data type in json, key: 'm', value: '16.0'",
    ],
    [
      "m that does not divide",
      float,
      { index_type: "IVF_PQ", metric_type: "L2", m: "3" },
      "1100 The dimension of the vector (dim) should be a multiple of the number of subquantizers (m).",
    ],
    [
      "nbits",
      float,
      { index_type: "IVF_PQ", metric_type: "L2", nbits: "25" },
      "param 'nbits' (25) should be in range [1, 24]",
    ],
    [
      "nlist",
      float,
      { index_type: "IVF_SQ8", metric_type: "L2", nlist: "0" },
      "param 'nlist' (0) should be in range [1, 65536]",
    ],
    [
      "drop ratio",
      sparse,
      { index_type: "SPARSE_WAND", metric_type: "IP", drop_ratio_build: "1" },
      "1100 Out of range in json: param 'drop_ratio_build' (1.0) should be in range [0.000000, 1.000000)",
    ],
    [
      "sparse algorithm",
      sparse,
      { index_type: "SPARSE_WAND", metric_type: "IP", inverted_index_algo: "X" },
      "1100 sparse inverted index algo X not found or not supported",
    ],
    [
      "JSON without cast type",
      scalar(DataType.JSON),
      { index_type: "INVERTED" },
      "1100 json index must specify cast type",
    ],
    [
      "BITMAP on floats",
      scalar(DataType.Float),
      { index_type: "BITMAP" },
      "1100 bitmap index are only supported on bool, int, string and array field",
    ],
    [
      "BITMAP on the key",
      scalar(DataType.Int64, { isPrimaryKey: true }),
      { index_type: "BITMAP" },
      "1100 create bitmap index on primary key not supported",
    ],
    [
      "STL_SORT",
      scalar(DataType.Bool),
      { index_type: "STL_SORT" },
      "1100 STL_SORT are only supported on numeric, varchar or timestamptz field, got Bool",
    ],
    ["TRIE", scalar(DataType.Int64), { index_type: "TRIE" }, "1100 TRIE are only supported on varchar field"],
    [
      "NGRAM without bounds",
      scalar(DataType.VarChar),
      { index_type: "NGRAM", min_gram: "2" },
      "1100 Ngram index must specify both min_gram and max_gram",
    ],
    [
      "NGRAM upside down",
      scalar(DataType.VarChar),
      { index_type: "NGRAM", min_gram: "3", max_gram: "2" },
      "param 'max_gram' (2) should be in range [3, 65535]",
    ],
    [
      "RTREE",
      scalar(DataType.VarChar),
      { index_type: "RTREE" },
      "1100 RTREE index can only be built on geometry field",
    ],
  ])("%s", async (_, target, params, refusal) => {
    expect(await check(target, params)).toContain(refusal);
  });
});
