import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { common, milvus, schema } from "@sluice/rpc";
import type { FastifyRequest } from "fastify";
import { type Body, missing } from "./body.ts";
import { collectionJson, loadName, pairValue } from "./collection-json.ts";
import type { PublicCalls } from "./public-calls.ts";
import type { RestRoute } from "./rest-route.ts";
import { quickSchema, schemaOf } from "./schema-message.ts";

const LEVELS = common.ConsistencyLevel;

/** What names a collection in every request. */
export function named(body: Body) {
  return { base: undefined, dbName: body.text("dbName"), collectionName: body.required("collectionName") };
}

async function describe(body: Body, calls: PublicCalls, rest: FastifyRequest) {
  const about = named(body);
  const described = await calls.call(rest, "describeCollection", milvus.DescribeCollectionRequest.fromPartial(about));
  const indexes = await indexesOf(about, calls, rest);
  const load = await calls.call(rest, "getLoadState", { ...about, partitionNames: [] });
  return collectionJson(described, indexes, load.state);
}

/** Of a collection, or of the one of a name. A collection without indexes has none. */
export async function indexesOf(
  about: ReturnType<typeof named> & { readonly indexName?: string },
  calls: PublicCalls,
  rest: FastifyRequest,
): Promise<readonly milvus.IndexDescription[]> {
  try {
    const request = milvus.DescribeIndexRequest.fromPartial(about);
    return (await calls.call(rest, "describeIndex", request)).indexDescriptions;
  } catch (error) {
    if (error instanceof StatusError && error.code === statusCodes.indexNotFound && !about.indexName) return [];
    throw error;
  }
}

async function create(body: Body, calls: PublicCalls, rest: FastifyRequest) {
  const about = named(body);
  const quick = body.has("schema") ? undefined : quickSchema(about.collectionName, body);
  const message = quick?.message ?? schemaOf(about.collectionName, body.text("description"), body.inner("schema"));
  const indexes = body.bodies("indexParams");
  checkIndexed(indexes, message);
  const params = body.inner("params");
  const level = params.text("consistencyLevel") || body.text("consistencyLevel") || "Bounded";
  const ttl = params.has("ttlSeconds")
    ? [{ key: "collection.ttl.seconds", value: String(params.integer("ttlSeconds", 0)) }]
    : [];
  await calls.call(
    rest,
    "createCollection",
    milvus.CreateCollectionRequest.fromPartial({
      ...about,
      schema: Buffer.from(schema.CollectionSchema.encode(message).finish()),
      shardsNum: params.integer("shardsNum", 1),
      numPartitions: BigInt(params.integer("partitionsNum", 0)),
      consistencyLevel: levelOf(level),
      properties: [...body.pairs("properties"), ...ttl],
    }),
  );
  if (quick) {
    const extraParams = [{ key: "metric_type", value: quick.metric }];
    const index = { ...about, fieldName: quick.vectorField, indexName: quick.vectorField, extraParams };
    await calls.call(rest, "createIndex", milvus.CreateIndexRequest.fromPartial(index));
  }
  for (const index of indexes) await createIndex(about, index, calls, rest);
  if (quick || indexes.length > 0)
    await calls.call(rest, "loadCollection", milvus.LoadCollectionRequest.fromPartial({ ...about, replicaNumber: 1 }));
  return {};
}

