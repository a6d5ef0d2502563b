import type { Column, FixedBuffer } from "@sluice/columns";
import {
  emptyDefinition,
  type LeafKind,
  type LeafReader,
  type ListNode,
  type RowGroupInfo,
  type SchemaNode,
} from "@sluice/parquet";
import type { FieldSchema } from "@sluice/schema";
import { encodeSparseCell } from "@sluice/values";
import type { ColumnReader } from "./column-reader.ts";
import { NestedRows } from "./nested-rows.ts";
import type { ReadContext } from "./read-context.ts";
import { VarOutput } from "./var-output.ts";

const STEP_ROWS = 1024;
const STEP_ENTRIES = 1 << 16;

/** The two lists of a sparse vector that comes as a struct. */
export interface SparseLists {
  readonly struct: SchemaNode;
  readonly indices: ListNode;
  readonly values: ListNode;
}

/** Sparse vectors as struct{indices: list of integers, values: list of floats}. */
export class SparseStructColumn implements ColumnReader {
  readonly fields: readonly number[];
  readonly leaves: readonly LeafReader[];
  readonly mayStop = true;
  readonly #lists: SparseLists;
  readonly #indices: NestedRows;
  readonly #values: NestedRows;
  readonly #output: VarOutput;
  #row = 0;

  constructor(
    position: number,
    field: FieldSchema,
    lists: SparseLists,
    indices: LeafReader,
    values: LeafReader,
    { rejects }: ReadContext,
  ) {
    this.fields = [position];
    this.leaves = [indices, values];
    this.#lists = lists;
    this.#indices = new NestedRows(indices);
    this.#values = new NestedRows(values);
    this.#output = new VarOutput(field, rejects);
  }

  begin(group: RowGroupInfo): void {
    this.#row = group.firstRow;
    this.#indices.begin();
    this.#values.begin();
  }

  async fill(rows: number, softBytes: number): Promise<number> {
    this.#output.begin(softBytes);
    while (this.#output.rows < rows && !this.#output.cells.isFull) {
      const step = Math.min(rows - this.#output.rows, STEP_ROWS);
      const count = await this.#indices.read(step, STEP_ENTRIES, this.#row);
      for (let done = 0; done < count; ) done += await this.#appendRows(done, count);
    }
    return Math.min(rows, this.#output.rows);
  }

  take(rows: number): readonly Column[] {
    return [this.#output.take(rows)];
  }

  async finish(): Promise<void> {
    await this.#indices.checkEnd();
    await this.#values.checkEnd();
  }

  /** Reads values for rows from `from` on of the indices, and appends their cells. */
  async #appendRows(from: number, to: number): Promise<number> {
    const count = await this.#values.read(to - from, STEP_ENTRIES, this.#row);
    try {
      let index = 0;
      for (let i = 0; i < from; i++) index += this.#indices.valuesOf(i);
      let value = 0;
      for (let i = 0; i < count; i++, this.#row++) {
        const indices = this.#indices.valuesOf(from + i);
        const values = this.#values.valuesOf(i);
        this.#appendRow(from + i, i, () => this.#cell(index, indices, value, values));
        index += indices;
        value += values;
      }
      return count;
    } catch (error) {
      throw this.#indices.leaf.explain(error);
    }
  }

  /** @param i row of the indices @param k the same row, of the values */
  #appendRow(i: number, k: number, cell: () => Uint8Array): void {
    try {
      const hasIndices = this.#isList(this.#indices, this.#lists.indices, i);
      if (hasIndices !== this.#isList(this.#values, this.#lists.values, k))
        throw new RangeError("indices and values length mismatch: one of them is null");
      if (hasIndices) this.#output.append(cell());
      else this.#output.appendNull(this.#row, this.#indices.leaf.at);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const { rules } = this.#output;
      rules.refuse(`field '${rules.field.name}': ${error.message}`, this.#row, this.#indices.leaf.at);
      this.#output.append(EMPTY);
    }
  }

  /** Whether a row has the list; false where the struct is null. @throws {RangeError} for a list that is null or holds one */
  #isList(rows: NestedRows, list: ListNode, i: number): boolean {
    const { definitions, starts } = rows;
    const first = definitions[starts[i]];
    if (first < this.#lists.struct.definition) return false;
    if (first < emptyDefinition(list)) throw new RangeError(`${list.group.name} is null`);
    if (first !== emptyDefinition(list) && rows.valuesOf(i) < starts[i + 1] - starts[i])
      throw new RangeError(`${list.group.name} contains a null`);
    return true;
  }

  #cell(index: number, indices: number, value: number, values: number): Uint8Array {
    const indexView = indexes(this.#indices.fixed, this.#indices.leaf.type.kind, index, indices);
    const valueView = this.#values.leaf.type.kind === "float" ? this.#values.fixed.float32 : this.#values.fixed.float64;
    return encodeSparseCell(indexView, valueView.subarray(value, value + values));
  }
}

const EMPTY = new Uint8Array(0);

/** 64-bit indexes become doubles: those that a double cannot hold are out of range anyway. */
function indexes(buffer: FixedBuffer, kind: LeafKind, from: number, count: number): ArrayLike<number> {
  if (kind === "int32") return buffer.int32.subarray(from, from + count);
  if (kind === "uint32") return buffer.uint32.subarray(from, from + count);
  return Float64Array.from({ length: count }, (_, i) => Number(buffer.int64[from + i]));
}
