import { ImportError } from "@sluice/errors";
import { emptyDefinition, type LeafReader, type ListNode } from "@sluice/parquet";
import { DataType, dataTypeName, type StructSchema, vectorBytes } from "@sluice/schema";
import { encodeVectorArrayCell } from "@sluice/values";
import { type ElementType, elementWidth } from "../../../numbers/element-type.ts";
import { type ElementRule, finiteCheck } from "../../../numbers/elements.ts";
import { nullRefused } from "../../../plan/refusals.ts";
import { ElementValues } from "./element-values.ts";
import { NestedRows } from "./nested-rows.ts";
import type { ReadContext } from "./read-context.ts";
import { VarOutput } from "./var-output.ts";

/** How one member of a struct array is read. */
export interface StructMember {
  /** Position of `struct[member]` in `schema.fields`. */
  readonly position: number;
  readonly leaf: LeafReader;
  /** Of the leaf's values; undefined for text. */
  readonly rule: ElementRule | undefined;
  /** The list that holds the elements of one vector; undefined where a vector is one value, and for scalars. */
  readonly vector: ListNode | undefined;
  /** Check of finished vectors that come as bytes. */
  readonly vectorCheck: ElementType | undefined;
}

const EMPTY = new Uint8Array(0);
/** Length of a list whose row is rejected. */
export const REFUSED = -2;

/** Cells of one member. */
export class MemberCells {
  readonly rows: NestedRows;
  readonly output: VarOutput;
  /** Entries that one element of the list takes. */
  readonly entriesPerElement: number;
  readonly #member: StructMember;
  readonly #values: ElementValues;
  /** Definition level from which on the struct itself is not null. */
  readonly #structLevel: number;
  /** Bytes of a vector; 0 for scalars. */
  readonly #vectorBytes: number;

  constructor(member: StructMember, list: ListNode, { schema, rejects }: ReadContext) {
    const field = schema.fields[member.position];
    this.#member = member;
    this.rows = new NestedRows(member.leaf);
    this.output = new VarOutput(field, rejects);
    this.#values = new ElementValues(this.rows, field, member.rule);
    this.#structLevel = list.element.definition;
    this.#vectorBytes = field.dataType === DataType.ArrayOfVector ? vectorBytes(field.elementType, field.dim) : 0;
    const width = member.rule ? elementWidth[member.rule.to] : 1;
    this.entriesPerElement = member.vector ? this.#vectorBytes / width : 1;
  }

  /** Makes cells of the rows that were read; answers the lengths of their lists, -1 for null, `REFUSED` for rejected rows. */
  append(firstRow: number, count: number, list: ListNode, struct: StructSchema): number[] {
    const { starts, leaf } = this.rows;
    const lengths: number[] = [];
    const bad = this.#values.convert();
    let value = 0;
    try {
      for (let i = 0; i < count; i++) {
        const row = firstRow + i;
        const values = this.rows.valuesOf(i);
        const reason = bad.reasonBefore(value + values);
        const { rejects } = this.output.rules;
        try {
          const length = this.#length(starts[i], starts[i + 1], list, row, struct);
          if (reason !== undefined) throw this.#invalid(reason, row);
          if (length < 0) this.#appendNull(row, struct);
          else this.#appendCell(value, value + values, row);
          lengths.push(length);
        } catch (error) {
          if (!(error instanceof ImportError)) throw error;
          rejects.add(row, error);
          this.output.append(EMPTY);
          lengths.push(REFUSED);
        }
        value += values;
      }
    } catch (error) {
      throw leaf.explain(error);
    }
    return lengths;
  }

  #appendNull(row: number, struct: StructSchema): void {
    if (this.output.rules.standIn === undefined) throw this.#invalid(nullRefused(struct.name), row, struct.name);
    this.output.appendNull(row, this.rows.leaf.at);
  }

  #appendCell(from: number, to: number, row: number): void {
    const { output } = this;
    const { field } = output.rules;
    if (this.#vectorBytes === 0) this.#values.appendCell(from, to, output.cells);
    else {
      const width = this.#member.vector ? elementWidth[this.#member.rule!.to] : this.#vectorBytes;
      const vectors = this.#values.elements.bytes.subarray(from * width, to * width);
      this.#checkVectors((from * width) / elementWidth[this.#member.vectorCheck ?? "uint8"], vectors.length, row);
      const cell = encodeVectorArrayCell(field.elementType, field.dim, vectors);
      output.cells.append(cell, 0, cell.length);
    }
    output.markValues(output.rows - 1);
  }

  /** Vectors that come as bytes. */
  #checkVectors(at: number, bytes: number, row: number): void {
    const type = this.#member.vectorCheck;
    const check = type && finiteCheck(type);
    if (!check || check(this.#values.elements, at, bytes / elementWidth[type]) < 0) return;
    throw this.#invalid(`the vectors of field '${this.output.rules.field.name}' hold NaN or infinity`, row);
  }

  /** Elements of the list at entries `[from, to)`; -1 where it is null. @throws {ImportError} for nulls inside of it */
  #length(from: number, to: number, list: ListNode, row: number, struct: StructSchema): number {
    const { definitions, leaf } = this.rows;
    const first = definitions[from];
    const empty = emptyDefinition(list);
    if (first < empty) return -1;
    if (first === empty) return 0;
    for (let k = from; k < to; k++) {
      if (definitions[k] === leaf.node.definition) continue;
      const what =
        definitions[k] < this.#structLevel ? `struct array '${struct.name}'` : `'${this.output.rules.field.name}'`;
      if (this.#isEmptyVector(definitions[k])) throw this.#wrongLength(0, row);
      throw this.#invalid(`array element is not allowed to be null value for ${what}`, row);
    }
    const length = this.#member.vector ? this.#countVectors(from, to, row) : to - from;
    if (struct.maxCapacity > 0 && length > struct.maxCapacity) {
      throw this.#invalid(
        `array capacity(${length}) for field ${struct.name} exceeds max_capacity(${struct.maxCapacity})`,
        row,
        struct.name,
      );
    }
    return length;
  }

  #isEmptyVector(definition: number): boolean {
    return this.#member.vector !== undefined && definition === emptyDefinition(this.#member.vector);
  }

  /** Vectors start where the repetition level falls below that of their own list; each has all its elements. */
  #countVectors(from: number, to: number, row: number): number {
    const { repetitions } = this.rows;
    const inner = this.#member.vector!.repeated.repetition;
    const perVector = this.entriesPerElement;
    let start = from;
    for (let k = from + 1; k <= to; k++) {
      if (k < to && repetitions[k] >= inner) continue;
      if (k - start !== perVector) throw this.#wrongLength(k - start, row);
      start = k;
    }
    return (to - from) / perVector;
  }

  #wrongLength(found: number, row: number): ImportError {
    const { field } = this.output.rules;
    const reason = `length of vector is not aligned: expected ${this.entriesPerElement} but got ${found}, data type: ${dataTypeName(field.elementType)}`;
    return this.#invalid(`${reason}, in field '${field.name}'`, row);
  }

  #invalid(reason: string, row: number, name?: string): ImportError {
    return this.output.rules.invalid(reason, row, this.rows.leaf.at, name);
  }
}
