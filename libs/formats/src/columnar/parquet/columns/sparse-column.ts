import type { Column } from "@sluice/columns";
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
import type { FixedBuffer } from "./fixed-buffer.ts";
import { NestedRows } from "./nested-rows.ts";
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

  constructor(position: number, field: FieldSchema, lists: SparseLists, indices: LeafReader, values: LeafReader) {
    this.fields = [position];
    this.leaves = [indices, values];
    this.#lists = lists;
    this.#indices = new NestedRows(indices);
    this.#values = new NestedRows(values);
    this.#output = new VarOutput(field);
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
      let index = this.#valuesBefore(from);
      let value = 0;
      for (let i = 0; i < count; i++, this.#row++) {
        const indices = this.#length(this.#indices, this.#lists.indices, from + i);
        const values = this.#length(this.#values, this.#lists.values, i);
        if (indices < 0 !== values < 0) throw this.#refuse("indices and values length mismatch: one of them is null");
        if (indices < 0) this.#output.appendNull(this.#row, this.#indices.leaf.at);
        else this.#appendCell(index, indices, value, values);
        index += Math.max(indices, 0);
        value += Math.max(values, 0);
      }
      return count;
    } catch (error) {
      throw this.#indices.leaf.explain(error);
    }
  }

  #valuesBefore(row: number): number {
    const { definitions, starts, leaf } = this.#indices;
    let count = 0;
    for (let k = 0; k < starts[row]; k++) if (definitions[k] === leaf.node.definition) count++;
    return count;
  }

  /** Elements of a row's list; -1 where the struct is null. */
  #length(rows: NestedRows, list: ListNode, i: number): number {
    const { definitions, starts, leaf } = rows;
    const first = definitions[starts[i]];
    if (first < this.#lists.struct.definition) return -1;
    if (first < emptyDefinition(list)) throw this.#refuse(`${list.group.name} is null`);
    if (first === emptyDefinition(list)) return 0;
    for (let k = starts[i]; k < starts[i + 1]; k++) {
      if (definitions[k] !== leaf.node.definition) throw this.#refuse(`${list.group.name} contains a null`);
    }
    return starts[i + 1] - starts[i];
  }

  #appendCell(index: number, indices: number, value: number, values: number): void {
    const indexView = indexes(this.#indices.fixed, this.#indices.leaf.type.kind, index, indices);
    const valueView = this.#values.leaf.type.kind === "float" ? this.#values.fixed.float32 : this.#values.fixed.float64;
    try {
      this.#output.append(encodeSparseCell(indexView, valueView.subarray(value, value + values)));
    } catch (error) {
      throw error instanceof RangeError ? this.#refuse(error.message) : error;
    }
  }

  #refuse(reason: string): Error {
    const { rules } = this.#output;
    return rules.invalid(`field '${rules.field.name}': ${reason}`, this.#row, this.#indices.leaf.at);
  }
}

/** 64-bit indexes become doubles: those that a double cannot hold are out of range anyway. */
function indexes(buffer: FixedBuffer, kind: LeafKind, from: number, count: number): ArrayLike<number> {
  if (kind === "int32") return buffer.int32.subarray(from, from + count);
  if (kind === "uint32") return buffer.uint32.subarray(from, from + count);
  return Float64Array.from({ length: count }, (_, i) => Number(buffer.int64[from + i]));
}
