import type { Column } from "@sluice/columns";
import { emptyDefinition, type LeafReader, type ListNode } from "@sluice/parquet";
import type { FieldSchema } from "@sluice/schema";
import { type ElementType, elementWidth } from "../../../numbers/element-type.ts";
import { type ElementRule, finiteCheck } from "../../../numbers/elements.ts";
import { FixedOutput } from "./fixed-output.ts";
import { describeValue } from "./leaf-rule.ts";
import { NestedColumn } from "./nested-column.ts";
import type { ReadContext } from "./read-context.ts";
import { nullElementWords, wrongElementWords, wrongLengthWords } from "./vector-words.ts";

const STEP = { rows: 1024, entries: 1 << 16 };

/** Dense vectors that come as lists of any length, row by row, so that a row which is no vector can be rejected alone. */
export class RaggedVectorColumn extends NestedColumn {
  readonly mayStop = false;
  readonly #list: ListNode;
  readonly #rule: ElementRule;
  readonly #rowCheck: ElementType | undefined;
  readonly #output: FixedOutput;
  /** Elements of a list: dimensions, or bytes where the vector comes as bytes. */
  readonly #perRow: number;

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
    super(position, leaf, STEP);
    this.#list = list;
    this.#rule = rule;
    this.#rowCheck = rowCheck;
    this.#output = new FixedOutput(field, rejects);
    this.#perRow = this.#output.width / elementWidth[rule.to];
  }

  async fill(rows: number): Promise<number> {
    this.#output.begin(rows);
    for (let done = 0; done < rows; ) done += await this.step(rows - done, (count) => this.#put(done, count));
    return rows;
  }

  take(rows: number): readonly Column[] {
    return [this.#output.take(rows)];
  }

  /** @param first row of the batch */
  #put(first: number, count: number): void {
    const { starts, definitions, leaf } = this.rows;
    let value = 0;
    for (let i = 0; i < count; i++, this.row++) {
      const values = this.rows.valuesOf(i);
      const level = definitions[starts[i]];
      if (level < emptyDefinition(this.#list)) this.#output.setNull(first + i, this.row, leaf.at);
      else {
        const length = level === emptyDefinition(this.#list) ? 0 : starts[i + 1] - starts[i];
        const reason = this.#listRefusal(length, values) ?? this.#copy(value, first + i);
        if (reason !== undefined) this.#output.rules.refuse(reason, this.row, leaf.at);
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
    const { fixed, leaf } = this.rows;
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
