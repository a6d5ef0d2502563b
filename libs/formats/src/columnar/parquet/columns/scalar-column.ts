import type { Column } from "@sluice/columns";
import type { LeafReader, RowGroupInfo } from "@sluice/parquet";
import { dataTypeName, type FieldSchema } from "@sluice/schema";
import { type ColumnReader, checkNoMoreRows, shortColumn } from "./column-reader.ts";
import { describeValue, type ElementRule, elementWidth } from "./elements.ts";
import { FixedBuffer } from "./fixed-buffer.ts";
import { FixedOutput } from "./fixed-output.ts";
import { FlatRuns } from "./flat-runs.ts";

/** Values converted at a time. */
const STEP = 4096;

/** Scalars of fixed width, and dense vectors that come as FIXED_LEN_BYTE_ARRAY of the vector's own bytes. */
export class ScalarColumn implements ColumnReader {
  readonly fields: readonly number[];
  readonly leaves: readonly LeafReader[];
  readonly mayStop = false;
  readonly #leaf: LeafReader;
  readonly #rule: ElementRule;
  readonly #runs: FlatRuns;
  readonly #output: FixedOutput;
  /** Elements of a value: 1, or those of a vector. */
  readonly #elements: number;
  readonly #scratch = new FixedBuffer();
  #row = 0;

  constructor(position: number, field: FieldSchema, leaf: LeafReader, rule: ElementRule) {
    this.fields = [position];
    this.leaves = [leaf];
    this.#leaf = leaf;
    this.#rule = rule;
    this.#runs = new FlatRuns(leaf);
    this.#output = new FixedOutput(field);
    this.#elements = this.#output.width / elementWidth[rule.to];
  }

  begin(group: RowGroupInfo): void {
    this.#row = group.firstRow;
    this.#runs.begin();
  }

  async fill(rows: number): Promise<number> {
    this.#output.begin(rows);
    for (let done = 0; done < rows; ) {
      if (this.#leaf.left === 0 && !(await this.#leaf.page())) throw shortColumn(this.#leaf, this.#row + done);
      try {
        done = this.#fillFromPage(done, rows);
      } catch (error) {
        throw this.#leaf.explain(error);
      }
    }
    this.#row += rows;
    return rows;
  }

  take(rows: number): readonly Column[] {
    return [this.#output.column(rows)];
  }

  finish(): Promise<void> {
    return checkNoMoreRows(this.#leaf);
  }

  #fillFromPage(from: number, rows: number): number {
    let done = from;
    while (done < rows && this.#leaf.left > 0) {
      const count = Math.min(this.#runs.next(rows - done), STEP);
      if (count > 0) this.#values(done, count);
      else this.#output.setNull(done, this.#row + done, this.#leaf.at);
      done += Math.max(count, 1);
    }
    return done;
  }

  #values(index: number, count: number): void {
    const { convert, check } = this.#rule;
    const { buffer, width } = this.#output;
    this.#runs.take(count);
    if (!convert) {
      this.#leaf.readFixed(count, buffer.bytes, index * width);
      const bad = check ? check(buffer, index * this.#elements, count * this.#elements) : -1;
      if (bad >= 0) throw this.#refuse(buffer, index * this.#elements + bad, index + Math.floor(bad / this.#elements));
      return;
    }
    this.#scratch.reserve(STEP * this.#leaf.type.width);
    this.#leaf.readFixed(count, this.#scratch.bytes, 0);
    const bad = convert(this.#scratch, count, buffer, index);
    if (bad >= 0) throw this.#refuse(this.#scratch, bad, index + bad);
  }

  #refuse(values: FixedBuffer, element: number, index: number): Error {
    const { rules } = this.#output;
    const { kind, name } = this.#leaf.type;
    const shown = this.#elements > 1 ? "NaN or infinity" : describeValue(kind, values, element);
    const expected = `expected type '${dataTypeName(rules.field.dataType)}' for field '${rules.field.name}'`;
    return rules.invalid(`${expected}, got type '${name}' with value '${shown}'`, this.#row + index, this.#leaf.at);
  }
}
