import { z } from "zod";
import { passedOver, refused } from "./marked-members.ts";

const text = z.string();
const texts = z.array(text);
const object = z.record(z.string(), z.unknown());
const whole = z.union([z.int(), z.string()]);
const flag = z.union([z.boolean(), z.enum(["true", "false"])]);

const functions = z.array(
  some({
    ...{ name: text, type: text, description: text, params: object },
    ...{ inputFieldNames: texts, outputFieldNames: texts },
  }),
);

const searchedMetric = passedOver("the index's metric counts, and metric_type in searchParams is compared with it");

/** The same wherever a search is described. Source: around-import §2.5; Milvus, httpserver/request_v2.go. */
const searchMembers = {
  ...{
    data: z.array(z.unknown()),
    ids: z.array(whole),
    annsField: text,
    filter: text,
    exprParams: object,
    limit: whole,
    offset: whole,
  },
  ...{ outputFields: texts, partitionNames: texts, searchParams: object, params: object },
  metricType: searchedMetric,
  ...{ groupingField: text, groupSize: whole, strictGroupSize: flag },
  functionScore: some({ functions, params: object }),
  highlighter: refused("is not supported over REST: search over gRPC, or mark hits in the client"),
  searchAggregation: refused("is not supported over REST: search over gRPC, or group hits in the client"),
  functionChains: refused("is not supported over REST: search over gRPC, or take their steps in the client"),
  ignoreGrowing: flag,
};

const indexParam = { fieldName: text, indexName: text, metricType: text, indexType: text, params: object };

const typed = {
  ...{ fieldName: text, dataType: text, elementDataType: text, elementTypeParams: object, description: text },
  nullable: flag,
};
const field = {
  ...typed,
  ...{ isPrimary: flag, isPartitionKey: flag, isClusteringKey: flag, autoID: flag, autoId: flag },
  defaultValue: z.unknown(),
  multiAnalyzerParam: z.union([text, object]),
};

const fields = z.array(some(field));
const struct = some({ ...typed, fields });
const schema = {
  /** The name with a d is that of Milvus's pages and of the Node client. */
  ...{ autoID: flag, autoId: flag, enableDynamicField: flag, enabledDynamicField: flag, fields },
  structFields: z.array(struct),
  functions,
};

const createParams = {
  ...{ shardsNum: whole, partitionsNum: whole, consistencyLevel: text, ttlSeconds: whole, ttlField: text },
  ...{ partitionKeyIsolation: flag, "mmap.enabled": flag, enableDynamicField: flag, max_length: whole },
};

/** Members that bodies of Milvus's routes have: each means the same wherever it stands. Source: around-import §1.5, §2. */
const members = {
  ...{ ...searchMembers, metricType: text },
  ...{ dbName: text, collectionName: text, newCollectionName: text, newDbName: text, description: text },
  ...{ partitionName: text, indexName: text, aliasName: text, fieldName: text },
  ...{ schema: some(schema), indexParams: z.array(some(indexParam)), properties: object, propertyKeys: texts },
  ...{ fieldParams: object, consistencyLevel: text, dimension: whole, idType: text, autoID: flag },
  ...{ primaryFieldName: text, vectorFieldName: text, vectorFieldType: text, isClustering: flag },
  ...{ jobID: whole, compactionID: whole, id: z.unknown() },
  ...{ collectionID: whole, segmentIDs: z.array(whole), fieldId: whole },
  ...{ search: z.array(some(searchMembers)), rerank: some({ strategy: text, params: object }) },
  ...{ partialUpdate: flag, fieldOps: z.array(some({ fieldName: text, op: text })) },
  ...{ groupByFields: texts, orderByFields: texts, timezone: text },
  ...{ text: texts, analyzerParams: text, withDetail: flag, withHash: flag },
  ...{ userName: text, password: text, newPassword: text, roleName: text, objectType: text, objectName: text },
  ...{ privilege: text, privilegeGroupName: text, privileges: texts },
};

/** Other forms of members. */
const forms = {
  ...{ newField: some(field), newStruct: struct, createParams: some(createParams), searchedMetric },
  theId: passedOver("the id says which"),
  theAlias: passedOver("the alias says which"),
  allOfThem: passedOver("all are listed"),
};

/** Of what calls are about, wherever they have it: who says so to a call that has no such member means something by it. */
export const memberNames: ReadonlySet<string> = new Set(Object.keys(members));
const all: Readonly<Record<string, z.ZodType>> = { ...members, ...forms };

function some(shape: z.ZodRawShape): z.ZodObject {
  return z.object(shape).partial();
}

/**
 * The schema of a body whose members are listed; a mark for each that it must have. `name=form` has another form.
 * @throws {Error} for a name that no body has
 * @example bodyOf("collectionName! dbName params=createParams")
 */
export function bodyOf(list: string): z.ZodObject {
  const words = list.split(" ").filter((word) => word !== "");
  const shape = words.map((word) => {
    const [name, form = name] = word.replace("!", "").split("=");
    const member = all[form];
    if (!member) throw new Error(`no body has a member ${form}`);
    return [name, word.endsWith("!") ? member : member.nullish()] as const;
  });
  return z.object(Object.fromEntries(shape));
}
