import { type Column, type FixedColumn, isNull, takeRows, type VarColumn } from "@sluice/columns";
import { type FieldSchema, fixedWidth } from "@sluice/schema";
import { IntegerCodes } from "./integer-codes.ts";
import { TextCodes } from "./text-codes.ts";

/** The groups that rows fall into by their values of some fields, numbered from 0 in the order in which they come. Nulls are equal. */
export class GroupKeys {
  readonly #keys: readonly KeyCodes[];
  /** Of each key but the first: the pairs of a group by the keys before it, and the key's code. */
  readonly #pairs: readonly IntegerCodes[];

  /** @param fields integers, Timestamptz and texts; none: all rows are one group */
  constructor(fields: readonly FieldSchema[]) {
    this.#keys = fields.map((field) => new KeyCodes(field));
    this.#pairs = fields.slice(1).map(() => new IntegerCodes());
  }

  /** Groups so far; always 1 without keys. */
  get count(): number {
    if (this.#keys.length === 0) return 1;
    return this.#pairs.at(-1)?.count ?? this.#keys[0].count;
  }

  /** Of all tables, room that is free included. */
  get usedBytes(): number {
    return [...this.#keys, ...this.#pairs].reduce((sum, { usedBytes }) => sum + usedBytes, 0);
  }

  /** The group of each of some rows. @param columns parallel to the fields */
  groupsOf(columns: readonly Column[], rows: Uint32Array): Uint32Array {
    const groups = new Uint32Array(rows.length);
    for (const [k, key] of this.#keys.entries()) {
      const codes = key.codesOf(columns[k], rows);
      if (k === 0) groups.set(codes);
      else for (let i = 0; i < rows.length; i++) groups[i] = this.#pairs[k - 1].codeOf(groups[i], codes[i]);
    }
    return groups;
  }

  /** Each key's value by group. */
  columns(): Column[] {
    let groups = Uint32Array.from({ length: this.count }, (_, group) => group);
    const columns: Column[] = [];
    for (let k = this.#keys.length - 1; k > 0; k--) {
      const pairs = this.#pairs[k - 1];
      columns.unshift(this.#keys[k].column(groups.map((group) => pairs.highOf(group))));
      groups = groups.map((group) => pairs.lowOf(group));
    }
    if (this.#keys.length > 0) columns.unshift(this.#keys[0].column(groups));
    return columns;
  }
}

/** The distinct values of one key. */
class KeyCodes {
  readonly #width: number;
  readonly #codes: IntegerCodes | TextCodes;
  #nullCode = -1;

  constructor(field: FieldSchema) {
    this.#width = fixedWidth(field);
    this.#codes = this.#width > 0 ? new IntegerCodes() : new TextCodes();
  }

  get count(): number {
    return this.#codes.count;
  }

  get usedBytes(): number {
    return this.#codes.usedBytes;
  }

  codesOf(column: Column, rows: Uint32Array): Uint32Array {
    const codes = new Uint32Array(rows.length);
    const codeOf = this.#coder(column);
    for (let i = 0; i < rows.length; i++) codes[i] = isNull(column, rows[i]) ? this.#codeOfNull() : codeOf(rows[i]);
    return codes;
  }

  /** The values of some codes. */
  column(codes: Uint32Array): Column {
    const values = this.#codes instanceof TextCodes ? this.#codes.column() : this.#codes.column(this.#width);
    const taken = takeRows(values, codes);
    if (this.#nullCode < 0) return taken;
    return { ...taken, validity: Uint8Array.from(codes, (code) => Number(code !== this.#nullCode)) };
  }

  #codeOfNull(): number {
    if (this.#nullCode < 0) this.#nullCode = this.#codes.reserve();
    return this.#nullCode;
  }

  #coder(column: Column): (row: number) => number {
    const codes = this.#codes;
    if (codes instanceof TextCodes) {
      const { data, offsets } = column as VarColumn;
      return (row) => codes.codeOf(data, offsets[row], offsets[row + 1]);
    }
    const { low, high } = wordsOf(column as FixedColumn);
    return (row) => codes.codeOf(low(row), high(row));
  }
}

/** The words of integers of any width, as int32. */
export function wordsOf({ width, data }: FixedColumn): Record<"low" | "high", (row: number) => number> {
  const { buffer, byteOffset, byteLength } = data;
  if (width === 8) {
    const words = new Int32Array(buffer, byteOffset, byteLength >>> 2);
    return { low: (row) => words[2 * row], high: (row) => words[2 * row + 1] };
  }
  const words = narrow(width, data);
  return { low: (row) => words[row], high: (row) => words[row] >> 31 };
}

function narrow(width: number, { buffer, byteOffset, byteLength }: Uint8Array): Int8Array | Int16Array | Int32Array {
  if (width === 1) return new Int8Array(buffer, byteOffset, byteLength);
  if (width === 2) return new Int16Array(buffer, byteOffset, byteLength >>> 1);
  return new Int32Array(buffer, byteOffset, byteLength >>> 2);
}
