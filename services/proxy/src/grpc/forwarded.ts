import { describeCollectionStatus, rootCoordMethods } from "@sluice/rpc";
import { databaseOf, type ProxyContext } from "../context.ts";
import type { MilvusHandlers } from "../milvus-handlers.ts";

/** Their `db_name` is what they are about. */
const aboutDatabases = new Set<string>(["createDatabase", "dropDatabase", "describeDatabase", "alterDatabase"]);

type Call = Parameters<typeof databaseOf>[1];
type AnyCall = (request: object) => Promise<object>;

/** What the rootcoord answers of Milvus's service. The proxy adds the database that the headers name. */
export function forwardedHandlers({ root }: ProxyContext): MilvusHandlers {
  const forwarded = rootCoordMethods.map((name) => {
    const call = root[name] as AnyCall;
    const handler = (request: { dbName: string }, { metadata }: Call) =>
      call(aboutDatabases.has(name) ? request : { ...request, dbName: databaseOf(request, { metadata }) });
    return [name, handler] as const;
  });
  return {
    ...(Object.fromEntries(forwarded) as MilvusHandlers),
    describeCollection: async (request, call) => {
      const response = await root.describeCollection({ ...request, dbName: databaseOf(request, call) });
      return { ...response, status: response.status && describeCollectionStatus(response.status) };
    },
  };
}
