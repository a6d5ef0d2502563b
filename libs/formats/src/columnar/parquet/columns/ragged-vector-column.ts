import type { Column } from "@sluice/columns";
import { emptyDefinition, type LeafReader, type ListNode, type RowGroupInfo } from "@sluice/parquet";
import type { FieldSchema } from "@sluice/schema";
import { type ElementType, elementWidth } from "../../../numbers/element-type.ts";
import { type ElementRule, finiteCheck } from "../../../numbers/elements.ts";
import type { ColumnReader } from "./column-reader.ts";
import { FixedOutput } from "./fixed-output.ts";
import { describeValue } from "./leaf-rule.ts";
import { NestedRows } from "./nested-rows.ts";
import type { ReadContext } from "./read-context.ts";
import { nullElementWords, wrongElementWords, wrongLengthWords } from "./vector-words.ts";

const STEP_ROWS = 1024;
const STEP_ENTRIES = 1 << 16;

/** Dense vectors that come as lists of any length, row by row, so that a row which is no vector can be rejected alone. */
export class RaggedVectorColumn implements ColumnReader {
  readonly fields: readonly number[];
  readonly leaves: readonly LeafReader[];
  readonly mayStop = false;
  readonly #list: ListNode;
  readonly #rule: ElementRule;
  readonly #rowCheck: ElementType | undefined;
  readonly #rows: NestedRows;
  readonly #output: FixedOutput;
  /** Elements of a list: dimensions, or bytes where the vector comes as bytes. */
  readonly #perRow: number;
  /** Row of the file that is read next. */
  #row = 0;

  /** @param rowCheck element type of the vectors that the bytes of a row make up, where these have to be checked */
  constructor(
    position: number,
    field: FieldSchema,
    leaf: LeafReader,
    list: ListNode,
    rule: ElementRule,
    rowCheck: ElementType | undefined,
    { rejects }: ReadContext,
  ) {
    this.fields = [position];
    this.leaves = [leaf];
    this.#list = list;
    this.#rule = rule;
    this.#rowCheck = rowCheck;
    this.#rows = new NestedRows(leaf);
    this.#output = new FixedOutput(field, rejects);
    this.#perRow = this.#output.width / elementWidth[rule.to];
  }

  begin(group: RowGroupInfo): void {
    this.#row = group.firstRow;
    this.#rows.begin();
  }

  async fill(rows: number): Promise<number> {
    this.#output.begin(rows);
    for (let done = 0; done < rows; ) {
      const count = await this.#rows.read(Math.min(rows - done, STEP_ROWS), STEP_ENTRIES, this.#row);
      try {
        this.#put(done, count);
      } catch (error) {
        throw this.#rows.leaf.explain(error);
      }
      done += count;
    }
    return rows;
  }

  take(rows: number): readonly Column[] {
    return [this.#output.take(rows)];
  }

  finish(): Promise<void> {
    return this.#rows.checkEnd();
  }

  /** @param first row of the batch */
  #put(first: number, count: number): void {
    const { starts, definitions, leaf } = this.#rows;
    let value = 0;
    for (let i = 0; i < count; i++, this.#row++) {
      const values = this.#rows.valuesOf(i);
      const level = definitions[starts[i]];
      if (level < emptyDefinition(this.#list)) this.#output.setNull(first + i, this.#row, leaf.at);
      else {
        const length = level === emptyDefinition(this.#list) ? 0 : starts[i + 1] - starts[i];
        const reason = this.#listRefusal(length, values) ?? this.#copy(value, first + i);
        if (reason !== undefined) this.#output.rules.refuse(reason, this.#row, leaf.at);
      }
      value += values;
    }
  }

  #listRefusal(length: number, values: number): string | undefined {
    const { field } = this.#output;
    if (values < length) return nullElementWords(field);
    return length === this.#perRow ? undefined : wrongLengthWords(field, this.#perRow, String(length));
  }

  /** Makes the values from `value` on a row of the batch; answers why they are no vector. */
  #copy(value: number, index: number): string | undefined {
    const { to, convert, check } = this.#rule;
    const { buffer, field, width } = this.#output;
    const { fixed, leaf } = this.#rows;
    const at = index * this.#perRow;
    if (!convert)
      buffer.bytes.set(
        fixed.bytes.subarray(value * elementWidth[to], (value + this.#perRow) * elementWidth[to]),
        index * width,
      );
    const bad = convert ? convert(fixed, value, this.#perRow, buffer, at) : (check?.(buffer, at, this.#perRow) ?? -1);
    if (bad >= 0) return wrongElementWords(field, describeValue(leaf.type, fixed, value + bad));
    const halves = this.#rowCheck && finiteCheck(this.#rowCheck);
    const perRow = width / elementWidth[this.#rowCheck ?? "uint8"];
    const areFinite = !halves || halves(buffer, index * perRow, perRow) < 0;
    return areFinite ? undefined : wrongElementWords(field, "NaN or infinity");
  }
}
