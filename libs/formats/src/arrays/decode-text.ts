import { isUtf8 } from "node:buffer";
import { type VarColumn, varValue } from "@sluice/columns";
import { excerpt, excerptOfBytes } from "@sluice/errors";
import { DataType, type FieldSchema } from "@sluice/schema";
import {
  describeJsonError,
  dropRepeatedKeys,
  findJsonError,
  jsonTypeAt,
  parseTimestamptz,
  wktToWkb,
} from "@sluice/values";
import { invalidValue, type NpyColumn } from "./array-column.ts";
import { type ColumnDecoder, swapBytes } from "./decode-numbers.ts";

const MAX_CODE_POINT = 0x10ffff;

/**
 * A decoder for the fields whose values are text in a NumPy file: `U` (UTF-32, padded with NUL) and `S` (bytes up to the
 * first NUL, UTF-8).
 * @param zone of times without offset
 */
export function textDecoder(column: NpyColumn, zone: string): ColumnDecoder {
  const texts = new TextBuffer(column);
  const { field } = column;
  switch (field.dataType) {
    case DataType.JSON:
      return (raw, rows, firstRow) => checkJson(column, texts.decode(raw, rows, firstRow), rows, firstRow);
    case DataType.Geometry:
      return (raw, rows, firstRow) => geometries(column, texts.decode(raw, rows, firstRow), rows, firstRow);
    case DataType.Timestamptz:
      return (raw, rows, firstRow) => times(column, texts.decode(raw, rows, firstRow), rows, firstRow, zone);
    default:
      return (raw, rows, firstRow) => checkLengths(column, texts.decode(raw, rows, firstRow), rows, firstRow);
  }
}

/** UTF-8 of a batch, in memory that is used again for the next one. */
class TextBuffer {
  readonly #column: NpyColumn;
  #data = new Uint8Array(0);
  #offsets = new Uint32Array(1);

  constructor(column: NpyColumn) {
    this.#column = column;
  }

