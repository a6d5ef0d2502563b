import type { schema as wire } from "@sluice/rpc";
import { DataType, dataTypeName, isVector } from "@sluice/schema";
import { checkNumbers } from "./check-index-numbers.ts";
import { checkScalarIndex } from "./check-scalar-index.ts";
import { type IndexParams, parseIndexParams } from "./index-params.ts";
import type { Pairs } from "./pairs.ts";
import { invalid } from "./refusals.ts";
import { typeParam } from "./type-params.ts";

type Field = wire.FieldSchema;

/** What an index comes to, once it is checked. */
export interface IndexPlan {
  /** Parameters to echo, in order. */
  readonly params: Pairs;
  /** Every parameter, with index type and metric: two requests ask for the same when these are equal. */
  readonly definition: Readonly<Record<string, string>>;
}

/** Kinds of vectors that indexes tell apart. */
type Family = "float" | "int8" | "binary" | "sparse";

const families: Readonly<Record<number, Family>> = {
  [DataType.FloatVector]: "float",
  [DataType.Float16Vector]: "float",
  [DataType.BFloat16Vector]: "float",
  [DataType.Int8Vector]: "int8",
  [DataType.BinaryVector]: "binary",
  [DataType.SparseFloatVector]: "sparse",
};

const metrics: Readonly<Record<Family, readonly string[]>> = {
  float: ["COSINE", "L2", "IP"],
  int8: ["COSINE", "L2", "IP"],
  binary: ["HAMMING", "JACCARD", "SUBSTRUCTURE", "SUPERSTRUCTURE", "MHJACCARD"],
  sparse: ["IP"],
};
/** Metrics of lists of vectors beside those of their elements. */
const listMetrics = ["MAX_SIM", "MAX_SIM_COSINE", "MAX_SIM_IP", "MAX_SIM_L2", "MAX_SIM_HAMMING", "MAX_SIM_JACCARD"];

const vectorIndexes: readonly (readonly [types: RegExp, families: readonly Family[]])[] = [
  [/^(FLAT|IVF_FLAT|IVF_SQ8|IVF_RABITQ|IVF_PQ|SCANN|DISKANN|GPU_[A-Z_]+)$/, ["float"]],
  [/^HNSW(_SQ|_PQ|_PRQ)?$/, ["float", "int8"]],
  [/^(BIN_FLAT|BIN_IVF_FLAT|MINHASH_LSH)$/, ["binary"]],
  [/^SPARSE_(INVERTED_INDEX|WAND)$/, ["sparse"]],
];

/**
 * Checks an index request for a field and completes it as Milvus does: without an index type it is AUTOINDEX, which has a
 * default metric. Any type is served by exact scan, so the checks and the echo are what there is to an index type.
 * Source: around-import §5.
 * @param field with the name that requests use, `struct[member]` for members
 * @throws {StatusError} 1100
 */
export function planIndex(field: Field, extraParams: wire.FieldSchema["typeParams"]): IndexPlan {
  const params = parseIndexParams(extraParams);
  const type = params.flat.get("index_type") || "AUTOINDEX";
  if (!isVector(field.dataType as DataType)) return planScalar(field, type, params);
  return type === "AUTOINDEX" ? planAutoIndex(field, params) : planVector(field, type, params);
}

function planScalar(field: Field, type: string, params: IndexParams): IndexPlan {
  const definition = { ...Object.fromEntries(params.flat), index_type: type };
  if (isVectorIndex(type)) throw invalid(`index ${type} do not support data type: ${dataTypeName(field.dataType)}`);
  checkScalarIndex(field, type, params.flat);
  if (type !== "AUTOINDEX") return { params: params.sent, definition };
  const others = params.sent.filter(([key]) => key !== "index_type");
  return { params: [["index_type", type], ...others], definition };
}

function planAutoIndex(field: Field, { flat }: IndexParams): IndexPlan {
  const extra = [...flat.keys()].find((key) => key !== "index_type" && key !== "metric_type");
  if (extra !== undefined) throw invalid(`only metric type can be passed when use AutoIndex, got ${extra}`);
  const metric = flat.get("metric_type")?.toUpperCase() || (isTerms(field) ? "BM25" : metrics[familyOf(field)][0]);
  checkMetric(field, metric);
  const definition = { index_type: "AUTOINDEX", metric_type: metric };
  return { params: Object.entries(definition), definition };
}

function planVector(field: Field, type: string, { sent, flat }: IndexParams): IndexPlan {
  const family = familyOf(field);
  if (!isVectorIndex(type)) throw wrongType(field, type);
  if (!vectorIndexes.some(([types, of]) => types.test(type) && of.includes(family))) {
    throw invalid(`index ${type} do not support data type: ${dataTypeName(field.dataType)}`);
  }
  const metric = flat.get("metric_type")?.toUpperCase();
  if (!metric) throw invalid("metric type not set for vector index");
  checkMetric(field, metric);
  checkNumbers(type, flat, Number(typeParam(field, "dim") ?? 0));
  return {
    // Readers compare metrics exactly, so they are kept in the one spelling.
    params: sent.map(([key, value]) => [key, key === "metric_type" ? metric : value] as const),
    definition: { ...Object.fromEntries(flat), metric_type: metric },
  };
}

function isVectorIndex(type: string): boolean {
  return vectorIndexes.some(([types]) => types.test(type));
}

function wrongType(field: Field, type: string): Error {
  const isScalar = /^(INVERTED|BITMAP|STL_SORT|TRIE|Trie|NGRAM|RTREE)$/.test(type);
  if (!isScalar) return invalid(`invalid index type: ${type}`);
  return invalid(`index ${type} do not support data type: ${dataTypeName(field.dataType)}`);
}

function familyOf(field: Field): Family {
  const type = field.dataType === DataType.ArrayOfVector ? field.elementType : field.dataType;
  return families[type];
}

/** Counts of terms, which a BM25 function has made: a sparse field of others has weights of its own. */
function isTerms({ isFunctionOutput, dataType }: Field): boolean {
  return isFunctionOutput && dataType === DataType.SparseFloatVector;
}

function checkTermsMetric(metric: string): void {
  if (metric !== "BM25") throw invalid(`index metric type of BM25 function output field must be BM25, got ${metric}`);
}

function checkMetric(field: Field, metric: string): void {
  const family = familyOf(field);
  if (isTerms(field)) {
    checkTermsMetric(metric);
    return;
  }
  if (metrics[family].includes(metric)) return;
  if (field.dataType === DataType.ArrayOfVector && listMetrics.includes(metric)) return;
  if (family !== "sparse") {
    const kind = family === "int8" ? "int" : family;
    throw invalid(`${kind} vector index does not support metric type: ${metric}`);
  }
  if (metric === "BM25") throw invalid("only BM25 Function output field support BM25 metric type");
  throw invalid("only IP&BM25 is the supported metric type for sparse index");
}
