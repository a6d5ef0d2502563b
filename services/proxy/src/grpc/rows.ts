import { StatusError, statusCodes } from "@sluice/errors";
import { type Handlers, milvus, okStatus, type rootCoord, type schema } from "@sluice/rpc";
import { databaseOf, type ProxyContext, resolveCollection } from "../context.ts";
import { givenColumns, type RowPurpose, refused } from "../rows/given-columns.ts";
import type { Keys } from "../rows/keys.ts";
import type { RowCalls, WrittenRows } from "../rows/row-calls.ts";

type WriteRequest = Pick<
  milvus.InsertRequest,
  "dbName" | "collectionName" | "partitionName" | "fieldsData" | "numRows" | "schemaTimestamp"
>;

/** Single rows. What is answered is durable, and every read that begins afterwards sees it. */
export function rowHandlers(context: ProxyContext, rows: RowCalls): Partial<Handlers<milvus.MilvusServiceServer>> {
  const resolve = (request: { dbName: string; collectionName: string }, call: Parameters<typeof databaseOf>[1]) =>
    resolveCollection(context, databaseOf(request, call), request.collectionName);
  const write = async (purpose: RowPurpose, request: WriteRequest, call: Parameters<typeof databaseOf>[1]) => {
    const collection = await resolve(request, call);
    checkSchemaTime(collection, request.schemaTimestamp);
    return rows.write(purpose, collection, request.partitionName, (schema) => givenColumns(schema, request, purpose));
  };
  return {
    insert: async (request, call) => {
      const written = await write("insert", request, call);
      return { ...mutation(written), insertCnt: BigInt(written.rowCount) };
    },
    upsert: async (request, call) => {
      if (request.partialUpdate || request.fieldOps.length > 0)
        throw refused("partial_update is not supported: upsert whole rows, read by query before");
      const written = await write("upsert", request, call);
      const rowCount = BigInt(written.rowCount);
      return { ...mutation(written), insertCnt: rowCount, deleteCnt: rowCount, upsertCnt: rowCount };
    },
    delete: async (request, call) => {
      const { count, timestamp } = await rows.delete(await resolve(request, call), request);
      return milvus.MutationResult.fromPartial({ status: okStatus(), acknowledged: true, deleteCnt: count, timestamp });
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

function mutation({ keys, rowCount, timestamp }: WrittenRows): milvus.MutationResult {
  const succIndex = Array.from({ length: rowCount }, (_, row) => row);
  const answer = { status: okStatus(), IDs: idsOf(keys), acknowledged: true, succIndex, timestamp };
  return milvus.MutationResult.fromPartial(answer);
}

function idsOf(keys: Keys): schema.IDs {
  if (typeof keys[0] === "string") return { idField: { $case: "strId", value: { data: keys as string[] } } };
  return { idField: { $case: "intId", value: { data: keys as bigint[] } } };
}
