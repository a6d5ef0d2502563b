import { type Handlers, milvus, okStatus, type schema } from "@sluice/rpc";
import { databaseOf, type ProxyContext, resolveCollection } from "../context.ts";
import { givenColumns } from "../rows/given-columns.ts";
import type { Keys } from "../rows/keys.ts";
import type { RowCalls } from "../rows/row-calls.ts";

/** Single rows. What is answered is durable, and every read that begins afterwards sees it. */
export function rowHandlers(context: ProxyContext, rows: RowCalls): Partial<Handlers<milvus.MilvusServiceServer>> {
  return {
    insert: async (request, call) => {
      const collection = await resolveCollection(context, databaseOf(request, call), request.collectionName);
      const written = await rows.insert(collection, request.partitionName, (schema) => givenColumns(schema, request));
      return milvus.MutationResult.fromPartial({
        ...{ status: okStatus(), IDs: idsOf(written.keys), acknowledged: true },
        succIndex: Array.from({ length: written.rowCount }, (_, row) => row),
        insertCnt: BigInt(written.rowCount),
        timestamp: written.timestamp,
      });
    },
  };
}

function idsOf(keys: Keys): schema.IDs {
  if (typeof keys[0] === "string") return { idField: { $case: "strId", value: { data: keys as string[] } } };
  return { idField: { $case: "intId", value: { data: keys as bigint[] } } };
}
