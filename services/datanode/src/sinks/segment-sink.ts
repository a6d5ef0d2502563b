import { AutoIds, BucketRouter, type InsertBatch } from "@sluice/columns";
import type { EmbeddedFields, EmbeddingCall } from "@sluice/embedding";
import type { FunctionOutputs } from "@sluice/functions";
import { type CollectionSchema, functionsOf } from "@sluice/schema";
import { SegmentWriterSet } from "@sluice/segment";
import type { TaskContext } from "../tasks/task-kind.ts";
import type { BatchSink, SinkOutcome } from "./batch-sink.ts";
import { RowTimes } from "./row-times.ts";

/** The collection that rows are written for. */
export interface SegmentTarget {
  readonly collectionId: bigint;
  readonly schema: CollectionSchema;
  readonly vchannels: readonly string[];
  /** The target partition, or all of the partition key's in order of their number. */
  readonly partitionIds: readonly bigint[];
  /** Hybrid timestamp of every row, or none is later. */
  readonly timestamp: bigint;
  /** Rows bring numbers and timestamps from where they were, and keep them. */
  readonly areRowsStored?: boolean;
}

/** A model's server that is away, or has enough for the moment, is waited for so long; the task begins anew then, and waits on. */
const PATIENCE = { totalMs: 300_000, firstMs: 500 };

/** Rows become sealed segments: functions compute their outputs, automatic keys are given, each row goes to the bucket of its shard and partition. */
export class SegmentSink implements BatchSink {
  readonly #segments: SegmentWriterSet;
  readonly #outputs: (() => Promise<FunctionOutputs>) | undefined;
  readonly #autoIds: AutoIds;
  readonly #router: BucketRouter;
  readonly #embedded: (() => Promise<EmbeddedFields>) | undefined;
  readonly #call: EmbeddingCall;
  readonly #times: RowTimes;
  readonly #warn: TaskContext["warn"];

  constructor(target: SegmentTarget, context: TaskContext) {
    const { schema, collectionId, vchannels, partitionIds, timestamp, areRowsStored } = target;
    const { limits, objects, ids, signal } = context;
    this.#times = new RowTimes(timestamp);
    this.#warn = context.warn;
    this.#outputs = lazyOutputs(schema);
    this.#autoIds = new AutoIds(schema, context.allocateIds);
    this.#router = new BucketRouter(schema, vchannels.length, partitionIds.length);
    this.#embedded = lazyEmbedded(schema, context);
    this.#call = { purpose: "rows", patience: PATIENCE, signal };
    this.#segments = SegmentWriterSet.open({
      ...{ schema, collectionId, ids, signal },
      ...(!areRowsStored && { newRows: { timestamp, rowIdBase: 1n } }),
      store: objects,
      buckets: partitionIds.flatMap((partitionId) => vchannels.map((vchannel) => ({ partitionId, vchannel }))),
      segmentBytes: limits.segmentBytes,
      flushBytes: limits.flushBytes,
      flushesInFlight: limits.flushesInFlight,
      workerMemoryBytes: limits.workerMemoryBytes,
      nowMs: context.now(),
    });
  }

  /** See `BatchOptions.wholeBytes`: a batch of so many bytes is written from where it lies. */
  get wholeBytes(): number | undefined {
    return this.#segments.wholeBytes;
  }

  async append(batch: InsertBatch): Promise<void> {
    const timed = this.#times.bounded(batch);
    const filled = this.#outputs ? (await this.#outputs()).fill(timed) : timed;
    if (!this.#embedded) return this.#write(filled);
    const embedded = await this.#embedded();
    for await (const rows of embedded.parts(filled, this.#call)) await this.#write(rows);
  }

  async #write(rows: InsertBatch): Promise<void> {
    const keyed = await this.#autoIds.fill(rows);
    await this.#segments.append(keyed, this.#router.route(keyed));
  }

  /** Segments are sealed, and automatic keys told in the order of rows. */
  async finish(): Promise<SinkOutcome> {
    const { ahead } = this.#times;
    if (ahead > 0) this.#warn(`${ahead} rows have timestamps that are still to come: they count from this import on`);
    return { segments: await this.#segments.seal(), autoIds: this.#autoIds.ranges };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#segments[Symbol.asyncDispose]();
  }
}

/** As of `lazyEmbedded`: analyzers bring stemmers of eighteen languages. Undefined: the collection has no functions. */
function lazyOutputs(schema: CollectionSchema): (() => Promise<FunctionOutputs>) | undefined {
  if (functionsOf(schema).length === 0) return undefined;
  let opened: Promise<FunctionOutputs> | undefined;
  return () => (opened ??= import("@sluice/functions").then(({ FunctionOutputs }) => new FunctionOutputs(schema)));
}

/** Its code is loaded where a function needs it: each thread has a heap of its own. Undefined: no field is made by a model. */
function lazyEmbedded(
  schema: CollectionSchema,
  { embedding }: TaskContext,
): (() => Promise<EmbeddedFields>) | undefined {
  if (!functionsOf(schema).some(({ type }) => type === "textembedding")) return undefined;
  let opened: Promise<EmbeddedFields> | undefined;
  const open = async () => {
    const { EmbeddedFields, ModelServers } = await import("@sluice/embedding");
    return new EmbeddedFields(schema, new ModelServers(embedding));
  };
  return () => (opened ??= open());
}
