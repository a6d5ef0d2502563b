import { batchBytes, type Column, type InsertBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { rowsOfBatch } from "@sluice/fields";
import { type dataCoord, decodeStoredSchema } from "@sluice/rpc";
import { type CollectionId, type CollectionSchema, collectionId, primaryKeyIndex } from "@sluice/schema";
import { keysOfColumn } from "./keys-of-column.ts";

/** What every call about rows says. */
interface AnyCall {
  readonly callId: bigint;
  readonly collectionId: CollectionId;
  readonly schema: CollectionSchema;
  /** Serialized. */
  readonly schemaBytes: Buffer;
  readonly partitionIds: readonly bigint[];
  readonly sizeBytes: number;
  /** Calls that say the same of collection and partitions may be carried out together; undefined: never. */
  readonly target: string | undefined;
}

/** Rows that one call of a client sends. */
export interface RowCall extends AnyCall {
  readonly kind: "insert" | "upsert";
  readonly vchannels: readonly string[];
  readonly batch: InsertBatch;
  /** What the rows were made of; undefined: of nothing that was there. */
  readonly read?: ReadRows;
}

/** Rows as somebody has read them. */
export interface ReadRows {
  /** Hybrid. */
  readonly timestamp: bigint;
  /** Keys of which there was one. */
  readonly keys: readonly (bigint | string)[];
}

/** Rows that one call of a client deletes. */
export interface DeleteCall extends AnyCall {
  readonly kind: "delete";
  readonly request: dataCoord.DeleteRowsRequest;
}

/** @throws {ImportError} `internal` for rows that are not those of the schema: who sends them has checked them */
export function rowCallOf(request: dataCoord.WriteRowsRequest): RowCall {
  const { vchannels, partitionIds, schema: schemaBytes } = request;
  const kind = request.replaces ? "upsert" : "insert";
  const schema = decodeStoredSchema(schemaBytes, []);
  const batch = batchOf(schema, request);
  const read = request.readTimestamp > 0n && readOf(schema, batch, request);
  return {
    ...{ kind, callId: request.callId, collectionId: collectionId(request.collectionId) },
    ...{ schema, schemaBytes, vchannels, partitionIds, batch, sizeBytes: batchBytes(batch) },
    ...(read && { read }),
    target: read ? undefined : `${kind}/${partitionIds.join()}/${vchannels.join()}/${schemaBytes.toString("latin1")}`,
  };
}

/** A delete as a call; its `target` is undefined: none is written together with others. */
export function deleteCallOf(request: dataCoord.DeleteRowsRequest): DeleteCall {
  const { callId, partitionIds, schema: schemaBytes } = request;
  return {
    ...{ kind: "delete", callId, collectionId: collectionId(request.collectionId), partitionIds, request },
    ...{ schemaBytes, schema: decodeStoredSchema(schemaBytes, []), sizeBytes: request.expr.length, target: undefined },
  };
}

function readOf(schema: CollectionSchema, batch: InsertBatch, request: dataCoord.WriteRowsRequest): ReadRows {
  const keys = keysOfColumn(batch.columns[primaryKeyIndex(schema)] as Column, batch.rowCount);
  return { timestamp: request.readTimestamp, keys: keys.filter((_, row) => request.existed[row]) };
}

function batchOf(schema: CollectionSchema, { rows }: dataCoord.WriteRowsRequest): InsertBatch {
  try {
    return rowsOfBatch(schema, rows);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const reason = `rows that are not as their schema: ${error.message}`;
    throw new ImportError("internal", reason, undefined, { cause: error });
  }
}
