import { bucketsOfInt64Keys } from "@sluice/kernels";
import { type CollectionSchema, DataType, partitionKeyIndex, primaryKeyIndex } from "@sluice/schema";
import type { Column, InsertBatch } from "./column.ts";
import { hashText } from "./hash.ts";

/** The shard of each row, by its primary key, into `out[0, rowCount)`. The batch must have its key column. */
export function assignShards(schema: CollectionSchema, batch: InsertBatch, shards: number, out: Uint16Array): void {
  assignKeyBuckets(schema, batch, shards, out);
}

/** One of `buckets` for each row, by its primary key, whatever shard that has. The batch must have its key column. */
export function assignKeyBuckets(
  schema: CollectionSchema,
  batch: InsertBatch,
  buckets: number,
  out: Uint16Array,
): void {
  assign(schema, batch, primaryKeyIndex(schema), buckets, out);
}

/** The number of each row's partition, by its partition key, into `out[0, rowCount)`. */
export function assignPartitions(
  schema: CollectionSchema,
  batch: InsertBatch,
  partitions: number,
  out: Uint16Array,
): void {
  assign(schema, batch, partitionKeyIndex(schema), partitions, out);
}

function assign(schema: CollectionSchema, batch: InsertBatch, index: number, count: number, out: Uint16Array): void {
  if (count === 1) {
    out.fill(0, 0, batch.rowCount);
    return;
  }
  const column = batch.columns[index];
  const { name, dataType } = schema.fields[index];
  if (!column) throw new Error(`the batch has no column of the key "${name}"`);
  if (dataType === DataType.Int64) bucketsOfInt64Keys(column.data.subarray(0, 8 * batch.rowCount), count, out);
  else assignText(column, batch.rowCount, count, out);
}

function assignText(column: Column, rows: number, count: number, out: Uint16Array): void {
  if (column.kind !== "var") throw new Error("a VarChar key column has offsets");
  const { data, offsets } = column;
  for (let row = 0; row < rows; row++) out[row] = hashText(data, offsets[row], offsets[row + 1]) % count;
}
