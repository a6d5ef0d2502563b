import { describeCollectionStatus, type Handlers, milvus, rootCoord } from "@sluice/rpc";
import { databaseOf, type ProxyContext } from "../context.ts";

type MilvusHandlers = Partial<Handlers<milvus.MilvusServiceServer>>;

/** What the rootcoord answers in the public form: the methods that its service has in common with the public one. */
const forwardedMethods = Object.keys(rootCoord.RootCoordService).filter((name) => name in milvus.MilvusServiceService);
/** Their `db_name` is what they are about. */
const aboutDatabases = new Set(["createDatabase", "dropDatabase", "describeDatabase", "alterDatabase"]);

type AnyCall = (request: object) => Promise<object>;

/** The proxy adds the database that the headers name. */
export function forwardedHandlers(context: ProxyContext): MilvusHandlers {
  const root = context.root as unknown as Record<string, AnyCall>;
  const forwarded = forwardedMethods.map((name) => [
    name,
    (request: { dbName: string }, call: Parameters<typeof databaseOf>[1]) =>
      root[name](aboutDatabases.has(name) ? request : { ...request, dbName: databaseOf(request, call) }),
  ]);
  return {
    ...(Object.fromEntries(forwarded) as MilvusHandlers),
    describeCollection: async (request, call) => {
      const response = await context.root.describeCollection({ ...request, dbName: databaseOf(request, call) });
      return { ...response, status: response.status && describeCollectionStatus(response.status) };
    },
  };
}
