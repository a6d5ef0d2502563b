import { giveMemory, type Serial, takeMemory } from "@sluice/async";
import {
  type BinlogDialect,
  encodeInsertLog,
  encodeStatsLog,
  type PrimaryKeyStats,
  StatsBuilder,
} from "@sluice/binlog";
import { type Column, columnBytes } from "@sluice/columns";
import {
  type CollectionSchema,
  type FieldLogs,
  type FieldSchema,
  primaryKeyIndex,
  rowIdField,
  timestampField,
} from "@sluice/schema";
import { Bm25Logs } from "./bm25-logs.ts";
import type { FlushedRows } from "./flushed-rows.ts";
import type { LogIdBlocks } from "./log-ids.ts";
import { isWorthPacking } from "./minor-columns.ts";
import type { PutQueue } from "./put-queue.ts";
import { insertLogKey, statsLogKey } from "./segment-keys.ts";
import type { SealedSegment, SegmentBucket } from "./segment-logs.ts";
import type { SystemColumns } from "./system-buffer.ts";

/** What all segments of a set share. */
export interface SegmentWriterContext {
  readonly schema: CollectionSchema;
  readonly collectionId: bigint;
  /** Rows bring their own timestamps. */
  readonly areRowsStored: boolean;
  readonly nowMs: number;
  /** Bytes of rows at which a segment is sealed. */
  readonly segmentBytes: number;
  readonly logIds: LogIdBlocks;
  readonly puts: PutQueue;
  /** Statistics of large segments are encoded and written one after the other. */
  readonly seals: Serial;
}

/** Rows at which a segment is sealed however narrow they are: it bounds the filter over its keys to 16 MiB. */
export const maxSegmentRows = 1 << 23;

/** Of segments from here on, filters over keys and their text are large: there is one at a time. Others wait for no other's sync. */
const SERIAL_ROWS = 1 << 15;

interface OpenFieldLogs {
  readonly field: FieldSchema;
  readonly logIds: bigint[];
  readonly sizesBytes: number[];
}

/** One flush on its way into the store. */
export interface FlushWrites {
  /** Bytes that were encoded into memory of their own. */
  readonly encodedBytes: number;
  /** Settles when the buffer may be used again. */
  readonly done: Promise<void>;
}

/** The segment that takes a bucket's rows at present. Its id is recorded before this is made (W1). */
export class SegmentWriter {
  readonly #context: SegmentWriterContext;
  readonly #bucket: SegmentBucket;
  readonly #segmentId: bigint;
  readonly #dialect: BinlogDialect;
  readonly #pkIndex: number;
  readonly #logs: readonly OpenFieldLogs[];
  readonly #rowCounts: number[] = [];
  readonly #stats: StatsBuilder;
  readonly #bm25: Bm25Logs;
  readonly #flushes: Promise<void>[] = [];
  #rowCount = 0;
  #memoryBytes = 0;
  #sizeBytes = 0;
  #minTimestamp = 0n;
  #maxTimestamp = 0n;

