import type { Column } from "@sluice/columns";
import type { SourceLocation } from "@sluice/errors";
import { type FieldSchema, fixedWidth } from "@sluice/schema";
import { FieldRules } from "./column-reader.ts";
import { FixedBuffer } from "./fixed-buffer.ts";
import { Validity } from "./validity.ts";

/** Memory of a fixed-width column, and what becomes of its nulls. */
export class FixedOutput {
  readonly rules: FieldRules;
  readonly width: number;
  readonly buffer = new FixedBuffer();
  readonly #validity = new Validity();

  constructor(field: FieldSchema) {
    this.rules = new FieldRules(field);
    this.width = fixedWidth(field);
  }

  /** Begins a batch of `rows` rows, all of them with values so far. */
  begin(rows: number): void {
    this.buffer.reserve(rows * this.width);
    if (this.rules.isNullable) this.#validity.mark(0, rows, 1);
  }

  /** Row `index` of the batch is null. @throws {ImportError} where the field allows none */
  setNull(index: number, row: number, at: SourceLocation): void {
    this.rules.checkNull(row, at);
    const { substitute } = this.rules;
    const start = index * this.width;
    if (substitute) this.buffer.bytes.set(substitute, start);
    else {
      this.buffer.bytes.fill(0, start, start + this.width);
      this.#validity.mark(index, index + 1, 0);
    }
  }

  column(rows: number): Column {
    const validity = this.rules.isNullable ? this.#validity.of(rows) : undefined;
    return { kind: "fixed", width: this.width, data: this.buffer.bytes, validity };
  }
}
