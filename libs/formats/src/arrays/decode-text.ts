import { type Column, type VarColumn, varValue } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { BytesSink } from "@sluice/parquet";
import { type CollectionSchema, DataType, type FieldSchema, fixedWidth } from "@sluice/schema";
import { integerCell, isIntegerField } from "../coercions.ts";
import { appendTextCell } from "../numbers/array-cells.ts";
import type { DynamicColumn } from "../plan/dynamic-column.ts";
import type { RowRejects } from "../row-rejects.ts";
import { cellOfText } from "../text-cells.ts";
import { lengthCheck, type RefuseText, type TextCheck, textChecks, utf8Check } from "../text-checks.ts";
import { type ArrayColumn, invalidValue } from "./array-column.ts";
import { type ColumnDecoder, swapBytes } from "./decode-numbers.ts";

const MAX_CODE_POINT = 0x10ffff;

/**
 * A decoder for the fields whose values are text in an array: `U` (UTF-32, padded with NUL) and `S` (bytes up to the first
 * NUL, UTF-8).
 */
export function textDecoder(
  column: ArrayColumn,
  schema: CollectionSchema,
  dynamic: DynamicColumn,
  rejects: RowRejects,
): ColumnDecoder {
  const texts = new TextBuffer(column, rejects);
  const finish = finishOf(column, schema, dynamic);
  return (raw, rows, firstRow) => {
    const refuse = (index: number, reason: string, name?: string) => {
      const row = firstRow + Math.floor(index / column.rowItems);
      rejects.add(row, invalidText(column, row, reason, name));
    };
    return finish(texts.decode(raw, rows, firstRow), rows, refuse);
  };
}

/** The texts of all items of the rows, valid until the next call; one that is no text is refused. */
export function textsOf(
  column: ArrayColumn,
  rejects: RowRejects,
): (raw: Uint8Array, rows: number, firstRow: number) => VarColumn {
  const texts = new TextBuffer(column, rejects);
  return (raw, rows, firstRow) => texts.decode(raw, rows, firstRow);
}

function finishOf(column: ArrayColumn, schema: CollectionSchema, dynamic: DynamicColumn): FinishTexts {
  const { field } = column;
  if (field.dataType === DataType.Array) return arrayColumn(column);
  const isParsed = field.dataType === DataType.Geometry || field.dataType === DataType.Timestamptz;
  if (isIntegerField(field)) return parsedColumn(field, integerCell(field));
  return isParsed ? parsedColumn(field, cellOfText(schema, field)) : checkedColumn(textChecks(field, dynamic));
}

/** Cells of arrays that are all equally long. */
function arrayColumn({ field, rowItems }: ArrayColumn): FinishTexts {
  const check = field.maxLength > 0 ? lengthCheck(field) : undefined;
  const cells = new BytesSink();
  return (texts, rows, refuse) => {
    check?.(texts, 0, rows * rowItems, refuse);
    cells.clear();
    for (let row = 0; row < rows; row++) appendTextCell(texts, row * rowItems, (row + 1) * rowItems, cells);
    return { kind: "var", offsets: cells.offsets, data: cells.data, validity: undefined };
  };
}

function invalidText(column: ArrayColumn, row: number, reason: string, field = column.field.name): ImportError {
  const { code, at } = invalidValue(column, row, reason);
  return new ImportError(code, reason, { ...at, field });
}

type FinishTexts = (texts: VarColumn, rows: number, refuse: RefuseText) => Column;

function checkedColumn([, ...checks]: readonly TextCheck[]): FinishTexts {
  // The first check, of UTF-8, is part of the decoding.
  return (texts, rows, refuse) => {
    for (const check of checks) check(texts, 0, rows, refuse);
    return texts;
  };
}

function parsedColumn(field: FieldSchema, parse: (text: Uint8Array) => Uint8Array): FinishTexts {
  const width = fixedWidth(field);
  const cells = new BytesSink();
  const none = new Uint8Array(width);
  return (texts, rows, refuse) => {
    cells.clear();
    for (let row = 0; row < rows; row++) {
      const cell = parsed(texts, row, parse, refuse) ?? none;
      cells.append(cell, 0, cell.length);
    }
    const { data, offsets } = cells;
    return width > 0
      ? { kind: "fixed", width, data, validity: undefined }
      : { kind: "var", offsets, data, validity: undefined };
  };
}

/** A value that its text gives; undefined when it is refused. */
function parsed<T>(texts: VarColumn, row: number, parse: (text: Uint8Array) => T, refuse: RefuseText): T | undefined {
  try {
    return parse(varValue(texts, row));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    refuse(row, error.message);
    return undefined;
  }
}

