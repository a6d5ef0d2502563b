import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { common, type milvus, schema } from "@sluice/rpc";
import { AccessRefused } from "../../access/access-refused.ts";
import { type Body, missing } from "./body.ts";
import { collectionJson, loadName, pairValue } from "./collection-json.ts";
import { levelOf } from "./consistency-level.ts";
import type { PublicCall } from "./public-call.ts";
import { empty, type RestRoute } from "./rest-route.ts";
import { quickSchema, schemaOf } from "./schema-message.ts";

/** What names a collection in every request. */
export function named(body: Body) {
  return { dbName: body.text("dbName"), collectionName: body.required("collectionName") };
}

/** What the caller may not know of it is left out, and said beside, as Milvus does. */
async function describe(body: Body, call: PublicCall) {
  const about = named(body);
  const described = await call("describeCollection", about);
  const refusals: string[] = [];
  const unlessDenied = async <T>(answer: Promise<T>) => {
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof AccessRefused)) throw error;
      refusals.push(error.message);
      return undefined;
    }
  };
  const indexes = await unlessDenied(indexesOf(about, call));
  const load = await unlessDenied(call("getLoadState", { ...about, partitionNames: [] }));
  return { data: collectionJson(described, indexes ?? [], load?.state), message: refusals.join("; ") };
}

/** Of a collection, or of the one of a name. A collection without indexes has none. */
export async function indexesOf(
  about: ReturnType<typeof named> & { readonly indexName?: string },
  call: PublicCall,
): Promise<readonly milvus.IndexDescription[]> {
  try {
    return (await call("describeIndex", about)).indexDescriptions;
  } catch (error) {
    if (error instanceof StatusError && error.code === statusCodes.indexNotFound && !about.indexName) return [];
    throw error;
  }
}

async function create(body: Body, call: PublicCall) {
  const about = named(body);
  const quick = body.has("schema") ? undefined : quickSchema(about.collectionName, body);
  const params = body.inner("params");
  const message = quick?.message ?? schemaOf(about.collectionName, body, params);
  const indexes = body.bodies("indexParams");
  checkIndexed(indexes, message);
  const level = params.text("consistencyLevel") || body.text("consistencyLevel") || "Bounded";
  const isLoaded = quick !== undefined || indexes.length > 0;
  await call.mayCall(["createCollection", ...(isLoaded ? (["createIndex", "loadCollection"] as const) : [])], about);
  await call("createCollection", {
    ...about,
    schema: Buffer.from(schema.CollectionSchema.encode(message).finish()),
    shardsNum: params.integer("shardsNum", 1),
    numPartitions: BigInt(params.integer("partitionsNum", 0)),
    consistencyLevel: levelOf(level),
    properties: propertiesOf(body, params),
  });
  if (quick) {
    const extraParams = [{ key: "metric_type", value: quick.metric }];
    const index = { ...about, fieldName: quick.vectorField, indexName: quick.vectorField, extraParams };
    await call("createIndex", index);
  }
  for (const index of indexes) await createIndex(about, index, call);
  if (isLoaded) await call("loadCollection", { ...about, replicaNumber: 1 });
  return {};
}

const TTL = "collection.ttl.seconds";

/** Properties of a new collection, of which some may stand among its parameters. @throws {StatusError} 1100 for two TTLs */
function propertiesOf(body: Body, params: Body): common.KeyValuePair[] {
  const all = [...propertiesGiven(body), ...propertiesIn(params)];
  checkOneTtl(all);
  return all;
}

/** As they are given, under the names that the rest of the system has for them. */
function propertiesGiven(body: Body): common.KeyValuePair[] {
  const given = body.pairs("properties").map(({ key, value }) => ({ key: key === "ttl.seconds" ? TTL : key, value }));
  checkOneTtl(given);
  return given;
}

function checkOneTtl(properties: readonly common.KeyValuePair[]): void {
  if (properties.filter(({ key }) => key === TTL).length > 1)
    throw new StatusError(statusCodes.invalidParameter, "collection TTL is specified multiple times");
}

/** Properties that stand among the parameters of `create`. Source: Milvus, httpserver/handler_v2.go. */
function propertiesIn(params: Body): common.KeyValuePair[] {
  const names = {
    ...{ ttlSeconds: TTL, ttlField: "ttl_field" },
    ...{ partitionKeyIsolation: "partitionkey.isolation", "mmap.enabled": "mmap.enabled" },
  };
  const given = Object.entries(names).filter(([name]) => params.has(name));
  return given.map(([name, key]) => ({ key, value: String(params.raw(name)) }));
}

