import { describeCollectionStatus, type Handlers, type milvus } from "@sluice/rpc";
import { databaseOf, type ProxyContext } from "../context.ts";

type MilvusHandlers = Partial<Handlers<milvus.MilvusServiceServer>>;

/** Methods that the rootcoord answers in the public form; the proxy adds the database that the headers name. */
const forwardedMethods = [
  "createCollection",
  "dropCollection",
  "hasCollection",
  "showCollections",
  "renameCollection",
  "alterCollection",
  "createPartition",
  "dropPartition",
  "hasPartition",
  "showPartitions",
  "createAlias",
  "dropAlias",
  "alterAlias",
  "describeAlias",
  "listAliases",
  "createIndex",
  "dropIndex",
  "describeIndex",
  "loadCollection",
  "releaseCollection",
  "loadPartitions",
  "releasePartitions",
  "listImportTasks",
] as const;

/** Methods whose `db_name` is their subject, or that have none. */
const unchangedMethods = [
  "createDatabase",
  "dropDatabase",
  "listDatabases",
  "describeDatabase",
  "alterDatabase",
  "getImportState",
  "allocTimestamp",
] as const;

type AnyCall = (request: object) => Promise<object>;

export function forwardedHandlers(context: ProxyContext): MilvusHandlers {
  const root = context.root as unknown as Record<string, AnyCall>;
  const forwarded = forwardedMethods.map((name) => [
    name,
    (request: { dbName: string }, call: Parameters<typeof databaseOf>[1]) =>
      root[name]({ ...request, dbName: databaseOf(request, call) }),
  ]);
  const unchanged = unchangedMethods.map((name) => [name, (request: object) => root[name](request)]);
  return {
    ...(Object.fromEntries([...forwarded, ...unchanged]) as MilvusHandlers),
    describeCollection: async (request, call) => {
      const response = await context.root.describeCollection({ ...request, dbName: databaseOf(request, call) });
      return { ...response, status: response.status && describeCollectionStatus(response.status) };
    },
  };
}
