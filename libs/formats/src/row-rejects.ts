import { type InsertBatch, takeRows } from "@sluice/columns";
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

  constructor(onReject?: OnReject) {
    this.#onReject = onReject;
  }

  /** Whether a refused row is not the end. */
  get goesOn(): boolean {
    return this.#onReject !== undefined;
  }

  /** @param row of the file @throws {ImportError} the error itself, where nobody takes rejected rows */
  add(row: number, error: ImportError): void {
    if (!this.#onReject) throw error;
    if (!this.#errors.has(row)) this.#errors.set(row, error);
  }

  has(row: number): boolean {
    return this.#errors.has(row);
  }

  /**
   * Hands over the rejected rows of a batch, in order, and answers it without them; undefined when none is left.
   * @param firstRow row of the file at which the batch starts
   */
  async taken(batch: InsertBatch, firstRow: number): Promise<InsertBatch | undefined> {
    if (this.#errors.size === 0) return batch;
    const kept: number[] = [];
    for (let i = 0; i < batch.rowCount; i++) {
      const error = this.#errors.get(firstRow + i);
      if (!error) kept.push(i);
      else await this.#onReject?.({ row: firstRow + i, error });
      this.#errors.delete(firstRow + i);
    }
    if (kept.length === batch.rowCount) return batch;
    if (kept.length === 0) return undefined;
    const rows = Uint32Array.from(kept);
    const columns = batch.columns.map((column) => column && takeRows(column, rows));
    return { ...batch, rowCount: kept.length, columns };
  }
}
