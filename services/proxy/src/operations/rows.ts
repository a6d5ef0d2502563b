import type { InsertBatch } from "@sluice/columns";
import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { fieldBytesOf, milvus, okStatus, releaseFields, type rootCoord, schema } from "@sluice/rpc";
import type { CollectionSchema } from "@sluice/schema";
import { type CallContext, databaseOf } from "../call-context.ts";
import { type ProxyContext, resolveCollection } from "../context.ts";
import type { ArrayChange } from "../rows/array-changes.ts";
import { type GivenRows, givenColumns, refused, releaseColumns } from "../rows/given-columns.ts";
import type { Keys } from "../rows/keys.ts";
import type { RowCalls, WrittenRows } from "../rows/row-calls.ts";
import type { Operations } from "./operations.ts";

type WriteRequest = milvus.InsertRequest | milvus.UpsertRequest;

/** Single rows. What is answered is durable, and every read that begins afterwards sees it. */
export function rowOperations(context: ProxyContext, rows: RowCalls): Operations {
  const resolve: Resolve = (request, call) =>
    resolveCollection(context, databaseOf(request, call), request.collectionName);
  const write = writes(resolve, rows);
  return {
    insert: async (request, call) => {
      const written = await write("insert", request, call);
      return { ...mutation(written), insertCnt: BigInt(written.rowCount) };
    },
    upsert: async (request, call) => {
      const isPartial = request.partialUpdate || request.fieldOps.length > 0;
      const written = isPartial ? await update(resolve, rows, request, call) : await write("upsert", request, call);
      const rowCount = BigInt(written.rowCount);
      return { ...mutation(written), insertCnt: rowCount, deleteCnt: rowCount, upsertCnt: rowCount };
    },
    delete: async (request, call) => {
      const { count, timestamp } = await rows.delete(await resolve(request, call), request);
      return milvus.MutationResult.fromPartial({ status: okStatus(), acknowledged: true, deleteCnt: count, timestamp });
    },
    truncateCollection: async (request, call) => {
      await rows.truncate(await resolve(request, call));
      return { status: okStatus() };
    },
  };
}

type Resolve = (
  request: { readonly dbName: string; readonly collectionName: string },
  call: CallContext,
) => Promise<rootCoord.ResolveCollectionResponse>;

/** Whole rows. */
function writes(resolve: Resolve, rows: RowCalls) {
  return async (purpose: "insert" | "upsert", request: WriteRequest, call: CallContext): Promise<WrittenRows> => {
    const collection = await resolve(request, call);
    checkSchemaTime(collection, request.schemaTimestamp);
    return released(request, (keep) => {
      const read = (schema: CollectionSchema) => keep(givenColumns(schema, rowsOf(request), purpose));
      return rows.write(purpose, collection, request.partitionName, { ...sizeOf(request), client: call, read });
    });
  };
}

/** Values of some fields of rows that are there. */
async function update(
  resolve: Resolve,
  rows: RowCalls,
  request: milvus.UpsertRequest,
  call: CallContext,
): Promise<WrittenRows> {
  const collection = await resolve(request, call);
  checkSchemaTime(collection, request.schemaTimestamp);
  const arrays = arrayChanges(request.fieldOps);
  return released(request, (keep) => {
    const given = (schema: CollectionSchema) => keep(givenColumns(schema, rowsOf(request), "update"));
    const read = (schema: CollectionSchema) => ({ given: given(schema), arrays });
    return rows.update(collection, request.partitionName, { ...sizeOf(request), client: call, read });
  });
}

/** Gives the memory of the request and of rows that `run` keeps back when it ends, written or refused: nobody reads them then. */
async function released<T>(
  request: WriteRequest,
  run: (keep: (rows: InsertBatch) => InsertBatch) => Promise<T>,
): Promise<T> {
  const kept: InsertBatch[] = [];
  try {
    return await run((rows) => {
      kept.push(rows);
      return rows;
    });
  } finally {
    for (const { columns } of kept) releaseColumns(columns);
    releaseFields(request);
  }
}

function sizeOf(request: WriteRequest) {
  const requestBytes = fieldBytesOf(request).reduce((sum, { length }) => sum + length, 0);
  return { rowCount: request.numRows, requestBytes };
}

function rowsOf(request: WriteRequest): GivenRows {
  return { fields: fieldBytesOf(request), numRows: request.numRows };
}

/** @throws {StatusError} 1100 for another operation, and for two on one field */
function arrayChanges(ops: readonly schema.FieldPartialUpdateOp[]): Map<string, ArrayChange> {
  const OpType = schema.FieldPartialUpdateOp_OpType;
  const changes = new Map<string, ArrayChange>();
  for (const { fieldName, op } of ops) {
    if (op === OpType.REPLACE) continue;
    if (changes.has(fieldName)) throw refused(`duplicated field op of ${excerpt(fieldName)}`);
    if (op !== OpType.ARRAY_APPEND && op !== OpType.ARRAY_REMOVE)
      throw refused(`unknown field op ${op} of ${excerpt(fieldName)}`);
    changes.set(fieldName, op === OpType.ARRAY_APPEND ? "array_append" : "array_remove");
  }
  return changes;
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
