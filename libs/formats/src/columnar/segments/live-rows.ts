import {
  type Column,
  type DeletedKeys,
  deletedKeys,
  type InsertBatch,
  type StoredRows,
  takeBatchRows,
} from "@sluice/columns";
import { ImportError, locate } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import type { FieldSchema } from "@sluice/schema";
import { readDeltaFile } from "./delta-file.ts";
import { ALL_TIME, type TimeBounds } from "./time-bounds.ts";

/**
 * Which rows of a segment still count: those between the bounds that no later delete names. A delete counts where it is newer
 * than the row, and between the bounds too. Source: binlog format, §5 and §8.3.
 */
export class LiveRows {
  readonly #bounds: TimeBounds;
  readonly #start: Halves;
  readonly #end: Halves;
  readonly #deletes: DeletedKeys;
  /** Of all rows, whatever theirs are; undefined = those that they have. */
  readonly #commitTs: Halves | undefined;
  /** Rows left out until now. */
  deleted = 0;
  outside = 0;

  private constructor(bounds: TimeBounds, deletes: DeletedKeys, commitTs: bigint | undefined) {
    this.#bounds = bounds;
    this.#commitTs = commitTs === undefined ? undefined : halvesOf(commitTs);
    [this.#start, this.#end] = [halvesOf(bounds.start), halvesOf(bounds.end)];
    this.#deletes = deletes;
  }

  /**
   * @param maxBytes that the keys may take @param commitTs that takes the place of those of all rows
   * @throws {ImportError} `malformed_file`, `schema_mismatch`, `unsupported`, with the delta log
   */
  static async of(
    key: FieldSchema,
    deltas: readonly SourceFile[],
    bounds: TimeBounds,
    maxBytes: number,
    signal: AbortSignal,
    commitTs?: bigint,
  ): Promise<LiveRows> {
    const deletes = deletedKeys(key.dataType);
    for (const delta of deltas) await addDeletes(deletes, key, delta, bounds, maxBytes, signal);
    return new LiveRows(bounds, deletes, commitTs);
  }

  /** Whether every row counts, whatever its timestamp and key. */
  get isAll(): boolean {
    return this.#deletes.size === 0 && this.#bounds.start === ALL_TIME.start && this.#bounds.end === ALL_TIME.end;
  }

  /** The rows of a batch that count; undefined where none does. @param keys of the rows */
  taken(batch: InsertBatch & { readonly storedRows: StoredRows }, keys: Column): InsertBatch | undefined {
    const { buffer, byteOffset } = batch.storedRows.timestamps.data;
    const words = new Uint32Array(buffer, byteOffset, 2 * batch.rowCount);
    const kept = new Uint32Array(batch.rowCount);
    let count = 0;
    for (let row = 0; row < batch.rowCount; row++) if (this.#isLive(keys, row, words)) kept[count++] = row;
    if (count === batch.rowCount) return batch;
    if (count === 0) return undefined;
    return takeBatchRows(batch, kept.subarray(0, count));
  }

  /** @param words timestamps, their low halves first: a bigint is made of those alone that a delete may concern */
  #isLive(keys: Column, row: number, words: Uint32Array): boolean {
    const low = this.#commitTs?.low ?? words[2 * row];
    const high = this.#commitTs?.high ?? words[2 * row + 1];
    if (isBefore(low, high, this.#start.low, this.#start.high) || isBefore(this.#end.low, this.#end.high, low, high)) {
      this.outside++;
      return false;
    }
    const deletedAt = this.#deletes.size === 0 ? undefined : this.#deletes.timestampOf(keys, row);
    if (deletedAt === undefined || deletedAt <= ((BigInt(high) << 32n) | BigInt(low))) return true;
    this.deleted++;
    return false;
  }
}

/** The halves of a timestamp of 64 bits. */
interface Halves {
  readonly low: number;
  readonly high: number;
}

function halvesOf(value: bigint): Halves {
  return { low: Number(value & 0xffffffffn), high: Number(value >> 32n) };
}

function isBefore(low: number, high: number, otherLow: number, otherHigh: number): boolean {
  return high < otherHigh || (high === otherHigh && low < otherLow);
}

async function addDeletes(
  deletes: DeletedKeys,
  key: FieldSchema,
  delta: SourceFile,
  bounds: TimeBounds,
  maxBytes: number,
  signal: AbortSignal,
): Promise<void> {
  const { primaryKeys, timestamps } = await readDeltaFile(delta, key, bounds, signal);
  for (const [i, timestamp] of timestamps.entries()) deletes.add(primaryKeys[i], timestamp);
  if (deletes.bytes > maxBytes) throw locate(tooMany(deletes.size, maxBytes), { file: delta.path });
}

function tooMany(count: number, maxBytes: number): ImportError {
  const reason = `${count} deleted keys are more than ${maxBytes} bytes hold: compact first, or give the datanode more --worker-memory`;
  return new ImportError("unsupported", reason);
}
