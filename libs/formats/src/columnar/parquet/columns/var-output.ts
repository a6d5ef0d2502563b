import type { HeldMemory } from "@sluice/async";
import { type Column, Validity } from "@sluice/columns";
import type { SourceLocation } from "@sluice/errors";
import { BytesSink } from "@sluice/parquet";
import type { FieldSchema } from "@sluice/schema";
import type { RowRejects } from "../../../row-rejects.ts";
import { FieldRules } from "./column-reader.ts";

const EMPTY = new Uint8Array(0);

/** Memory of a column of varying length, with the rows that were read beyond the last batch, and what becomes of its nulls. */
export class VarOutput {
  readonly rules: FieldRules;
  readonly cells: BytesSink;
  readonly #validity = new Validity();
  /** Rows that the last batch had. */
  #taken = 0;

  /** @param memory of the reading, where kernels fill the column */
  constructor(field: FieldSchema, rejects: RowRejects, memory?: HeldMemory) {
    this.cells = new BytesSink(undefined, memory);
    this.rules = new FieldRules(field, rejects);
  }

  get #hasNulls(): boolean {
    return this.rules.standIn === null;
  }

  /** Rows that are there. */
  get rows(): number {
    return this.cells.count;
  }

  /** Ends the loan of the last batch. */
  begin(softBytes: number): void {
    if (this.#hasNulls) this.#validity.dropFront(this.#taken, this.rows);
    this.cells.dropFront(this.#taken);
    this.#taken = 0;
    this.cells.softLimit = softBytes;
  }

  /** Rows from `from` on have values. Called by who writes to `cells` itself. */
  markValues(from: number): void {
    if (this.#hasNulls) this.#validity.mark(from, this.rows, 1);
  }

  /** The value of the next row. */
  append(cell: Uint8Array): void {
    this.cells.append(cell, 0, cell.length);
    this.markValues(this.rows - 1);
  }

  /** @throws {ImportError} where the field allows no null */
  appendNull(row: number, at: SourceLocation): void {
    this.rules.checkNull(row, at);
    this.append(this.rules.standIn ?? EMPTY);
    if (this.#hasNulls) this.#validity.mark(this.rows - 1, this.rows, 0);
  }

  /** The first `rows`; the others are of the next batch. Borrowed until that begins. */
  take(rows: number): Column {
    this.#taken = rows;
    const validity = this.#hasNulls ? this.#validity.of(rows) : undefined;
    return { kind: "var", offsets: this.cells.offsets, data: this.cells.data, validity };
  }
}
