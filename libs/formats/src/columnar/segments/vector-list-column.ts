import type { Column } from "@sluice/columns";
import { emptyDefinition, type LeafReader, type ListNode, type RowGroupInfo } from "@sluice/parquet";
import { type FieldSchema, vectorBytes } from "@sluice/schema";
import { encodeVectorArrayCell } from "@sluice/values";
import { elementWidth } from "../../numbers/element-type.ts";
import { finiteCheck } from "../../numbers/elements.ts";
import type { ColumnReader } from "../parquet/columns/column-reader.ts";
import { NestedRows } from "../parquet/columns/nested-rows.ts";
import type { ReadContext } from "../parquet/columns/read-context.ts";
import { VarOutput } from "../parquet/columns/var-output.ts";
import { vectorElement } from "../parquet/type-rules.ts";

/** Rows and vectors that are held at a time before they become cells. */
const STEP_ROWS = 256;
const STEP_VECTORS = 1 << 14;

/** Vectors of a struct array as Milvus stores them: a list of byte arrays, each a vector. */
export class VectorListColumn implements ColumnReader {
  readonly fields: readonly number[];
  readonly leaves: readonly LeafReader[];
  readonly mayStop = true;
  readonly #field: FieldSchema;
  readonly #empty: number;
  readonly #rows: NestedRows;
  readonly #output: VarOutput;
  /** Bytes of a vector. */
  readonly #width: number;
  /** Row of the segment that is read next. */
  #row = 0;

  /** @param leaf of values that are as long as a vector of the field */
  constructor(position: number, field: FieldSchema, leaf: LeafReader, list: ListNode, { rejects }: ReadContext) {
    this.fields = [position];
    this.leaves = [leaf];
    this.#field = field;
    this.#empty = emptyDefinition(list);
    this.#rows = new NestedRows(leaf);
    this.#output = new VarOutput(field, rejects);
    this.#width = vectorBytes(field.elementType, field.dim);
  }

  begin(group: RowGroupInfo): void {
    this.#row = group.firstRow;
    this.#rows.begin();
  }

  async fill(rows: number, softBytes: number): Promise<number> {
    this.#output.begin(softBytes);
    while (this.#output.rows < rows && !this.#output.cells.isFull) {
      await this.#rows.read(Math.min(rows - this.#output.rows, STEP_ROWS), STEP_VECTORS, this.#row);
      this.#append();
    }
    return Math.min(rows, this.#output.rows);
  }

  take(rows: number): readonly Column[] {
    return [this.#output.take(rows)];
  }

  finish(): Promise<void> {
    return this.#rows.checkEnd();
  }

  #append(): void {
    const { starts, definitions, rows, leaf } = this.#rows;
    let vector = 0;
    for (let i = 0; i < rows; i++, this.#row++) {
      const count = this.#rows.valuesOf(i);
      if (definitions[starts[i]] < this.#empty) this.#output.appendNull(this.#row, leaf.at);
      else this.#appendCell(i, vector, count);
      vector += count;
    }
  }

  #appendCell(i: number, from: number, count: number): void {
    const refusal = this.#refusalOf(i, from, count);
    if (refusal !== undefined) this.#output.rules.refuse(refusal, this.#row, this.#rows.leaf.at);
    const vectors = this.#rows.fixed.bytes.subarray(from * this.#width, (from + count) * this.#width);
    this.#output.append(encodeVectorArrayCell(this.#field.elementType, this.#field.dim, vectors));
  }

  #refusalOf(i: number, from: number, count: number): string | undefined {
    const { starts, definitions, fixed } = this.#rows;
    const { name, maxCapacity, elementType } = this.#field;
    const isEmpty = definitions[starts[i]] === this.#empty;
    if (!isEmpty && count < starts[i + 1] - starts[i])
      return `array element is not allowed to be null value for field '${name}'`;
    if (maxCapacity > 0 && count > maxCapacity)
      return `array capacity(${count}) for field ${name} exceeds max_capacity(${maxCapacity})`;
    const element = vectorElement(elementType);
    const perVector = this.#width / elementWidth[element];
    const bad = finiteCheck(element)?.(fixed, from * perVector, count * perVector) ?? -1;
    return bad < 0 ? undefined : `the vectors of field '${name}' hold NaN or infinity`;
  }
}