  decode(raw: Uint8Array, rows: number, firstRow: number): VarColumn {
    const { dtype, rowBytes } = this.#column;
    // UTF-8 takes at most four bytes a character, as UTF-32 always does.
    if (this.#data.length < rows * rowBytes) this.#data = new Uint8Array(rows * rowBytes);
    if (this.#offsets.length !== rows + 1) this.#offsets = new Uint32Array(rows + 1);
    if (dtype.code === "U") this.#decodeUtf32(raw, rows, firstRow);
    else this.#copyBytes(raw, rows, firstRow);
    return { kind: "var", offsets: this.#offsets, data: this.#data, validity: undefined };
  }

  #decodeUtf32(raw: Uint8Array, rows: number, firstRow: number): void {
    const { dtype, rowBytes } = this.#column;
    if (dtype.bigEndian) swapBytes(raw.subarray(0, rows * rowBytes), 4);
    const length = rowBytes / 4;
    const codePoints = new Uint32Array(raw.buffer, raw.byteOffset, rows * length);
    let at = 0;
    for (let row = 0; row < rows; row++) {
      const start = row * length;
      at = writeUtf8(codePoints, start, textEnd(codePoints, start, start + length), this.#data, at);
      if (at < 0) throw invalidCharacter(this.#column, codePoints, firstRow, row, ~at);
      this.#offsets[row + 1] = at;
    }
  }

  #copyBytes(raw: Uint8Array, rows: number, firstRow: number): void {
    const length = this.#column.rowBytes;
    const data = this.#data;
    let at = 0;
    let seen = 0;
    for (let row = 0; row < rows; row++) {
      const end = (row + 1) * length;
      for (let i = row * length; i < end && raw[i] !== 0; i++) {
        seen |= raw[i];
        data[at++] = raw[i];
      }
      this.#offsets[row + 1] = at;
    }
    if (seen >= 0x80) this.#checkUtf8(rows, firstRow);
  }

  /** The batch as a whole is UTF-8 and no text begins inside of a character: then each text is. */
  #checkUtf8(rows: number, firstRow: number): void {
    const offsets = this.#offsets;
    const data = this.#data;
    let startsAreWhole = true;
    for (let row = 0; row < rows; row++) if ((data[offsets[row]] & 0xc0) === 0x80) startsAreWhole = false;
    if (startsAreWhole && isUtf8(data.subarray(0, offsets[rows]))) return;
    for (let row = 0; row < rows; row++) {
      const text = data.subarray(offsets[row], offsets[row + 1]);
      if (!isUtf8(text)) throw invalidUtf8(this.#column, firstRow + row, Buffer.from(text).toString("latin1"));
    }
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

function invalidCharacter(
  column: NpyColumn,
  codePoints: Uint32Array,
  firstRow: number,
  row: number,
  index: number,
): Error {
  return invalidUtf8(column, firstRow + row, `code point 0x${codePoints[index].toString(16)}`);
}

function invalidUtf8(column: NpyColumn, row: number, value: string): Error {
  return invalidValue(column, row, `field '${column.field.name}' contains invalid UTF-8 data, value=${excerpt(value)}`);
}

function checkLengths(column: NpyColumn, texts: VarColumn, rows: number, firstRow: number): VarColumn {
  const { name, maxLength } = column.field;
  if (maxLength === 0) return texts;
  for (let row = 0; row < rows; row++) {
    const length = texts.offsets[row + 1] - texts.offsets[row];
    if (length <= maxLength) continue;
    throw invalidValue(
      column,
      firstRow + row,
      `value length(${length}) for field ${name} exceeds max_length(${maxLength})`,
    );
  }
  return texts;
}

function checkJson(column: NpyColumn, texts: VarColumn, rows: number, firstRow: number): VarColumn {
  const { offsets, data } = texts;
  for (let row = 0; row < rows; row++) {
    const error = findJsonError(data, offsets[row], offsets[row + 1]);
    if (error >= 0) {
      const why = describeJsonError(data, error, offsets[row + 1]);
      const reason = notJson(column.field, error - offsets[row], `${why}, value=${shown(texts, row)}`);
      throw invalidValue(column, firstRow + row, reason);
    }
    if (column.field.isDynamic && jsonTypeAt(data, offsets[row]) !== "object") {
      throw invalidValue(
        column,
        firstRow + row,
        `illegal value for dynamic field, not a JSON object: ${shown(texts, row)}`,
      );
    }
    dropRepeatedKeys(data, offsets[row], offsets[row + 1]);
  }
  return texts;
}

function notJson(field: FieldSchema, offset: number, value: string): string {
  if (field.isDynamic) return `illegal value for dynamic field, not a JSON format string: ${value}`;
  return `expected type 'JSON' for field '${field.name}', got text that is malformed at its byte ${offset}: ${value}`;
}

function geometries(column: NpyColumn, texts: VarColumn, rows: number, firstRow: number): VarColumn {
  const cells: Uint8Array[] = [];
  const offsets = new Uint32Array(rows + 1);
  for (let row = 0; row < rows; row++) {
    cells.push(parsed(column, texts, row, firstRow, (text) => wktToWkb(text)));
    offsets[row + 1] = offsets[row] + cells[row].length;
  }
  return { kind: "var", offsets, data: Buffer.concat(cells), validity: undefined };
}

function times(column: NpyColumn, texts: VarColumn, rows: number, firstRow: number, zone: string) {
  const micros = new BigInt64Array(rows);
  for (let row = 0; row < rows; row++)
    micros[row] = parsed(column, texts, row, firstRow, (text) => parseTimestamptz(text, zone));
  return { kind: "fixed", width: 8, data: new Uint8Array(micros.buffer), validity: undefined } as const;
}

/** A value that its text gives; what the parser says becomes a located error. */
function parsed<T>(column: NpyColumn, texts: VarColumn, row: number, firstRow: number, parse: (text: string) => T): T {
  try {
    return parse(textOf(texts, row));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const isTime = column.field.dataType === DataType.Timestamptz;
    const reason = `expected type 'Geometry' for field '${column.field.name}', got type 'string' with value '${shown(texts, row)}': ${error.message}`;
    throw invalidValue(column, firstRow + row, isTime ? error.message : reason);
  }
}

function textOf(texts: VarColumn, row: number): string {
  return Buffer.from(varValue(texts, row)).toString("utf8");
}

function shown(texts: VarColumn, row: number): string {
  return excerptOfBytes(varValue(texts, row));
}
