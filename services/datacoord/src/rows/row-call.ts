import { batchBytes, type InsertBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { rowsOfBatch } from "@sluice/fields";
import { type dataCoord, decodeStoredSchema } from "@sluice/rpc";
import { type CollectionId, type CollectionSchema, collectionId } from "@sluice/schema";

/** Rows that one call of a client sends. */
export interface RowCall {
  readonly callId: bigint;
  readonly collectionId: CollectionId;
  readonly schema: CollectionSchema;
  readonly vchannels: readonly string[];
  readonly partitionIds: readonly bigint[];
  readonly batch: InsertBatch;
  readonly sizeBytes: number;
  /** Calls that say the same of collection and partitions may be written together. */
  readonly target: string;
}

/** @throws {ImportError} `internal` for rows that are not those of the schema: who sends them has checked them */
export function rowCallOf(request: dataCoord.WriteRowsRequest): RowCall {
  const { vchannels, partitionIds } = request;
  const schema = decodeStoredSchema(request.schema, []);
  const batch = batchOf(schema, request);
  return {
    ...{ callId: request.callId, collectionId: collectionId(request.collectionId) },
    ...{ schema, vchannels, partitionIds, batch, sizeBytes: batchBytes(batch) },
    target: `${partitionIds.join()}/${vchannels.join()}/${Buffer.from(request.schema).toString("latin1")}`,
  };
}

function batchOf(schema: CollectionSchema, { rows }: dataCoord.WriteRowsRequest): InsertBatch {
  try {
    return rowsOfBatch(schema, rows);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ImportError("internal", `rows that are not as their schema: ${error.message}`, undefined, {
      cause: error,
    });
  }
}