  constructor(context: SegmentWriterContext, bucket: SegmentBucket, segmentId: bigint) {
    const { fields } = context.schema;
    this.#context = context;
    this.#bucket = bucket;
    this.#segmentId = segmentId;
    this.#dialect = fields.some((field) => field.nullable) ? "2.5" : "2.3";
    this.#pkIndex = primaryKeyIndex(context.schema);
    this.#logs = [rowIdField, timestampField, ...fields].map((field) => ({ field, logIds: [], sizesBytes: [] }));
    const pk = fields[this.#pkIndex];
    this.#stats = new StatsBuilder(pk.fieldId, pk.dataType, maxSegmentRows);
    this.#bm25 = new Bm25Logs(context.schema);
  }

  /** It takes no more rows and is to be sealed. */
  get isFull(): boolean {
    return this.#memoryBytes >= this.#context.segmentBytes || this.#rowCount >= maxSegmentRows;
  }

  /** Encodes rows, one log a field (W3), and begins to write them. They must stay as they are until done. */
  async flush(buffer: FlushedRows): Promise<FlushWrites> {
    const { logIds, puts } = this.#context;
    const firstLogId = await logIds.take(this.#logs.length + this.#bm25.count);
    const { rowCount } = buffer;
    const system = buffer.system();
    const columns = [system.rowIds, system.timestamps];
    for (let i = 0; i < this.#context.schema.fields.length; i++) columns.push(buffer.column(i));
    this.#count(buffer, system);
    let encodedBytes = 0;
    const writes = this.#logs.map((logs, i) => {
      const isPacked = isWorthPacking(columnBytes(columns[i], rowCount), buffer.bytes);
      const pieces = this.#encode(logs.field, columns[i], rowCount, system, isPacked);
      for (const piece of pieces) if (piece.buffer !== columns[i].data.buffer) encodedBytes += piece.byteLength;
      return this.#put(logs, firstLogId + BigInt(i), pieces);
    });
    const stats = this.#bm25.write(buffer, this.#place(), firstLogId + BigInt(this.#logs.length), puts);
    const done = settleAll([...writes, ...stats]);
    this.#flushes.push(done);
    return { encodedBytes, done };
  }

  /** Writes the statistics, waits for them and for the flushes (W5), and gives the segment's metadata. */
  async seal(): Promise<SealedSegment> {
    const { collectionId, areRowsStored, seals } = this.#context;
    const isSmall = this.#rowCount < SERIAL_ROWS;
    const { stats, logId, sizeBytes } = await (isSmall ? this.#putStats() : seals.run(() => this.#putStats()));
    const bm25Logs = this.#bm25.logs;
    const bm25Bytes = bm25Logs.flatMap((logs) => logs.sizesBytes).reduce((sum, size) => sum + size, 0);
    return {
      collectionId,
      ...this.#bucket,
      segmentId: this.#segmentId,
      rowCount: this.#rowCount,
      sizeBytes: this.#sizeBytes + sizeBytes + bm25Bytes,
      memoryBytes: this.#memoryBytes,
      timestamp: this.#maxTimestamp,
      ...(areRowsStored && { rowTimestamps: { min: this.#minTimestamp, max: this.#maxTimestamp } }),
      minPk: stats.minPk,
      maxPk: stats.maxPk,
      insertLogs: this.#logs.map((logs) => this.#fieldLogs(logs)),
      statsLogs: [{ fieldId: stats.fieldId, logIds: [logId], rowCounts: [this.#rowCount], sizesBytes: [sizeBytes] }],
      ...(bm25Logs.length > 0 && { bm25Logs }),
    };
  }

  async #putStats(): Promise<{ stats: PrimaryKeyStats; logId: bigint; sizeBytes: number }> {
    const { logIds, puts } = this.#context;
    try {
      const logId = await logIds.take(1);
      const stats = this.#stats.finish();
      const encoded = encodeStatsLog(stats, takeMemory);
      this.release();
      const key = statsLogKey(this.#place(), stats.fieldId, logId);
      const written = puts.put(key, [encoded]).finally(() => giveMemory(encoded));
      const [sizeBytes] = await Promise.all([written, ...this.#flushes]);
      return { stats, logId, sizeBytes };
    } finally {
      this.release();
    }
  }

  /** Gives memory back. It takes no rows any more. */
  release(): void {
    this.#stats.release();
  }

  #count(buffer: FlushedRows, { minTimestamp, maxTimestamp }: SystemColumns): void {
    if (this.#rowCount === 0 || minTimestamp < this.#minTimestamp) this.#minTimestamp = minTimestamp;
    if (maxTimestamp > this.#maxTimestamp) this.#maxTimestamp = maxTimestamp;
    this.#rowCount += buffer.rowCount;
    this.#memoryBytes += buffer.bytes;
    this.#rowCounts.push(buffer.rowCount);
    const rowBytes = this.#memoryBytes / this.#rowCount;
    this.#stats.capacityKeys = Math.min(maxSegmentRows, Math.ceil(this.#context.segmentBytes / rowBytes));
    this.#stats.add(buffer.column(this.#pkIndex), buffer.rowCount);
  }

  #encode(
    field: FieldSchema,
    column: Column,
    rowCount: number,
    system: SystemColumns,
    isPacked: boolean,
  ): Uint8Array[] {
    const { collectionId, nowMs } = this.#context;
    const { minTimestamp, maxTimestamp } = system;
    return encodeInsertLog({
      collectionId,
      partitionId: this.#bucket.partitionId,
      segmentId: this.#segmentId,
      fieldId: field.fieldId,
      dataType: field.dataType,
      elementType: field.elementType,
      dim: field.dim,
      nullable: field.nullable,
      column,
      rowCount,
      minTimestamp,
      maxTimestamp,
      nowMs,
      dialect: this.#dialect,
      isPacked,
    });
  }

  async #put(logs: OpenFieldLogs, logId: bigint, pieces: readonly Uint8Array[]): Promise<void> {
    // Recorded in the order of the flushes, whatever the order in which their writes end.
    logs.logIds.push(logId);
    const index = logs.sizesBytes.push(0) - 1;
    const sizeBytes = await this.#context.puts.put(insertLogKey(this.#place(), logs.field.fieldId, logId), pieces);
    logs.sizesBytes[index] = sizeBytes;
    this.#sizeBytes += sizeBytes;
  }

  #fieldLogs({ field, logIds, sizesBytes }: OpenFieldLogs): FieldLogs {
    return { fieldId: field.fieldId, logIds, rowCounts: this.#rowCounts, sizesBytes };
  }

  #place() {
    const { partitionId } = this.#bucket;
    return { collectionId: this.#context.collectionId, partitionId, segmentId: this.#segmentId };
  }
}

/** Waits for all, also when one fails: only then nothing reads the buffer any more. */
async function settleAll(writes: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(writes);
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}
