import { type Column, type VarColumn, varValue } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { DataType, type FieldSchema } from "@sluice/schema";
import type { FieldPlan } from "../plan/field-plan.ts";
import type { RowRejects } from "../row-rejects.ts";
import { cellOfText, microsOfText, type RefuseText, type TextCheck, textChecks, utf8Check } from "../text-checks.ts";
import { type ArrayColumn, invalidValue } from "./array-column.ts";
import { type ColumnDecoder, swapBytes } from "./decode-numbers.ts";

const EMPTY = new Uint8Array(0);
const MAX_CODE_POINT = 0x10ffff;

/**
 * A decoder for the fields whose values are text in an array: `U` (UTF-32, padded with NUL) and `S` (bytes up to the first
 * NUL, UTF-8).
 */
export function textDecoder(column: ArrayColumn, plan: FieldPlan, rejects: RowRejects): ColumnDecoder {
  const texts = new TextBuffer(column, rejects);
  const { field } = column;
  const isParsed = field.dataType === DataType.Geometry || field.dataType === DataType.Timestamptz;
  const finish = isParsed ? parsedColumn(field, plan.schema.timezone) : checkedColumn(textChecks(field, plan.dynamic));
  return (raw, rows, firstRow) => {
    const refuse = (index: number, reason: string, name?: string) =>
      rejects.add(firstRow + index, invalidText(column, firstRow + index, reason, name));
    return finish(texts.decode(raw, rows, firstRow), rows, refuse);
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

function parsedColumn(field: FieldSchema, zone: string): FinishTexts {
  if (field.dataType === DataType.Timestamptz) {
    const parse = microsOfText(zone);
    return (texts, rows, refuse) => {
      const micros = new BigInt64Array(rows);
      for (let row = 0; row < rows; row++) micros[row] = parsed(texts, row, parse, refuse) ?? 0n;
      return { kind: "fixed", width: 8, data: new Uint8Array(micros.buffer), validity: undefined };
    };
  }
  const parse = cellOfText(field);
  return (texts, rows, refuse) => {
    const cells = Array.from({ length: rows }, (_, row) => parsed(texts, row, parse, refuse) ?? EMPTY);
    const offsets = new Uint32Array(rows + 1);
    for (let row = 0; row < rows; row++) offsets[row + 1] = offsets[row] + cells[row].length;
    return { kind: "var", offsets, data: Buffer.concat(cells), validity: undefined };
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
      const written = writeUtf8(codePoints, start, textEnd(codePoints, start, start + length), this.#data, at);
      if (written < 0) this.#refuse(firstRow + row, `code point 0x${codePoints[~written].toString(16)}`);
      else at = written;
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
    if (seen < 0x80) return;
    this.#isUtf8({ data, offsets: this.#offsets }, 0, rows, (index, reason) =>
      this.#rejects.add(firstRow + index, invalidValue(this.#column, firstRow + index, reason)),
    );
  }

  #refuse(row: number, value: string): void {
    const reason = `field '${this.#column.field.name}' contains invalid UTF-8 data, value=${value}`;
    this.#rejects.add(row, invalidValue(this.#column, row, reason));
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