function checkIndexed(indexes: readonly Body[], { fields, structArrayFields }: schema.CollectionSchema): void {
  const members = structArrayFields.flatMap(({ name, fields }) => fields.map((field) => `${name}[${field.name}]`));
  const known = new Set([...fields.map(({ name }) => name), ...members]);
  for (const index of indexes) {
    const name = index.required("fieldName");
    if (!known.has(name)) throw missing(`\`${excerpt(name)}\` hasn't defined in schema: a field that`);
  }
}

/** An index as REST describes it. */
export async function createIndex(about: ReturnType<typeof named>, index: Body, call: PublicCall): Promise<void> {
  const [type, metric] = [index.text("indexType"), index.text("metricType")];
  const params = index.pairs("params").filter(({ key }) => key !== "index_type" || type === "");
  const extraParams = [
    ...params,
    ...(type === "" ? [] : [{ key: "index_type", value: type }]),
    ...(metric === "" ? [] : [{ key: "metric_type", value: metric }]),
  ];
  const [fieldName, indexName] = [index.required("fieldName"), index.text("indexName")];
  await call("createIndex", { ...about, fieldName, indexName, extraParams });
}

/** Those whose answers have members beside `data`. Source: around-import §2.4. */
export const describedCollectionRoutes: Readonly<Record<string, RestRoute>> = {
  // Clients find a message there, also where there is nothing to say.
  "collections/describe": describe,
};

/** Source: around-import §2.2. */
export const collectionRoutes: Readonly<Record<string, RestRoute>> = {
  "collections/list": async (body, call) => {
    return (await call("showCollections", { dbName: body.text("dbName") })).collectionNames;
  },
  "collections/has": async (body, call) => {
    const { value } = await call("hasCollection", named(body));
    return { has: value };
  },
  "collections/create": create,
  "collections/drop": (body, call) => empty(call("dropCollection", named(body))),
  "collections/get_stats": async (body, call) => {
    const { stats } = await call("getCollectionStatistics", named(body));
    return { rowCount: Number(pairValue(stats, "row_count")) };
  },
  "collections/get_load_state": async (body, call) => {
    const about = { ...named(body), partitionNames: body.texts("partitionNames") };
    const { state } = await call("getLoadState", about);
    if (state === common.LoadState.LoadStateNotExist) await call("describeCollection", named(body));
    if (state === common.LoadState.LoadStateNotLoad) return { loadState: loadName(state) };
    const { progress } = await call("getLoadingProgress", about);
    return { loadState: loadName(state), loadProgress: Number(progress) };
  },
  "collections/load": (body, call) => empty(call("loadCollection", { ...named(body), replicaNumber: 1 })),
  "collections/refresh_load": (body, call) =>
    empty(call("loadCollection", { ...named(body), replicaNumber: 1, refresh: true })),
  "collections/truncate": (body, call) => empty(call("truncateCollection", named(body))),
  "collections/release": (body, call) => empty(call("releaseCollection", named(body))),
  "collections/rename": (body, call) => {
    const { collectionName: oldName, dbName } = named(body);
    const [newName, newDBName] = [body.required("newCollectionName"), body.text("newDbName")];
    return empty(call("renameCollection", { dbName, oldName, newName, newDBName }));
  },
  "collections/alter_properties": (body, call) =>
    empty(call("alterCollection", { ...named(body), properties: propertiesGiven(body) })),
  "collections/drop_properties": (body, call) =>
    empty(call("alterCollection", { ...named(body), deleteKeys: body.texts("propertyKeys") })),
  "collections/flush": (body, call) => {
    const { dbName, collectionName } = named(body);
    return empty(call("flush", { dbName, collectionNames: [collectionName] }));
  },
  "collections/compact": async (body, call) => {
    const request = { ...named(body), majorCompaction: body.flag("isClustering", false) };
    return { compactionID: Number((await call("manualCompaction", request)).compactionID) };
  },
  "collections/get_compaction_state": async (body, call) => {
    // The client for Node has the one name, Milvus the other.
    const compactionID = BigInt(body.integer("jobID", body.integer("compactionID", 0)));
    if (compactionID === 0n) throw missing("jobID");
    const state = await call("getCompactionState", { compactionID });
    const name = Object.entries(common.CompactionState).find(([, number]) => number === state.state)?.[0];
    return {
      ...{ compactionID: Number(compactionID), state: name, executingPlanNumber: Number(state.executingPlanNo) },
      ...{ timeoutPlanNumber: Number(state.timeoutPlanNo), completedPlanNumber: Number(state.completedPlanNo) },
    };
  },
};
