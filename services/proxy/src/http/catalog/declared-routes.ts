import type { Body } from "./body.ts";
import { indexJson, pairValue } from "./collection-json.ts";
import { createIndex, indexesOf, named } from "./collection-routes.ts";
import { empty, type RestRoute } from "./rest-route.ts";

const partition = (body: Body) => ({ ...named(body), partitionName: body.required("partitionName") });
const partitions = (body: Body) => ({
  ...named(body),
  partitionNames: body.given("partitionNames").texts("partitionNames"),
});
const alias = (body: Body) => ({ dbName: body.text("dbName"), alias: body.required("aliasName") });
const database = (body: Body) => ({ dbName: body.required("dbName") });

/** Partitions, indexes, aliases and databases. Source: around-import §2.6. */
export const declaredRoutes: Readonly<Record<string, RestRoute>> = {
  "partitions/list": async (body, call) => {
    return (await call("showPartitions", named(body))).partitionNames;
  },
  "partitions/has": async (body, call) => ({
    has: (await call("hasPartition", partition(body))).value,
  }),
  "partitions/get_stats": async (body, call) => {
    const { stats } = await call("getPartitionStatistics", partition(body));
    return { rowCount: Number(pairValue(stats, "row_count")) };
  },
  "partitions/create": (body, call) => empty(call("createPartition", partition(body))),
  "partitions/drop": (body, call) => empty(call("dropPartition", partition(body))),
  "partitions/load": (body, call) => empty(call("loadPartitions", { ...partitions(body), replicaNumber: 1 })),
  "partitions/release": (body, call) => empty(call("releasePartitions", partitions(body))),

  "indexes/list": async (body, call) => (await indexesOf(named(body), call)).map(({ indexName }) => indexName),
  "indexes/describe": async (body, call) =>
    (await indexesOf({ ...named(body), indexName: body.required("indexName") }, call)).map(indexJson),
  "indexes/create": async (body, call) => {
    const of = named(body);
    for (const index of body.given("indexParams").bodies("indexParams")) await createIndex(of, index, call);
    return {};
  },
  "indexes/drop": (body, call) =>
    empty(call("dropIndex", { ...named(body), fieldName: "", indexName: body.required("indexName") })),

  "aliases/list": async (body, call) => {
    const about = { dbName: body.text("dbName"), collectionName: body.text("collectionName") };
    return (await call("listAliases", about)).aliases;
  },
  "aliases/describe": async (body, call) => {
    const { dbName, collection, alias: aliasName } = await call("describeAlias", alias(body));
    return { dbName, collectionName: collection, aliasName };
  },
  "aliases/create": (body, call) => empty(call("createAlias", { ...named(body), ...alias(body) })),
  "aliases/alter": (body, call) => empty(call("alterAlias", { ...named(body), ...alias(body) })),
  "aliases/drop": (body, call) => empty(call("dropAlias", alias(body))),

  "databases/list": async (_body, call) => (await call("listDatabases")).dbNames,
  "databases/describe": async (body, call) => {
    const { dbName, dbID, properties } = await call("describeDatabase", database(body));
    return { dbName, dbID: Number(dbID), properties };
  },
  "databases/create": (body, call) =>
    empty(call("createDatabase", { ...database(body), properties: body.pairs("properties") })),
  "databases/drop": (body, call) => empty(call("dropDatabase", database(body))),
  ...Object.fromEntries(["alter", "alter_properties"].map((name) => [`databases/${name}`, alterDatabase] as const)),
  "databases/drop_properties": (body, call) =>
    empty(call("alterDatabase", { ...database(body), deleteKeys: body.texts("propertyKeys") })),
};

function alterDatabase(...[body, call]: Parameters<RestRoute>): Promise<object> {
  return empty(call("alterDatabase", { ...database(body), properties: body.pairs("properties") }));
}
