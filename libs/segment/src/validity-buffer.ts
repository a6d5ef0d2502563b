import { giveMemory } from "@sluice/async";
import { ImportError } from "@sluice/errors";
import type { FieldSchema } from "@sluice/schema";
import type { BufferLimits } from "./column-buffer.ts";
import { grow, grownLength } from "./column-memory.ts";
import { copyRuns } from "./copy-runs.ts";
import type { RowRuns } from "./row-runs.ts";

/** One byte a row of a nullable field; nothing of another. */
export class ValidityBuffer {
  readonly #field: FieldSchema;
  readonly #limit: number;
  #bytes = new Uint8Array(0);
  #hasNulls = false;

  constructor(field: FieldSchema, limits: BufferLimits) {
    this.#field = field;
    this.#limit = limits.rows;
  }

  /** Bytes that it holds allocated; always 0 of a field without nulls. */
  get allocatedBytes(): number {
    return this.#bytes.length;
  }

  /** @param rows that it has to hold then, those of before included */
  growth(rows: number): number {
    return this.#field.nullable ? grownLength(this.#bytes.length, rows, this.#limit) - this.#bytes.length : 0;
  }

  /** @param source undefined: all have values @throws {ImportError} `internal` for a null of a field that has none */
  append(source: Uint8Array | undefined, runs: RowRuns, rowCount: number, rows: number): void {
    if (!this.#field.nullable) {
      if (source) this.#refuseNulls(source, runs);
      return;
    }
    this.#bytes = grow(this.#bytes, rowCount, grownLength(this.#bytes.length, rowCount + rows, this.#limit));
    if (source) copyRuns(source, this.#bytes, 1, rowCount, runs);
    else this.#bytes.fill(1, rowCount, rowCount + rows);
    this.#hasNulls ||= source !== undefined;
  }

  /** Undefined where no batch brought a validity; valid until the next append. */
  view(rowCount: number): Uint8Array | undefined {
    return this.#hasNulls ? this.#bytes.subarray(0, rowCount) : undefined;
  }

  /** Forgets the rows and keeps the memory. */
  clear(): void {
    this.#hasNulls = false;
  }

  /** Gives its memory back. It is not used again. */
  release(): void {
    giveMemory(this.#bytes);
    this.#bytes = new Uint8Array(0);
  }

  #refuseNulls(source: Uint8Array, runs: RowRuns): void {
    for (let i = 0; i < runs.count; i++) {
      const row = source.subarray(0, runs.ends[i]).indexOf(0, runs.starts[i]);
      if (row >= 0)
        throw new ImportError("internal", "a null in a field that has none", { row, field: this.#field.name });
    }
  }
}
