import { StatusError, statusCodes } from "@sluice/errors";
import { type Handlers, milvus, okStatus, type rootCoord, type schema } from "@sluice/rpc";
import { databaseOf, type ProxyContext, resolveCollection } from "../context.ts";
import { givenColumns } from "../rows/given-columns.ts";
import type { Keys } from "../rows/keys.ts";
import type { RowCalls } from "../rows/row-calls.ts";

/** Single rows. What is answered is durable, and every read that begins afterwards sees it. */
export function rowHandlers(context: ProxyContext, rows: RowCalls): Partial<Handlers<milvus.MilvusServiceServer>> {
  return {
    insert: async (request, call) => {
      const collection = await resolveCollection(context, databaseOf(request, call), request.collectionName);
      checkSchemaTime(collection, request.schemaTimestamp);
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

/**
 * Clients keep the schema, and send by it: one that has changed since would put the values of a new field among the dynamic keys.
 * They ask for it anew where they are told. 0 = a client that does not say.
 * @throws {StatusError} 109
 */
function checkSchemaTime(
  { collectionName, updatedTimestamp }: rootCoord.ResolveCollectionResponse,
  sent: bigint,
): void {
  if (sent === 0n || sent === updatedTimestamp) return;
  const reason = `collection schema mismatch[collection=${collectionName}]: the schema has changed since it was described`;
  throw new StatusError(statusCodes.schemaMismatch, reason);
}

function idsOf(keys: Keys): schema.IDs {
  if (typeof keys[0] === "string") return { idField: { $case: "strId", value: { data: keys as string[] } } };
  return { idField: { $case: "intId", value: { data: keys as bigint[] } } };
}
