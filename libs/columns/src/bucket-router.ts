import { type CollectionSchema, partitionKeyIndex } from "@sluice/schema";
import { assignPartitions, assignShards } from "./assign.ts";
import type { InsertBatch } from "./column.ts";

/** Row by row, the bucket that its keys lead to: partition * shards + shard. */
export class BucketRouter {
  readonly #schema: CollectionSchema;
  readonly #shards: number;
  readonly #partitions: number;
  #bucketOf = new Uint16Array(0);
  #partitionOf = new Uint16Array(0);

  constructor(schema: CollectionSchema, shards: number, partitions: number) {
    this.#schema = schema;
    this.#shards = shards;
    this.#partitions = partitionKeyIndex(schema) < 0 ? 1 : partitions;
  }

  /** Valid until the next call. */
  route(batch: InsertBatch): Uint16Array {
    const rows = batch.rowCount;
    if (this.#bucketOf.length < rows) {
      this.#bucketOf = new Uint16Array(rows);
      this.#partitionOf = new Uint16Array(rows);
    }
    const bucketOf = this.#bucketOf.subarray(0, rows);
    assignShards(this.#schema, batch, this.#shards, bucketOf);
    if (this.#partitions === 1) return bucketOf;
    assignPartitions(this.#schema, batch, this.#partitions, this.#partitionOf);
    const shards = this.#shards;
    for (let row = 0; row < rows; row++) bucketOf[row] += this.#partitionOf[row] * shards;
    return bucketOf;
  }
}
