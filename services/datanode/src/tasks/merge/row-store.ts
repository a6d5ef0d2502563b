import type { Column } from "@sluice/columns";
import { type FieldSchema, fixedWidth } from "@sluice/schema";
import type { KeptRows } from "./file-keys.ts";
import { GrowingFixed } from "./growing-fixed.ts";
import type { GrowingColumn } from "./growing-memory.ts";
import { GrowingVar } from "./growing-var.ts";

/** Rows of some columns, put one behind the other, from which any can be taken. */
export class RowStore implements Disposable {
  readonly #columns: readonly GrowingColumn[];
  #rowCount = 0;

  constructor(fields: readonly FieldSchema[]) {
    this.#columns = fields.map((field) => growingColumn(fixedWidth(field)));
  }

  /** Rows that can be taken, numbered from 0. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** Memory that it holds, with room for more. */
  get bytes(): number {
    return this.#columns.reduce((sum, column) => sum + column.bytes, 0);
  }

  /** Of the rows that are there. */
  get filledBytes(): number {
    return this.#columns.reduce((sum, column) => sum + column.filledBytes, 0);
  }

  /** Some rows of a batch. @param columns parallel to the fields */
  appendSome(columns: readonly Column[], { count, rows }: KeptRows): void {
    for (let i = 0; i < this.#columns.length; i++)
      if (rows) this.#columns[i].appendRows(columns[i], rows.subarray(0, count));
      else this.#columns[i].appendAll(columns[i], count);
    this.#rowCount += count;
  }

  /** Makes room for so many rows, as a header announces them; what varies in length grows all the same. */
  reserve(rows: number): void {
    for (const column of this.#columns) column.reserve(rows);
  }

  /**
   * Rows as columns, which stay valid during the next two calls.
   * @param rows numbers here, or -1 for a row that has none
   * @param standIns what such a row gets, by field
   */
  gather(rows: Int32Array, standIns: readonly (Uint8Array | null)[]): Column[] {
    return this.#columns.map((column, i) => column.gather(rows, standIns[i] ?? null));
  }

  /** All rows as they lie here: valid until one more comes. */
  all(): Column[] {
    return this.#columns.map((column) => column.all());
  }

  /** Gives its memory back: it is used no more. */
  [Symbol.dispose](): void {
    for (const column of this.#columns) column.release();
    this.#rowCount = 0;
  }

  /** Takes rows anew from 0; memory stays. */
  clear(): void {
    for (const column of this.#columns) column.clear();
    this.#rowCount = 0;
  }
}

function growingColumn(width: number): GrowingColumn {
  return width > 0 ? new GrowingFixed(width) : new GrowingVar();
}
