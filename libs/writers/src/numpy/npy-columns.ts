import type { Column, FixedColumn } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { DataType, type FieldSchema, isDenseVector, vectorBytes } from "@sluice/schema";
import { isText, textColumn } from "../text-columns.ts";
import { npyHeader } from "./npy-file.ts";

/** Rows of one field on their way into a .npy file. */
export interface NpyColumn {
  readonly sizeBytes: number;
  /** The first `rowCount` rows; numbers are borrowed until the file is written. */
  append(column: Column, rowCount: number): void;
  /** The pieces of the file, its header first. */
  finish(): Uint8Array[];
}

/** Of text what was appended is measured first: a .npy file has texts of one width. */
export function npyColumn(field: FieldSchema): NpyColumn {
  return isText(field) ? new TextArray(field) : new NumberArray(field);
}

/** Values of one width, as they lie in memory. */
class NumberArray implements NpyColumn {
  readonly #field: FieldSchema;
  readonly #pieces: Uint8Array[] = [];
  #rowCount = 0;
  sizeBytes = 0;

  constructor(field: FieldSchema) {
    this.#field = field;
  }

  append(column: Column, rowCount: number): void {
    const { data, width } = column as FixedColumn;
    this.#pieces.push(data.subarray(0, rowCount * width));
    this.#rowCount += rowCount;
    this.sizeBytes += rowCount * width;
  }

  finish(): Uint8Array[] {
    const { dataType, dim } = this.#field;
    const { descr, items } = arrayType(dataType, dim);
    const shape = items === undefined ? [this.#rowCount] : [this.#rowCount, items];
    return [npyHeader(descr, shape), ...this.#pieces];
  }
}

/** NumPy's type of a field's values, and of vectors how many it has a row, as pymilvus's bulk writer has them. */
function arrayType(type: DataType, dim: number): { readonly descr: string; readonly items?: number } {
  if (type === DataType.FloatVector) return { descr: "<f4", items: dim };
  if (type === DataType.Int8Vector) return { descr: "|i1", items: dim };
  if (isDenseVector(type)) return { descr: "|u1", items: vectorBytes(type, dim) };
  const descr = scalarTypes[type];
  if (descr === undefined) throw new RangeError(`NumPy has no array for data type ${type}`);
  return { descr };
}

const scalarTypes: Readonly<Partial<Record<DataType, string>>> = {
  [DataType.Bool]: "|b1",
  [DataType.Int8]: "|i1",
  [DataType.Int16]: "<i2",
  [DataType.Int32]: "<i4",
  [DataType.Int64]: "<i8",
  [DataType.Float]: "<f4",
  [DataType.Double]: "<f8",
};

/** Texts as NumPy has them: all as long as the longest, four bytes a character. */
class TextArray implements NpyColumn {
  readonly #field: FieldSchema;
  readonly #texts: string[] = [];
  #longest = 1;
  #bytes = 0;

  constructor(field: FieldSchema) {
    this.#field = field;
  }

  get sizeBytes(): number {
    // Held twice when it is written.
    return this.#bytes + 4 * this.#longest * this.#texts.length;
  }

  append(column: Column, rowCount: number): void {
    const { data, offsets } = textColumn(this.#field, column, rowCount);
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    for (let row = 0; row < rowCount; row++) this.#add(bytes.toString("utf8", offsets[row], offsets[row + 1]));
  }

  #add(text: string): void {
    if (text.endsWith("\0")) throw endsInNul(this.#field.name);
    this.#longest = Math.max(this.#longest, text.length);
    this.#bytes += 2 * text.length;
    this.#texts.push(text);
  }

  finish(): Uint8Array[] {
    const words = new Uint32Array(this.#longest * this.#texts.length);
    for (const [row, text] of this.#texts.entries()) {
      let at = row * this.#longest;
      for (const character of text) words[at++] = character.codePointAt(0) as number;
    }
    return [npyHeader(`<U${this.#longest}`, [this.#texts.length]), new Uint8Array(words.buffer)];
  }
}

function endsInNul(field: string): ImportError {
  const reason = "a text ends in a NUL character, which NumPy takes for the end: export parquet or jsonl";
  return new ImportError("value_invalid", reason, { field });
}
