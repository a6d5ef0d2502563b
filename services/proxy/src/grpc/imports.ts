import { type Handlers, type milvus, okStatus } from "@sluice/rpc";
import { callerOf } from "../access/known-callers.ts";
import { databaseOf } from "../context.ts";
import type { ImportRequests } from "../import-request.ts";

/** The start of an import; its state and the list are forwarded as they are. */
export function importHandlers(requests: ImportRequests): Partial<Handlers<milvus.MilvusServiceServer>> {
  return {
    import: async (request, call) => {
      const identity = ["identifier", "authorization"].map((key) => String(call.metadata.get(key)[0] ?? "")).join("/");
      const { collectionName, partitionName, rowBased, files, options, idempotencyKey } = request;
      const user = callerOf(call)?.user;
      const dbName = databaseOf(request, call);
      const id = await requests.submit(
        { dbName, collectionName, partitionName, rowBased, files, groups: [], options, idempotencyKey },
        { identity, isGone: () => call.cancelled, ...(user !== undefined && { user }) },
      );
      return { status: okStatus(), tasks: [id] };
    },
  };
}
