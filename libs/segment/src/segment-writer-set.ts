import { Serial } from "@sluice/async";
import { batchBytes, type InsertBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import type { BufferLimits } from "./column-buffer.ts";
import { Flushes } from "./flushes.ts";
import { LogIdBlocks } from "./log-ids.ts";
import { PutQueue } from "./put-queue.ts";
import { fixedRowBytes, RowBuffer } from "./row-buffer.ts";
import { RowRuns } from "./row-runs.ts";
import type { SealedSegment, SegmentBucket, SegmentIds } from "./segment-logs.ts";
import { maxSegmentRows, SegmentWriter, type SegmentWriterContext } from "./segment-writer.ts";
import type { SegmentWriterSetOptions } from "./segment-writer-options.ts";
import { type SystemBuffers, systemBuffers } from "./system-buffer.ts";

// What a segment can be relied on for, whatever fails in between:
//
// W1. No object is written before its segment is recorded: garbage collection finds whatever an attempt leaves behind.
// W2. Objects are written once, under keys of their own: segment ids and log ids are never used twice.
// W3. Every field of a segment has the same number of logs, and the n-th logs of all fields hold the same rows.
// W4. Log ids ascend in the order of the rows and have equally many digits, so their order as text is the same.
// W5. A segment is reported only when all its objects, with its statistics, are durable.
// W6. After disposal nothing is written any more, however the attempt ended.

interface BucketState {
  readonly bucket: SegmentBucket;
  buffer: RowBuffer | undefined;
  segment: SegmentWriter | undefined;
  /** Part of the limits at which its next flush is due. */
  share: number;
}

const maxFlushBytes = 512 << 20;

/**
 * The writing half of an import task: rows in, by batch, and sealed segments out. Rows are copied into a buffer a bucket;
 * a full buffer is encoded and written while the next one fills. Calls must not overlap.
 */
export class SegmentWriterSet implements AsyncDisposable {
  readonly #context: SegmentWriterContext;
  readonly #ids: SegmentIds;
  readonly #puts: PutQueue;
  readonly #buckets: readonly BucketState[];
  readonly #runs: RowRuns;
  readonly #limits: BufferLimits;
  readonly #workerMemoryBytes: number;
  readonly #rowIdBase: bigint;
  readonly #systemBuffers: SystemBuffers;
  /** Buffers whose rows are written, with their memory. */
  readonly #spare: RowBuffer[] = [];
  readonly #flushes: Flushes;
  /** Segments that take no more rows, in the order in which they were begun to be sealed. */
  readonly #sealing: Promise<SealedSegment>[] = [];
  #bufferedBytes = 0;
  #rowCount = 0;
  #isClosed = false;

  static open(options: SegmentWriterSetOptions): SegmentWriterSet {
    return new SegmentWriterSet(options);
  }

  private constructor(options: SegmentWriterSetOptions) {
    const { schema, flushBytes = 16 << 20, segmentBytes = 2 ** 30, flushesInFlight = 1 } = options;
    if (!(flushBytes >= 1 && flushBytes <= maxFlushBytes))
      throw new RangeError(`flushBytes ${flushBytes}: expected 1 to 512 MiB`);
    if (!(flushesInFlight >= 1)) throw new RangeError(`flushesInFlight ${flushesInFlight}: expected at least 1`);
    this.#puts = new PutQueue(options.store, Math.max(2, flushesInFlight), options.signal);
    this.#ids = options.ids;
    this.#flushes = new Flushes(flushesInFlight * flushBytes);
    this.#workerMemoryBytes = options.workerMemoryBytes ?? 6 * flushBytes;
    this.#rowIdBase = options.newRows?.rowIdBase ?? 0n;
    const { length } = options.buckets;
    const rows = Math.floor(flushBytes / fixedRowBytes(schema.fields));
    const isRoomy = (length + flushesInFlight) * flushBytes <= this.#workerMemoryBytes;
    // Shards fill alike. Flushed all at once, they would need a second buffer each; in turn, one among them is enough.
    const shareOf = (index: number) => (isRoomy ? (index + 1) / length : 1);
    this.#buckets = options.buckets.map((bucket, i) => ({
      ...{ bucket, buffer: undefined, segment: undefined, share: shareOf(i) },
    }));
    this.#runs = new RowRuns(length);
    this.#limits = { rows: Math.max(1, Math.min(maxSegmentRows, rows)), bytes: flushBytes, isRoomy };
    const { collectionId, newRows, nowMs } = options;
    const logIds = new LogIdBlocks(options.ids);
    const areRowsStored = newRows === undefined;
    const [puts, seals] = [this.#puts, new Serial()];
    this.#context = { schema, collectionId, areRowsStored, nowMs, segmentBytes, logIds, puts, seals };
    this.#systemBuffers = systemBuffers(newRows?.timestamp, this.#limits);
  }

  /** Rows taken so far. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** Bytes of the objects written so far. */
  get writtenBytes(): number {
    return this.#puts.writtenBytes;
  }

  /** Bytes of memory that it holds at present. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /**
   * Takes a batch; its memory may be used again when this resolves. Waits while writing is slower than parsing.
   * @param batch complete: every column of the schema
   * @param bucketOf row by row, index into `buckets`
   * @throws the first failure of a write, also one of an earlier batch; or the reason of the signal
   */
  async append(batch: InsertBatch, bucketOf: Uint16Array): Promise<void> {
    if (this.#isClosed) throw new ImportError("internal", "rows were appended to segments that are sealed already");
    await this.#guard(async () => {
      this.#runs.sort(bucketOf, batch.rowCount);
      // What a row takes on average tells how many fit; for fixed widths it is exact.
      const rowBytes = 8 + batchBytes(batch) / batch.rowCount;
      for (const index of this.#runs.buckets) {
        const { start, end } = this.#runs.range(index);
        for (let at = start; at < end; ) at += await this.#appendSome(this.#buckets[index], batch, at, end, rowBytes);
      }
      this.#rowCount += batch.rowCount;
    });
  }

  /**
   * Writes what is left and seals all segments. Empty when there were no rows. Nothing can be appended after it.
   * @throws as `append`
   */
  async seal(): Promise<SealedSegment[]> {
    this.#isClosed = true;
    return this.#guard(async () => {
      for (const state of this.#buckets) await this.#flush(state);
      for (const state of this.#buckets) this.#sealSegment(state);
      return Promise.all(this.#sealing);
    });
  }

  /** Stops what is being written and waits until it has ended (W6). After `seal` there is nothing left to stop. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#puts.stop(new ImportError("aborted", "the segments were abandoned"));
    await Promise.allSettled([...this.#sealing, this.#flushes.allEnded()]);
    await this.#puts.settled();
    // Nothing reads the buffers any more: those of flushes are spare by now.
    for (const buffer of [...this.#spare, ...this.#buckets.map((state) => state.buffer)]) buffer?.release();
    this.#spare.length = 0;
    this.#systemBuffers.release();
    this.#runs.release();
    for (const { segment } of this.#buckets) segment?.release();
  }

  /** A failure in the middle has lost rows: nothing may go on after it. */
  async #guard<T>(run: () => Promise<T>): Promise<T> {
    this.#puts.throwIfStopped();
    try {
      return await run();
    } catch (error) {
      this.#puts.stop(error);
      throw error;
    }
  }

  /** Appends as many of the positions `[at, end)` as the bucket takes now; 0 when it was flushed instead. */
  async #appendSome(
    state: BucketState,
    batch: InsertBatch,
    at: number,
    end: number,
    rowBytes: number,
  ): Promise<number> {
    const buffer = (state.buffer ??= this.#takeBuffer());
    const limits = this.#limitsOf(state);
    const fitting = Math.floor((limits.bytes - buffer.bytes) / rowBytes);
    const rows = Math.min(end - at, limits.rows - buffer.rowCount, Math.max(fitting, buffer.rowCount === 0 ? 1 : 0));
    if (rows < 1) {
      await this.#flush(state);
      return 0;
    }
    this.#runs.select(at, at + rows);
    const growth = buffer.growth(batch, this.#runs, rows);
    if (growth > 0 && !(await this.#makeRoom(growth, state))) return 0;
    const before = buffer.allocatedBytes;
    buffer.append(batch, this.#runs, rows, this.#rowIdBase + BigInt(this.#rowCount));
    this.#bufferedBytes += buffer.allocatedBytes - before;
    const isFull = buffer.rowCount >= limits.rows || buffer.bytes >= limits.bytes;
    // Where others are being written, the next row of the bucket waits for them: until then there is something to parse.
    if (isFull && this.#flushes.hasRoomFor(buffer.bytes)) await this.#flush(state);
    return rows;
  }

  /** At which the bucket is flushed: only its first flush comes before its buffer is full. */
  #limitsOf({ share }: BucketState): Pick<BufferLimits, "rows" | "bytes"> {
    const { rows, bytes } = this.#limits;
    return { rows: Math.ceil(rows * share), bytes: Math.ceil(bytes * share) };
  }

  /** The one with the most memory, which is the least likely to grow. */
  #takeBuffer(): RowBuffer {
    this.#spare.sort((a, b) => a.allocatedBytes - b.allocatedBytes);
    const spare = this.#spare.pop();
    if (spare) return spare;
    const buffer = new RowBuffer(this.#context.schema, this.#limits, this.#systemBuffers.open());
    this.#bufferedBytes += buffer.allocatedBytes;
    return buffer;
  }

  /**
   * Waits until `bytes` more fit into the memory: frees spare buffers, waits for writes, writes the largest bucket. A lone
   * bucket may pass the limit, or nothing would ever move. False when the bucket itself was flushed.
   */
  async #makeRoom(bytes: number, state: BucketState): Promise<boolean> {
    while (this.#bufferedBytes + bytes > this.#workerMemoryBytes) {
      const spare = this.#spare.pop();
      if (spare) {
        this.#bufferedBytes -= spare.allocatedBytes;
        spare.release();
        continue;
      }
      if (!this.#flushes.isEmpty) {
        await this.#oneFlush();
        continue;
      }
      const largest = this.#largestBucket();
      if (!largest) return true;
      await this.#flush(largest);
      if (largest === state) return false;
    }
    return true;
  }

  #largestBucket(): BucketState | undefined {
    let largest: BucketState | undefined;
    for (const state of this.#buckets) {
      if (state.buffer && state.buffer.bytes > (largest?.buffer?.bytes ?? 0)) largest = state;
    }
    return largest;
  }

  async #flush(state: BucketState): Promise<void> {
    if (!state.buffer || state.buffer.rowCount === 0) return;
    await this.#assignSegments();
    const { buffer } = state;
    while (!this.#flushes.hasRoomFor(buffer.bytes)) await this.#oneFlush();
    const { encodedBytes, done } = await state.segment!.flush(buffer);
    state.buffer = undefined;
    state.share = 1;
    this.#bufferedBytes += encodedBytes;
    this.#flushes.add(done, buffer.bytes, () => {
      this.#bufferedBytes -= encodedBytes;
      buffer.clear();
      this.#spare.push(buffer);
    });
    if (state.segment!.isFull) this.#sealSegment(state);
  }

  async #oneFlush(): Promise<void> {
    await this.#flushes.oneEnded();
    this.#puts.throwIfStopped();
  }

  /** New segments for all buckets that have rows and none, in one call: their ids are recorded before any object (W1). */
  async #assignSegments(): Promise<void> {
    const waiting = this.#buckets.filter((state) => !state.segment && state.buffer && state.buffer.rowCount > 0);
    if (waiting.length === 0) return;
    const ids = await this.#ids.segments(waiting.map((state) => state.bucket));
    if (ids.length !== waiting.length) {
      throw new ImportError("internal", `${ids.length} segment ids for ${waiting.length} buckets`);
    }
    for (const [i, state] of waiting.entries()) {
      state.segment = new SegmentWriter(this.#context, state.bucket, ids[i]);
    }
  }

  #sealSegment(state: BucketState): void {
    if (!state.segment) return;
    const sealed = state.segment.seal();
    sealed.catch(() => {}); // Surfaces in `seal`, or with the failed write that caused it.
    this.#sealing.push(sealed);
    state.segment = undefined;
  }
}