/** UTF-8 of a batch, in memory that is used again for the next one. */
class TextBuffer {
  readonly #column: ArrayColumn;
  readonly #rejects: RowRejects;
  readonly #isUtf8: TextCheck;
  #data = new Uint8Array(0);
  #offsets = new Uint32Array(1);

  constructor(column: ArrayColumn, rejects: RowRejects) {
    this.#column = column;
    this.#rejects = rejects;
    this.#isUtf8 = utf8Check(column.field.name);
  }

  /** All texts of the rows, one after the other. */
  decode(raw: Uint8Array, rows: number, firstRow: number): VarColumn {
    const { dtype, rowBytes, rowItems } = this.#column;
    const count = rows * rowItems;
    // UTF-8 takes at most four bytes a character, as UTF-32 always does.
    if (this.#data.length < rows * rowBytes) this.#data = new Uint8Array(rows * rowBytes);
    if (this.#offsets.length !== count + 1) this.#offsets = new Uint32Array(count + 1);
    if (dtype.code === "U") this.#decodeUtf32(raw, count, firstRow);
    else this.#copyBytes(raw, count, firstRow);
    return { kind: "var", offsets: this.#offsets, data: this.#data, validity: undefined };
  }

  #decodeUtf32(raw: Uint8Array, count: number, firstRow: number): void {
    const { dtype } = this.#column;
    if (dtype.bigEndian) swapBytes(raw.subarray(0, count * dtype.itemBytes), 4);
    const length = dtype.itemBytes / 4;
    const codePoints = new Uint32Array(raw.buffer, raw.byteOffset, count * length);
    let at = 0;
    for (let i = 0; i < count; i++) {
      const start = i * length;
      const written = writeUtf8(codePoints, start, textEnd(codePoints, start, start + length), this.#data, at);
      if (written < 0) this.#refuse(firstRow, i, `code point 0x${codePoints[~written].toString(16)}`);
      else at = written;
      this.#offsets[i + 1] = at;
    }
  }

  #copyBytes(raw: Uint8Array, count: number, firstRow: number): void {
    const length = this.#column.dtype.itemBytes;
    const data = this.#data;
    let at = 0;
    let seen = 0;
    for (let item = 0; item < count; item++) {
      const end = (item + 1) * length;
      for (let i = item * length; i < end && raw[i] !== 0; i++) {
        seen |= raw[i];
        data[at++] = raw[i];
      }
      this.#offsets[item + 1] = at;
    }
    if (seen < 0x80) return;
    this.#isUtf8({ data, offsets: this.#offsets }, 0, count, (index, reason) => this.#reject(firstRow, index, reason));
  }

  #refuse(firstRow: number, index: number, value: string): void {
    this.#reject(firstRow, index, `field '${this.#column.field.name}' contains invalid UTF-8 data, value=${value}`);
  }

  #reject(firstRow: number, index: number, reason: string): void {
    const { rowItems } = this.#column;
    const row = firstRow + Math.floor(index / rowItems);
    this.#rejects.add(row, invalidValue(this.#column, row, reason, index % rowItems));
  }
}

/** End of a text: behind its last character that is not NUL. */
function textEnd(codePoints: Uint32Array, start: number, end: number): number {
  while (end > start && codePoints[end - 1] === 0) end--;
  return end;
}

/** Writes code points as UTF-8; returns the end, or `~i` where `codePoints[i]` is no character. */
function writeUtf8(codePoints: Uint32Array, start: number, end: number, target: Uint8Array, at: number): number {
  for (let i = start; i < end; i++) {
    const point = codePoints[i];
    if (point < 0x80) target[at++] = point;
    else if (point < 0x800) {
      target[at++] = 0xc0 | (point >>> 6);
      target[at++] = 0x80 | (point & 0x3f);
    } else if (point < 0x10000) {
      if (point >= 0xd800 && point <= 0xdfff) return ~i;
      target[at++] = 0xe0 | (point >>> 12);
      target[at++] = 0x80 | ((point >>> 6) & 0x3f);
      target[at++] = 0x80 | (point & 0x3f);
    } else {
      if (point > MAX_CODE_POINT) return ~i;
      target[at++] = 0xf0 | (point >>> 18);
      target[at++] = 0x80 | ((point >>> 12) & 0x3f);
      target[at++] = 0x80 | ((point >>> 6) & 0x3f);
      target[at++] = 0x80 | (point & 0x3f);
    }
  }
  return at;
}
