import type { CollectionRecord, IndexRecord, JobRecord } from "@sluice/catalog";
import { jsonPointer } from "@sluice/formats";
import { DataType, isVector } from "@sluice/schema";
import { schemaMessage } from "./collection-description.ts";

const AUTO = "AUTOINDEX";

/** `IndexInfo` of each index: its definition. It has no files; Milvus builds those of segments that have none. */
export function indexInfos(job: JobRecord, { indexes }: CollectionRecord): object[] {
  const { fields, structArrayFields } = schemaMessage(job);
  const columns = [...fields, ...structArrayFields.flatMap((struct) => struct.fields)];
  return indexes.map((index) => {
    const field = columns.find(({ fieldID }) => fieldID === BigInt(index.fieldId));
    return {
      ...{ collectionID: job.collectionId, fieldID: BigInt(index.fieldId), index_name: index.name },
      ...{ indexID: index.indexId, type_params: field?.typeParams ?? [] },
      index_params: pairsOf(builtParams(index, field?.dataType ?? DataType.None)),
      ...(index.definition.index_type === AUTO && { is_auto_index: true }),
      user_index_params: index.params.map(([key, value]) => ({ key, value })),
    };
  });
}

/** What Milvus builds: it keeps an automatic index as what that came to, here by the defaults of its settings. */
function builtParams({ definition, fieldName }: IndexRecord, dataType: number): Readonly<Record<string, string>> {
  const path = definition.json_path;
  const known = path === undefined ? definition : { ...definition, json_path: jsonPointer(path, fieldName) };
  return definition.index_type === AUTO ? { ...known, ...automatic(dataType, definition.metric_type) } : known;
}

/** Source: Milvus `autoindex_param.go`. */
function automatic(dataType: number, metric: string | undefined): Readonly<Record<string, string>> {
  if (dataType === DataType.BinaryVector)
    return metric === "MHJACCARD" ? { index_type: "MINHASH_LSH" } : { index_type: "BIN_IVF_FLAT", nlist: "1024" };
  if (dataType === DataType.SparseFloatVector) return { index_type: "SPARSE_INVERTED_INDEX" };
  if (isVector(dataType as DataType)) return { index_type: "HNSW", M: "18", efConstruction: "240" };
  if (dataType === DataType.Geometry) return { index_type: "RTREE" };
  return { index_type: dataType === DataType.Timestamptz ? "STL_SORT" : "INVERTED" };
}

function pairsOf(params: Readonly<Record<string, string>>) {
  return Object.entries(params).map(([key, value]) => ({ key, value }));
}
