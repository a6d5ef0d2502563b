import { Serial } from "@sluice/async";
import { batchBytes, type InsertBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { assignSegments, type BucketState, hasRows, largestOf, limitsOf } from "./bucket-state.ts";
import { type FlushLimits, flushLimits } from "./flush-limits.ts";
import { type FlushedRows, isWhole, wholeRows } from "./flushed-rows.ts";
import { Flushes } from "./flushes.ts";
import { LogIdBlocks } from "./log-ids.ts";
import { PutQueue } from "./put-queue.ts";
import { RowBuffers } from "./row-buffers.ts";
import { RowRuns } from "./row-runs.ts";
import type { SealedSegment, SegmentIds } from "./segment-logs.ts";
import type { SegmentWriterContext } from "./segment-writer.ts";
import type { SegmentWriterSetOptions } from "./segment-writer-options.ts";
import { systemBuffers } from "./system-buffer.ts";

// What a segment can be relied on for, whatever fails in between:
//
// W1. No object appears before its segment is recorded: garbage collection finds whatever an attempt leaves behind.
// W2. Objects are written once, under keys of their own: segment ids and log ids are never used twice.
// W3. Every field of a segment has the same number of logs, and the n-th logs of all fields hold the same rows.
// W4. Log ids ascend in the order of the rows and have equally many digits, so their order as text is the same.
// W5. A segment is reported only when all its objects, with its statistics, are durable.
// W6. After disposal nothing is written any more, however the attempt ended.

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
  readonly #limits: FlushLimits;
  readonly #rowIdBase: bigint;
  readonly #buffers: RowBuffers;
  readonly #flushes: Flushes;
  /** Segments that take no more rows, in the order in which they were begun to be sealed. */
  readonly #sealing: Promise<SealedSegment>[] = [];
  #rowCount = 0;
  #isClosed = false;

  /** Buffers come with the first rows of each bucket. */
  static open(options: SegmentWriterSetOptions): SegmentWriterSet {
    return new SegmentWriterSet(options);
  }

  private constructor(options: SegmentWriterSetOptions) {
    const { schema, newRows, collectionId, nowMs, ids, segmentBytes = 2 ** 30 } = options;
    const limits = flushLimits(options);
    const { flushesInFlight, buffer } = limits;
    this.#limits = limits;
    this.#puts = new PutQueue(options.store, Math.max(2, flushesInFlight), options.signal, options.mayAppear);
    this.#ids = ids;
    this.#flushes = new Flushes(flushesInFlight * buffer.bytes);
    this.#rowIdBase = newRows?.rowIdBase ?? 0n;
    this.#buckets = options.buckets.map((bucket, i) => ({
      ...{ bucket, buffer: undefined, segment: undefined, share: limits.shareOf(i) },
    }));
    this.#runs = new RowRuns(options.buckets.length);
    this.#context = {
      ...{ schema, collectionId, nowMs, segmentBytes, areRowsStored: newRows === undefined },
      ...{ logIds: new LogIdBlocks(ids), puts: this.#puts, seals: new Serial() },
    };
    this.#buffers = new RowBuffers(schema, buffer, systemBuffers(newRows?.timestamp, buffer));
  }

  /** Batches of so many bytes, or half of it, are written from where they lie; undefined: none is. */
  get wholeBytes(): number | undefined {
    return this.#limits.wholeBytes;
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
    return this.#buffers.heldBytes;
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
      if (isWhole(batch, this.#context.schema, this.wholeBytes)) await this.#writeWhole(batch);
      else await this.#appendRuns(batch);
      this.#rowCount += batch.rowCount;
    });
  }

  async #appendRuns(batch: InsertBatch): Promise<void> {
    // What a row takes on average tells how many fit; for fixed widths it is exact.
    const rowBytes = 8 + batchBytes(batch) / batch.rowCount;
    for (const index of this.#runs.buckets) {
      const { start, end } = this.#runs.range(index);
      for (let at = start; at < end; ) at += await this.#appendSome(this.#buckets[index], batch, at, end, rowBytes);
    }
  }

  /** Writes the rows of a batch, which all go to the one bucket, from where they lie: behind those that wait. */
  async #writeWhole(batch: InsertBatch): Promise<void> {
    await this.#flush(this.#buckets[0]);
    this.#runs.select(0, batch.rowCount);
    const system = this.#buffers.systemOf(batch, this.#runs, this.#rowIdBase + BigInt(this.#rowCount));
    try {
      await (await this.#write(this.#buckets[0], wholeRows(batch, system), () => {})).done;
    } catch (error) {
      this.#puts.stop(error);
      // Its memory is the reader's again.
      await this.#puts.settled();
      throw error;
    }
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
    for (const { buffer } of this.#buckets) buffer?.release();
    this.#buffers.release();
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
    const buffer = (state.buffer ??= this.#buffers.take());
    const limits = limitsOf(state, this.#limits.buffer);
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
    this.#buffers.heldBytes += buffer.allocatedBytes - before;
    const isFull = buffer.rowCount >= limits.rows || buffer.bytes >= limits.bytes;
    // Where others are being written, the next row of the bucket waits for them: until then there is something to parse.
    if (isFull && this.#flushes.hasRoomFor(buffer.bytes)) await this.#flush(state);
    return rows;
  }

  /**
   * Waits until `bytes` more fit into the memory: frees spare buffers, waits for writes, writes the largest bucket. A lone
   * bucket may pass the limit, or nothing would ever move. False when the bucket itself was flushed.
   */
  async #makeRoom(bytes: number, state: BucketState): Promise<boolean> {
    while (this.#buffers.heldBytes + bytes > this.#limits.workerMemoryBytes) {
      if (this.#buffers.releaseSpare()) continue;
      if (!this.#flushes.isEmpty) {
        await this.#oneFlush();
        continue;
      }
      const largest = largestOf(this.#buckets);
      if (!largest) return true;
      await this.#flush(largest);
      if (largest === state) return false;
    }
    return true;
  }

  async #flush(state: BucketState): Promise<void> {
    const { buffer } = state;
    if (!buffer || !hasRows(state)) return;
    await this.#write(state, buffer, () => this.#buffers.give(buffer));
    state.buffer = undefined;
  }

  /** Begins to write rows of a bucket when there is room for them beside others; `done` settles when they may change. */
  async #write(state: BucketState, rows: FlushedRows, ended: () => void): Promise<{ readonly done: Promise<void> }> {
    await assignSegments(this.#buckets, state, this.#ids, this.#context);
    while (!this.#flushes.hasRoomFor(rows.bytes)) await this.#oneFlush();
    const { encodedBytes, done } = await state.segment!.flush(rows);
    state.share = 1;
    this.#buffers.heldBytes += encodedBytes;
    this.#flushes.add(done, rows.bytes, () => {
      this.#buffers.heldBytes -= encodedBytes;
      ended();
    });
    if (state.segment!.isFull) this.#sealSegment(state);
    return { done };
  }

  async #oneFlush(): Promise<void> {
    await this.#flushes.oneEnded();
    this.#puts.throwIfStopped();
  }

  #sealSegment(state: BucketState): void {
    if (!state.segment) return;
    const sealed = state.segment.seal();
    sealed.catch(() => {}); // Surfaces in `seal`, or with the failed write that caused it.
    this.#sealing.push(sealed);
    state.segment = undefined;
  }
}
