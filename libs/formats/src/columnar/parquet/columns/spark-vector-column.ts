import { type Column, FixedBuffer } from "@sluice/columns";
import { emptyDefinition, type LeafReader, type ListNode, type RowGroupInfo, type SchemaNode } from "@sluice/parquet";
import type { FieldSchema } from "@sluice/schema";
import { elementWidth } from "../../../numbers/element-type.ts";
import type { ElementRule } from "../../../numbers/elements.ts";
import { type ColumnReader, shortColumn } from "./column-reader.ts";
import { FixedOutput } from "./fixed-output.ts";
import { describeValue } from "./leaf-rule.ts";
import { NestedRows } from "./nested-rows.ts";
import type { ReadContext } from "./read-context.ts";
import { wrongElementWords, wrongLengthWords } from "./vector-words.ts";

const STEP_ROWS = 512;
const [SPARSE, DENSE] = [0, 1];

/** The parts of a vector of Spark ML: `type`, and for sparse ones `size` and `indices`. */
export interface SparkVectorParts {
  readonly struct: SchemaNode;
  readonly type: SchemaNode;
  readonly size: SchemaNode;
  readonly indices: ListNode;
  readonly values: ListNode;
}

/** Dense vectors from those of Spark ML, which may be sparse, row by row. Source: Spark, VectorUDT. */
export class SparkVectorColumn implements ColumnReader {
  readonly fields: readonly number[];
  readonly leaves: readonly LeafReader[];
  readonly mayStop = false;
  readonly #parts: SparkVectorParts;
  readonly #rule: ElementRule;
  readonly #type: NestedRows;
  readonly #size: NestedRows;
  readonly #indices: NestedRows;
  readonly #values: NestedRows;
  readonly #output: FixedOutput;
  readonly #scratch = new FixedBuffer();
  /** Row of the file that is read next. */
  #row = 0;

  /** @param rule of the values; one that converts them */
  constructor(position: number, field: FieldSchema, parts: SparkVectorParts, rule: ElementRule, context: ReadContext) {
    this.fields = [position];
    this.#parts = parts;
    this.#rule = rule;
    const nodes = [parts.type, parts.size, parts.indices.element, parts.values.element];
    const rows = nodes.map((node) => new NestedRows(context.open(node)));
    [this.#type, this.#size, this.#indices, this.#values] = rows;
    this.leaves = rows.map(({ leaf }) => leaf);
    this.#output = new FixedOutput(field, context.rejects);
  }

  begin(group: RowGroupInfo): void {
    this.#row = group.firstRow;
    for (const rows of this.#all) rows.begin();
  }

  async fill(rows: number): Promise<number> {
    this.#output.begin(rows);
    for (let done = 0; done < rows; ) {
      const count = Math.min(rows - done, STEP_ROWS);
      for (const part of this.#all) {
        const got = await part.read(count, Number.POSITIVE_INFINITY, this.#row);
        if (got < count) throw shortColumn(part.leaf, this.#row + got);
      }
      this.#put(done, count);
      done += count;
    }
    return rows;
  }

  take(rows: number): readonly Column[] {
    return [this.#output.take(rows)];
  }

  async finish(): Promise<void> {
    for (const rows of this.#all) await rows.checkEnd();
  }

  get #all(): readonly NestedRows[] {
    return [this.#type, this.#size, this.#indices, this.#values];
  }

  /** @param first row of the batch */
  #put(first: number, count: number): void {
    /** Values of each part before the row. */
    const before = [0, 0, 0, 0];
    for (let i = 0; i < count; i++, this.#row++) {
      const counts = this.#all.map((rows) => rows.valuesOf(i));
      const isNull = this.#type.definitions[this.#type.starts[i]] < this.#parts.struct.definition;
      if (isNull) this.#output.setNull(first + i, this.#row, this.leaves[0].at);
      else {
        const reason = this.#refusalOf(i, counts) ?? this.#vector(first + i, before, counts);
        if (reason !== undefined) this.#output.rules.refuse(reason, this.#row, this.leaves[0].at);
      }
      for (const part of before.keys()) before[part] += counts[part];
    }
  }

  /** Why the lists of a row are none of a vector. */
  #refusalOf(i: number, [types, , indices, values]: readonly number[]): string | undefined {
    const isWhole = (rows: NestedRows, list: ListNode, count: number) =>
      rows.definitions[rows.starts[i]] <= emptyDefinition(list) || count === rows.starts[i + 1] - rows.starts[i];
    const { name } = this.#output.field;
    if (types !== 1 || this.#values.definitions[this.#values.starts[i]] < emptyDefinition(this.#parts.values))
      return `the vector of field '${name}' has no type or no values`;
    if (isWhole(this.#values, this.#parts.values, values) && isWhole(this.#indices, this.#parts.indices, indices))
      return undefined;
    return `the vector of field '${name}' contains a null element`;
  }

  /** Makes a row of the batch; answers why it is no vector. */
  #vector(index: number, before: readonly number[], [, sizes, indices, values]: readonly number[]): string | undefined {
    const { field } = this.#output;
    const type = (this.#type.fixed.int32[before[0]] << 24) >> 24;
    if (type === DENSE)
      return values === field.dim ? this.#dense(index, before[3]) : wrongLengthWords(field, field.dim, String(values));
    if (type !== SPARSE) return `the vector of field '${field.name}' is of type ${type}, expected 0 or 1`;
    const size = sizes === 1 ? this.#size.fixed.int32[before[1]] : -1;
    if (size !== field.dim) return wrongLengthWords(field, field.dim, String(size));
    if (indices !== values) return `indices and values length mismatch: ${indices} and ${values}`;
    return this.#sparse(index, before[2], before[3], values);
  }

  #dense(index: number, value: number): string | undefined {
    const { field, buffer } = this.#output;
    const bad = this.#convert(value, field.dim, buffer, index * field.dim);
    return bad < 0 ? undefined : this.#wrongElement(value + bad);
  }

  #sparse(index: number, first: number, value: number, count: number): string | undefined {
    const { field, buffer, width } = this.#output;
    const bytes = elementWidth[this.#rule.to];
    this.#scratch.reserve(count * bytes);
    const bad = this.#convert(value, count, this.#scratch, 0);
    if (bad >= 0) return this.#wrongElement(value + bad);
    buffer.bytes.fill(0, index * width, (index + 1) * width);
    let last = -1;
    for (let i = 0; i < count; i++) {
      const at = this.#indices.fixed.int32[first + i];
      // Spark sorts them.
      if (at <= last || at >= field.dim)
        return `the vector of field '${field.name}' has index ${at} behind ${last}, expected ascending ones below ${field.dim}`;
      last = at;
      const to = index * field.dim + at;
      if (bytes === 4) buffer.float32[to] = this.#scratch.float32[i];
      else buffer.uint16[to] = this.#scratch.uint16[i];
    }
    return undefined;
  }

  #convert(value: number, count: number, target: FixedBuffer, at: number): number {
    return this.#rule.convert?.(this.#values.fixed, value, count, target, at) ?? -1;
  }

  #wrongElement(value: number): string {
    const { leaf, fixed } = this.#values;
    return wrongElementWords(this.#output.field, describeValue(leaf.type, fixed, value));
  }
}
