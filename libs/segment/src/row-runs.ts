import { giveMemory, takeMemory } from "@sluice/async";
import { groupRows, joinRows } from "@sluice/kernels";

/** Lists are this long at least: shorter memory does not lie in the arena, where kernels find it. */
const LEAST_BYTES = 1 << 15;

/**
 * Rows of a batch grouped by bucket, neighbours taken together: columns are copied run by run. One object serves all
 * batches; its lists only grow.
 */
export class RowRuns {
  /** Run i is rows `[starts[i], ends[i])`. */
  starts = new Uint32Array(0);
  ends = new Uint32Array(0);
  count = 0;
  /** Buckets of the batch that have rows, ascending. */
  readonly buckets: number[] = [];
  #order = new Uint32Array(0);
  readonly #bucketEnds: Uint32Array;
  #isOneBucket = false;
  #rowCount = 0;

  constructor(bucketCount: number) {
    this.#bucketEnds = new Uint32Array(bucketCount + 1);
  }

  /** Groups rows `[0, rowCount)`: counting sort, stable. @throws {RangeError} for a bucket that does not exist */
  sort(bucketOf: Uint16Array, rowCount: number): void {
    const ends = this.#bucketEnds.fill(0);
    const bucketCount = ends.length - 1;
    for (let row = 0; row < rowCount; row++) ends[Math.min(bucketOf[row], bucketCount)]++;
    if (ends[bucketCount] > 0) throw new RangeError(`a row is assigned to a bucket beyond ${bucketCount - 1}`);
    this.buckets.length = 0;
    for (let bucket = 0; bucket < bucketCount; bucket++) if (ends[bucket] > 0) this.buckets.push(bucket);
    this.#rowCount = rowCount;
    this.#isOneBucket = this.buckets.length === 1;
    if (!this.#isOneBucket) this.#scatter(bucketOf, rowCount);
  }

  #scatter(bucketOf: Uint16Array, rowCount: number): void {
    const ends = this.#bucketEnds;
    // First to starts; placing the rows moves each to its end.
    let start = 0;
    for (let bucket = 0; bucket < ends.length; bucket++) {
      const count = ends[bucket];
      ends[bucket] = start;
      start += count;
    }
    this.#order = listFor(this.#order, rowCount);
    const order = this.#order;
    if (groupRows(bucketOf.subarray(0, rowCount), ends, order)) return;
    for (let row = 0; row < rowCount; row++) order[ends[bucketOf[row]]++] = row;
  }

  /** Rows of a bucket as positions `[start, end)` of the sorted order. */
  range(bucket: number): { start: number; end: number } {
    if (this.#isOneBucket) return { start: 0, end: this.#rowCount };
    return { start: bucket === 0 ? 0 : this.#bucketEnds[bucket - 1], end: this.#bucketEnds[bucket] };
  }

  /** Makes positions `[start, end)` the current runs. */
  select(start: number, end: number): void {
    this.starts = listFor(this.starts, this.#rowCount);
    this.ends = listFor(this.ends, this.#rowCount);
    if (this.#isOneBucket) {
      this.starts[0] = start;
      this.ends[0] = end;
      this.count = 1;
    } else this.count = joinRows(this.#order.subarray(start, end), this.starts, this.ends) ?? this.#join(start, end);
  }

  /** Gives its memory back. It is not used again. */
  release(): void {
    for (const list of [this.#order, this.starts, this.ends]) giveMemory(bytesOf(list));
    this.#order = this.starts = this.ends = new Uint32Array(0);
  }

  #join(start: number, end: number): number {
    const order = this.#order;
    const { starts, ends } = this;
    let count = 0;
    for (let at = start; at < end; ) {
      const first = order[at++];
      let next = first + 1;
      while (at < end && order[at] === next) {
        at++;
        next++;
      }
      starts[count] = first;
      ends[count++] = next;
    }
    return count;
  }
}

/** The list, or one with room for as many rows in its place. */
function listFor(list: Uint32Array<ArrayBuffer>, rows: number): Uint32Array<ArrayBuffer> {
  if (list.length >= rows) return list;
  giveMemory(bytesOf(list));
  const { buffer, byteOffset, byteLength } = takeMemory(Math.max(LEAST_BYTES, 4 * rows));
  return new Uint32Array(buffer, byteOffset, byteLength >>> 2);
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
