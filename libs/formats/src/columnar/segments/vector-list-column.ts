import type { LeafReader, ListNode } from "@sluice/parquet";
import { type FieldSchema, vectorBytes } from "@sluice/schema";
import { encodeVectorArrayCell } from "@sluice/values";
import { type ElementType, elementWidth } from "../../numbers/element-type.ts";
import { finiteCheck } from "../../numbers/elements.ts";
import { ListColumn } from "../parquet/columns/list-column.ts";
import type { ReadContext } from "../parquet/columns/read-context.ts";
import { vectorElement } from "../parquet/type-rules.ts";

const STEP = { rows: 256, entries: 1 << 14 };

/** Vectors of a struct array as Milvus stores them: a list of byte arrays, each a vector. */
export class VectorListColumn extends ListColumn {
  readonly #element: ElementType;
  /** Bytes of a vector. */
  readonly #width: number;

  /** @param leaf of values that are as long as a vector of the field */
  constructor(position: number, field: FieldSchema, leaf: LeafReader, list: ListNode, context: ReadContext) {
    super(position, field, leaf, list, STEP, context);
    this.#element = vectorElement(field.elementType);
    this.#width = vectorBytes(field.elementType, field.dim);
  }

  protected convert(): void {
    // They are vectors as they lie.
  }

  protected refusalOf(from: number, to: number): string | undefined {
    const perVector = this.#width / elementWidth[this.#element];
    const check = finiteCheck(this.#element);
    const bad = check?.(this.rows.fixed, from * perVector, (to - from) * perVector) ?? -1;
    return bad < 0 ? undefined : `the vectors of field '${this.field.name}' hold NaN or infinity`;
  }

  protected appendCell(from: number, to: number): void {
    const { elementType, dim } = this.field;
    const vectors = this.rows.fixed.bytes.subarray(from * this.#width, to * this.#width);
    const cell = encodeVectorArrayCell(elementType, dim, vectors);
    this.output.cells.append(cell, 0, cell.length);
  }
}
