import { rootCoordMethods } from "@sluice/rpc";
import { type CallContext, databaseOf } from "../call-context.ts";
import type { ProxyContext } from "../context.ts";
import type { Operations } from "./operations.ts";

/** Their `db_name` is what they are about. */
const aboutDatabases = new Set<string>(["createDatabase", "dropDatabase", "describeDatabase", "alterDatabase"]);

type AnyCall = (request: object) => Promise<object>;

/** What the rootcoord answers of Milvus's service. The proxy adds the database that the headers name. */
export function forwardedOperations({ root }: ProxyContext): Operations {
  const forwarded = rootCoordMethods.map((name) => {
    const call = root[name] as AnyCall;
    const handler = (request: { dbName: string }, context: CallContext) =>
      call(aboutDatabases.has(name) ? request : { ...request, dbName: databaseOf(request, context) });
    return [name, handler] as const;
  });
  return Object.fromEntries(forwarded) as Operations;
}
