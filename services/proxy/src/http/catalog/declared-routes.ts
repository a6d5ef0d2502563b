import { milvus } from "@sluice/rpc";
import type { Body } from "./body.ts";
import { indexJson, pairValue } from "./collection-json.ts";
import { createIndex, indexesOf, named } from "./collection-routes.ts";
import type { RestRoute } from "./rest-route.ts";

const empty = async (call: Promise<unknown>) => {
  await call;
  return {};
};
const partition = (body: Body) => ({ ...named(body), partitionName: body.required("partitionName") });
const partitions = (body: Body) => ({ ...named(body), partitionNames: body.texts("partitionNames") });
const alias = (body: Body) => ({ base: undefined, dbName: body.text("dbName"), alias: body.required("aliasName") });
const database = (body: Body) => ({ base: undefined, dbName: body.required("dbName") });

/** Partitions, indexes, aliases and databases. Source: around-import §2.6. */
export const declaredRoutes: Readonly<Record<string, RestRoute>> = {
  "partitions/list": async (body, calls, rest) => {
    const request = milvus.ShowPartitionsRequest.fromPartial(named(body));
    return (await calls.call(rest, "showPartitions", request)).partitionNames;
  },
  "partitions/has": async (body, calls, rest) => ({
    has: (await calls.call(rest, "hasPartition", partition(body))).value,
  }),
  "partitions/get_stats": async (body, calls, rest) => {
    const { stats } = await calls.call(rest, "getPartitionStatistics", partition(body));
    return { rowCount: Number(pairValue(stats, "row_count")) };
  },
  "partitions/create": (body, calls, rest) => empty(calls.call(rest, "createPartition", partition(body))),
  "partitions/drop": (body, calls, rest) => empty(calls.call(rest, "dropPartition", partition(body))),
  "partitions/load": (body, calls, rest) =>
    empty(
      calls.call(
        rest,
        "loadPartitions",
        milvus.LoadPartitionsRequest.fromPartial({ ...partitions(body), replicaNumber: 1 }),
      ),
    ),
  "partitions/release": (body, calls, rest) => empty(calls.call(rest, "releasePartitions", partitions(body))),

  "indexes/list": async (body, calls, rest) =>
    (await indexesOf(named(body), calls, rest)).map(({ indexName }) => indexName),
  "indexes/describe": async (body, calls, rest) =>
    (await indexesOf({ ...named(body), indexName: body.required("indexName") }, calls, rest)).map(indexJson),
  "indexes/create": async (body, calls, rest) => {
    for (const index of body.bodies("indexParams")) await createIndex(named(body), index, calls, rest);
    return {};
  },
  "indexes/drop": (body, calls, rest) =>
    empty(calls.call(rest, "dropIndex", { ...named(body), fieldName: "", indexName: body.required("indexName") })),

  "aliases/list": async (body, calls, rest) => {
    const about = { base: undefined, dbName: body.text("dbName"), collectionName: body.text("collectionName") };
    return (await calls.call(rest, "listAliases", about)).aliases;
  },
  "aliases/describe": async (body, calls, rest) => {
    const { dbName, collection, alias: aliasName } = await calls.call(rest, "describeAlias", alias(body));
    return { dbName, collectionName: collection, aliasName };
  },
  "aliases/create": (body, calls, rest) => empty(calls.call(rest, "createAlias", { ...named(body), ...alias(body) })),
  "aliases/alter": (body, calls, rest) => empty(calls.call(rest, "alterAlias", { ...named(body), ...alias(body) })),
  "aliases/drop": (body, calls, rest) => empty(calls.call(rest, "dropAlias", alias(body))),

  "databases/list": async (_body, calls, rest) =>
    (await calls.call(rest, "listDatabases", { base: undefined })).dbNames,
  "databases/describe": async (body, calls, rest) => {
    const { dbName, dbID, properties } = await calls.call(rest, "describeDatabase", database(body));
    return { dbName, dbID: Number(dbID), properties };
  },
  "databases/create": (body, calls, rest) =>
    empty(calls.call(rest, "createDatabase", { ...database(body), properties: body.pairs("properties") })),
  "databases/drop": (body, calls, rest) => empty(calls.call(rest, "dropDatabase", database(body))),
  ...Object.fromEntries(["alter", "alter_properties"].map((name) => [`databases/${name}`, alterDatabase] as const)),
  "databases/drop_properties": (body, calls, rest) =>
    empty(
      calls.call(
        rest,
        "alterDatabase",
        milvus.AlterDatabaseRequest.fromPartial({ ...database(body), deleteKeys: body.texts("propertyKeys") }),
      ),
    ),
};

function alterDatabase(...[body, calls, rest]: Parameters<RestRoute>): Promise<object> {
  const request = { ...database(body), properties: body.pairs("properties") };
  return empty(calls.call(rest, "alterDatabase", milvus.AlterDatabaseRequest.fromPartial(request)));
}
