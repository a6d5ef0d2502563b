import { setImmediate as turn } from "node:timers/promises";
import { ImportError } from "@sluice/errors";
import { type FormatName, openReader, type SourceRange } from "@sluice/formats";
import type { ObjectStore } from "@sluice/object-store";
import { type CollectionSchema, completeBatch, type InsertBatch, partitionKeyIndex } from "@sluice/schema";
import { type SealedSegment, type SegmentIds, SegmentWriterSet } from "@sluice/segment";
import { assignPartitions, assignShards } from "@sluice/sharding";
import { AutoIds } from "./auto-ids.ts";

/** Everything an attempt needs, as plain data: it crosses into the worker thread. */
export interface ImportTaskInput {
  readonly collectionId: bigint;
  readonly schema: CollectionSchema;
  readonly vchannels: readonly string[];
  /** The target partition, or all of the partition key's in order of their number. */
  readonly partitionIds: readonly bigint[];
  readonly format: FormatName;
  readonly files: readonly { readonly path: string; readonly key: string; readonly sizeBytes: number }[];
  readonly range: SourceRange | undefined;
  /** Hybrid timestamp of every row. */
  readonly timestamp: bigint;
  readonly options: Readonly<Record<string, string>>;
  readonly limits: ImportTaskLimits;
}

/** Sizes in bytes; together they bound what a worker needs, whatever the size of the file. */
export interface ImportTaskLimits {
  /** Decoded bytes that a reader hands over at once. */
  readonly batchBytes: number;
  /** Rows of a segment in memory before they are written. */
  readonly flushBytes: number;
  /** All rows in memory, over all segments. */
  readonly workerMemoryBytes: number;
  /** A segment is sealed when it has reached this. */
  readonly segmentBytes: number;
}

export interface ImportTaskDeps {
  readonly sources: ObjectStore;
  readonly objects: ObjectStore;
  /** Segment and log ids; each call leaves the thread. */
  readonly ids: SegmentIds;
  /** The first of `count` new ids for automatic keys. */
  readonly allocateIds: (count: number) => Promise<bigint>;
  readonly onProgress: (rows: number, sourceBytes: number) => void;
  readonly now: () => number;
}

export interface ImportTaskOutcome {
  readonly rowCount: number;
  readonly segments: readonly SealedSegment[];
  /** Half-open ranges [begin, end, begin, end …) of automatic keys, in row order. */
  readonly autoIds: readonly bigint[];
}

/**
 * The data path of one attempt: bytes of the source -> columns -> checks -> shard and partition -> sealed segments. One
 * pass. Safe to run again from the start: every attempt has segments of its own.
 */
export async function runImportTask(
  input: ImportTaskInput,
  deps: ImportTaskDeps,
  signal: AbortSignal,
): Promise<ImportTaskOutcome> {
  const buckets = input.partitionIds.flatMap((partitionId) =>
    input.vchannels.map((vchannel) => ({ partitionId, vchannel })),
  );
  const { schema, limits } = input;
  await using segments = SegmentWriterSet.open({
    schema,
    collectionId: input.collectionId,
    timestamp: input.timestamp,
    rowIdBase: 1n,
    store: deps.objects,
    ids: deps.ids,
    buckets,
    segmentBytes: limits.segmentBytes,
    flushBytes: limits.flushBytes,
    workerMemoryBytes: limits.workerMemoryBytes,
    nowMs: deps.now(),
    signal,
  });
  await checkSizes(input, deps);
  const autoIds = new AutoIds(schema, deps.allocateIds);
  const router = new BucketRouter(schema, input.vchannels.length, input.partitionIds.length);
  let rowCount = 0;
  await using reader = openReader({
    format: input.format,
    sources: input.files.map((file) => ({ store: deps.sources, ...file })),
    schema,
    ...(input.range && { range: input.range }),
    options: input.options,
  });
  for await (const batch of reader.batches({ batchBytes: limits.batchBytes, signal })) {
    signal.throwIfAborted();
    const complete = await autoIds.fill(completeBatch(schema, batch));
    await segments.append(complete, router.route(complete));
    rowCount += batch.rowCount;
    deps.onProgress(rowCount, batch.sourceBytes);
    // Parsing takes no turns of its own: without this one, what comes next would not even be asked for until it has ended.
    await turn();
  }
  await checkSizes(input, deps);
  return { rowCount, segments: await segments.seal(), autoIds: autoIds.ranges };
}

/**
 * A file that is cut short or still written would end in fewer rows than its owner means, without an error. Asked before
 * and after reading; a file that is gone is the reader's to report. @throws {ImportError} `malformed_file`
 */
async function checkSizes({ files }: ImportTaskInput, { sources }: ImportTaskDeps): Promise<void> {
  for (const { path, key, sizeBytes } of files) {
    const found = (await sources.stat(key))?.sizeBytes ?? sizeBytes;
    if (found === sizeBytes) continue;
    const reason = `the file has changed since its import was requested: expected ${sizeBytes} bytes, found ${found}`;
    throw new ImportError("malformed_file", reason, { file: path });
  }
}

/** Row by row, the bucket that its keys lead to: partition * shards + shard. */
class BucketRouter {
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
