import { type Handlers, type milvus, okStatus } from "@sluice/rpc";
import { databaseOf } from "../context.ts";
import type { ImportRequests } from "../import-request.ts";

/** The start of an import; its state and the list are forwarded as they are. */
export function importHandlers(requests: ImportRequests): Partial<Handlers<milvus.MilvusServiceServer>> {
  return {
    import: async (request, call) => {
      const identity = ["identifier", "authorization"].map((key) => String(call.metadata.get(key)[0] ?? "")).join("/");
      const { collectionName, partitionName, rowBased, files, options, idempotencyKey } = request;
      const dbName = databaseOf(request, call);
      const id = await requests.submit(
        { dbName, collectionName, partitionName, rowBased, files, groups: [], options, idempotencyKey },
        { identity, isGone: () => call.cancelled },
      );
      return { status: okStatus(), tasks: [id] };
    },
  };
}
