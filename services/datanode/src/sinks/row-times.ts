import type { FixedColumn, InsertBatch } from "@sluice/columns";

/**
 * Timestamps that rows bring from where they were. One of a clock that is ahead of ours is set back to the job's: what is deleted from
 * now on must be later than the row.
 */
export class RowTimes {
  readonly #latest: bigint;
  readonly #low: number;
  readonly #high: number;
  /** Rows that were set back. */
  ahead = 0;

  /** @param latest hybrid timestamp of the job */
  constructor(latest: bigint) {
    this.#latest = latest;
    [this.#low, this.#high] = [Number(latest & 0xffffffffn), Number(latest >> 32n)];
  }

  /** The batch itself where no row is ahead, else one with a column of its own. */
  bounded({ storedRows, ...batch }: InsertBatch): InsertBatch {
    if (!storedRows) return batch;
    const { data, ...column } = storedRows.timestamps as FixedColumn;
    const words = new Uint32Array(data.buffer, data.byteOffset, 2 * batch.rowCount);
    const ahead = this.#aheadOf(words);
    if (ahead.length === 0) return { ...batch, storedRows };
    const stamps = new BigUint64Array(new Uint32Array(words).buffer);
    for (const row of ahead) stamps[row] = this.#latest;
    this.ahead += ahead.length;
    const timestamps = { ...column, data: new Uint8Array(stamps.buffer) };
    return { ...batch, storedRows: { ...storedRows, timestamps } };
  }

  /** By halves: a bigint a row would be slower than the copy of its vector. */
  #aheadOf(words: Uint32Array): number[] {
    const rows: number[] = [];
    for (let at = 0; at < words.length; at += 2) {
      const high = words[at + 1];
      if (high > this.#high || (high === this.#high && words[at] > this.#low)) rows.push(at / 2);
    }
    return rows;
  }
}
