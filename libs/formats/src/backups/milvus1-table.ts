import type { BackupIndex, BackupPair } from "./backup.ts";

// A collection or partition of the meta store of Milvus 1.x, and what its numbers stand for. Source: legacy formats, §1.3 and §1.8.

/** A row of `Tables`: numbers as Milvus 1.x has them, texts empty where they are null. */
export interface Milvus1Table {
  readonly tableId: string;
  readonly state: number;
  readonly dimension: number;
  readonly engineType: number;
  readonly indexParams: string;
  readonly metricType: number;
  readonly ownerTable: string;
  readonly partitionTag: string;
}

/** The vector type is told by the metric alone. */
export function isBinary({ metricType }: Milvus1Table): boolean {
  return metricType >= 3;
}

/** Source: `MetricType` and `EngineType` of Milvus 1.1. */
const metrics = ["L2", "L2", "IP", "HAMMING", "JACCARD", "JACCARD", "SUBSTRUCTURE", "SUPERSTRUCTURE"];
const TANIMOTO = 5;
const engines: Readonly<Record<number, string>> = {
  1: "FLAT",
  2: "IVF_FLAT",
  3: "IVF_SQ8",
  5: "IVF_SQ8",
  6: "IVF_PQ",
  9: "BIN_FLAT",
  10: "BIN_IVF_FLAT",
  11: "HNSW",
};
/** Parameters that still mean the same. */
const keptParams = ["nlist", "m", "M", "efConstruction"];

/** The declaration of its index. */
export function indexOf(table: Milvus1Table): BackupIndex {
  const type = indexTypeOf(table);
  const params = type === engines[table.engineType] ? paramsOf(table) : defaultsOf(type);
  const metric = metrics[table.metricType] ?? "L2";
  const pairs = [{ key: "index_type", value: type }, { key: "metric_type", value: metric }, ...params];
  return { fieldName: "data", indexName: "data", params: pairs };
}

/** Of types that are gone HNSW takes the place; substructures are searched without an index. */
function indexTypeOf(table: Milvus1Table): string {
  const type = engines[table.engineType] ?? "HNSW";
  if (!isBinary(table)) return type.startsWith("BIN_") ? "FLAT" : type;
  return type === "BIN_IVF_FLAT" && table.metricType < 6 ? type : "BIN_FLAT";
}

function defaultsOf(type: string): BackupPair[] {
  if (type !== "HNSW") return [];
  return [
    { key: "M", value: "16" },
    { key: "efConstruction", value: "200" },
  ];
}

function paramsOf({ indexParams }: Milvus1Table): BackupPair[] {
  try {
    const params: Readonly<Record<string, unknown>> = JSON.parse(indexParams || "{}");
    return keptParams.flatMap((key) => (params[key] === undefined ? [] : [{ key, value: String(params[key]) }]));
  } catch {
    // What is no JSON says nothing that the declaration of an index needs.
    return [];
  }
}

/** What has another form here, or none. */
export function notesOf(table: Milvus1Table, attributes: ReadonlySet<string>): string[] {
  const notes: string[] = [];
  if (table.metricType === TANIMOTO)
    notes.push("metric TANIMOTO became JACCARD: hits rank alike, and distances are others");
  if (engines[table.engineType] === undefined)
    notes.push(`index type ${table.engineType} of Milvus 1.x is gone: HNSW or BIN_FLAT stands for it`);
  if (attributes.has(table.tableId)) notes.push("attributes of hybrid collections are not read: ids and vectors are");
  return notes;
}
