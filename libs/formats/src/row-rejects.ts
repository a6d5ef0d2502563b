import { type InsertBatch, takeBatchRows } from "@sluice/columns";
import type { ImportError } from "@sluice/errors";
import type { OnReject } from "./format.ts";

/**
 * Rows that may not be imported, of a reader whose columns are read apart: each column says which rows it refuses and goes on
 * with anything in their place; the batch then loses them. Without a receiver the first refusal is the reader's error.
 */
export class RowRejects {
  readonly #onReject: OnReject | undefined;
  /** The first refusal of each row that no batch has reached yet. */
  readonly #errors = new Map<number, ImportError>();
  /** Of the next batch: which of its rows are left out without a word each. */
  #live: Uint8Array | undefined;
  #firstRow = 0;

  constructor(onReject?: OnReject) {
    this.#onReject = onReject;
  }

  /** Whether a refused row is not the end. */
  get goesOn(): boolean {
    return this.#onReject !== undefined;
  }

  /** @param row of the file @throws {ImportError} the error itself, where nobody takes rejected rows */
  add(row: number, error: ImportError): void {
    if (this.#live?.[row - this.#firstRow] === 0) return;
    if (!this.#onReject) throw error;
    if (!this.#errors.has(row)) this.#errors.set(row, error);
  }

  /**
   * Before the next batch is made: rows of it that are none, whose values nobody has to take.
   * @param live a byte for each row, 0 for such a one @returns how many they are
   */
  leaveOut(live: Uint8Array, firstRow: number, rows: number): number {
    let count = 0;
    for (let i = 0; i < rows; i++) if (live[i] === 0) count++;
    this.#live = count > 0 ? live : undefined;
    this.#firstRow = firstRow;
    return count;
  }

  /** Whether the row was refused. */
  has(row: number): boolean {
    return this.#errors.has(row);
  }

  /**
   * Hands over the rejected rows of a batch, in order, and answers it without them; undefined when none is left.
   * @param firstRow row of the file at which the batch starts
   */
  async taken(batch: InsertBatch, firstRow: number): Promise<InsertBatch | undefined> {
    if (this.#errors.size === 0 && !this.#live) return batch;
    const kept: number[] = [];
    for (let i = 0; i < batch.rowCount; i++) {
      const error = this.#errors.get(firstRow + i);
      if (this.#live?.[i] === 0) continue;
      if (!error) kept.push(i);
      else await this.#onReject?.({ row: firstRow + i, error });
      this.#errors.delete(firstRow + i);
    }
    if (kept.length === batch.rowCount) return batch;
    if (kept.length === 0) return undefined;
    return takeBatchRows(batch, Uint32Array.from(kept));
  }
}