function levelOf(name: string): common.ConsistencyLevel {
  if (Object.hasOwn(LEVELS, name)) return LEVELS[name as keyof typeof LEVELS];
  const reason = `consistencyLevel can only be [Strong, Session, Bounded, Eventually, Customized], but got ${excerpt(name)}`;
  throw new StatusError(statusCodes.invalidParameter, reason);
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
export async function createIndex(
  about: ReturnType<typeof named>,
  index: Body,
  calls: PublicCalls,
  rest: FastifyRequest,
): Promise<void> {
  const [type, metric] = [index.text("indexType"), index.text("metricType")];
  const params = index.pairs("params").filter(({ key }) => key !== "index_type" || type === "");
  const extraParams = [
    ...params,
    ...(type === "" ? [] : [{ key: "index_type", value: type }]),
    ...(metric === "" ? [] : [{ key: "metric_type", value: metric }]),
  ];
  const [fieldName, indexName] = [index.required("fieldName"), index.text("indexName")];
  await calls.call(
    rest,
    "createIndex",
    milvus.CreateIndexRequest.fromPartial({ ...about, fieldName, indexName, extraParams }),
  );
}

const empty = async (call: Promise<unknown>) => {
  await call;
  return {};
};

/** Source: around-import §2.2. */
export const collectionRoutes: Readonly<Record<string, RestRoute>> = {
  "collections/list": async (body, calls, rest) => {
    const request = milvus.ShowCollectionsRequest.fromPartial({ dbName: body.text("dbName") });
    return (await calls.call(rest, "showCollections", request)).collectionNames;
  },
  "collections/has": async (body, calls, rest) => {
    const { value } = await calls.call(rest, "hasCollection", milvus.HasCollectionRequest.fromPartial(named(body)));
    return { has: value };
  },
  "collections/describe": describe,
  "collections/create": create,
  "collections/drop": (body, calls, rest) => empty(calls.call(rest, "dropCollection", named(body))),
  "collections/get_stats": async (body, calls, rest) => {
    const { stats } = await calls.call(rest, "getCollectionStatistics", named(body));
    return { rowCount: Number(pairValue(stats, "row_count")) };
  },
  "collections/get_load_state": async (body, calls, rest) => {
    const about = { ...named(body), partitionNames: body.texts("partitionNames") };
    const { state } = await calls.call(rest, "getLoadState", about);
    if (state === common.LoadState.LoadStateNotExist)
      await calls.call(rest, "describeCollection", milvus.DescribeCollectionRequest.fromPartial(named(body)));
    if (state === common.LoadState.LoadStateNotLoad) return { loadState: loadName(state) };
    const { progress } = await calls.call(rest, "getLoadingProgress", about);
    return { loadState: loadName(state), loadProgress: Number(progress) };
  },
  "collections/load": (body, calls, rest) =>
    empty(
      calls.call(
        rest,
        "loadCollection",
        milvus.LoadCollectionRequest.fromPartial({ ...named(body), replicaNumber: 1 }),
      ),
    ),
  "collections/refresh_load": (body, calls, rest) =>
    empty(
      calls.call(
        rest,
        "loadCollection",
        milvus.LoadCollectionRequest.fromPartial({ ...named(body), replicaNumber: 1, refresh: true }),
      ),
    ),
  "collections/release": (body, calls, rest) => empty(calls.call(rest, "releaseCollection", named(body))),
  "collections/rename": (body, calls, rest) => {
    const { collectionName: oldName, dbName } = named(body);
    const [newName, newDBName] = [body.required("newCollectionName"), body.text("newDbName")];
    return empty(calls.call(rest, "renameCollection", { base: undefined, dbName, oldName, newName, newDBName }));
  },
  "collections/alter_properties": (body, calls, rest) =>
    empty(
      calls.call(
        rest,
        "alterCollection",
        milvus.AlterCollectionRequest.fromPartial({ ...named(body), properties: body.pairs("properties") }),
      ),
    ),
  "collections/drop_properties": (body, calls, rest) =>
    empty(
      calls.call(
        rest,
        "alterCollection",
        milvus.AlterCollectionRequest.fromPartial({ ...named(body), deleteKeys: body.texts("propertyKeys") }),
      ),
    ),
  "collections/flush": (body, calls, rest) => {
    const { dbName, collectionName } = named(body);
    return empty(calls.call(rest, "flush", { base: undefined, dbName, collectionNames: [collectionName] }));
  },
  "collections/compact": async (body, calls, rest) => {
    const request = milvus.ManualCompactionRequest.fromPartial(named(body));
    return { compactionID: Number((await calls.call(rest, "manualCompaction", request)).compactionID) };
  },
  "collections/get_compaction_state": async (body, calls, rest) => {
    const compactionID = BigInt(body.integer("jobID", 0));
    const state = await calls.call(rest, "getCompactionState", { compactionID });
    const name = Object.entries(common.CompactionState).find(([, number]) => number === state.state)?.[0];
    return {
      ...{ compactionID: Number(compactionID), state: name, executingPlanNumber: Number(state.executingPlanNo) },
      ...{ timeoutPlanNumber: Number(state.timeoutPlanNo), completedPlanNumber: Number(state.completedPlanNo) },
    };
  },
};
