import { AutoIds, BucketRouter, type InsertBatch } from "@sluice/columns";
import { FunctionOutputs } from "@sluice/functions";
import type { CollectionSchema } from "@sluice/schema";
import { SegmentWriterSet } from "@sluice/segment";
import type { TaskContext } from "../tasks/task-kind.ts";
import type { BatchSink, SinkOutcome } from "./batch-sink.ts";

/** The collection that rows are written for. */
export interface SegmentTarget {
  readonly collectionId: bigint;
  readonly schema: CollectionSchema;
  readonly vchannels: readonly string[];
  /** The target partition, or all of the partition key's in order of their number. */
  readonly partitionIds: readonly bigint[];
  /** Hybrid timestamp of every row. */
  readonly timestamp: bigint;
}

/** Rows become sealed segments: functions compute their outputs, automatic keys are given, each row goes to the bucket of its shard and partition. */
export class SegmentSink implements BatchSink {
  readonly #segments: SegmentWriterSet;
  readonly #outputs: FunctionOutputs;
  readonly #autoIds: AutoIds;
  readonly #router: BucketRouter;

  constructor(target: SegmentTarget, context: TaskContext) {
    const { schema, collectionId, vchannels, partitionIds, timestamp } = target;
    const { limits, objects, ids, signal } = context;
    this.#outputs = new FunctionOutputs(schema);
    this.#autoIds = new AutoIds(schema, context.allocateIds);
    this.#router = new BucketRouter(schema, vchannels.length, partitionIds.length);
    this.#segments = SegmentWriterSet.open({
      ...{ schema, collectionId, ids, signal },
      newRows: { timestamp, rowIdBase: 1n },
      store: objects,
      buckets: partitionIds.flatMap((partitionId) => vchannels.map((vchannel) => ({ partitionId, vchannel }))),
      segmentBytes: limits.segmentBytes,
      flushBytes: limits.flushBytes,
      flushesInFlight: limits.flushesInFlight,
      workerMemoryBytes: limits.workerMemoryBytes,
      nowMs: context.now(),
    });
  }

  async append(batch: InsertBatch): Promise<void> {
    const keyed = await this.#autoIds.fill(this.#outputs.fill(batch));
    await this.#segments.append(keyed, this.#router.route(keyed));
  }

  async finish(): Promise<SinkOutcome> {
    return { segments: await this.#segments.seal(), autoIds: this.#autoIds.ranges };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#segments[Symbol.asyncDispose]();
  }
}
