import type { FixedBuilder, VarBuilder } from "@sluice/columns";
import { type Int64Scan, type NumberScan, scanFloat32, scanInt64 } from "@sluice/kernels";
import { dataTypeName } from "@sluice/schema";
import {
  describeJsonError,
  dropRepeatedKeys,
  findJsonError,
  normalWkb,
  parseTimestamptz,
  wktToWkb,
} from "@sluice/values";
import { isNotFiniteWord, NAN_HINT } from "../../numbers/holes.ts";
import { geometryRefused, tooLong } from "../../plan/refusals.ts";
import { float32At } from "../json/numbers.ts";
import { CellText } from "./cell-text.ts";
import type { CsvScanner } from "./csv-scanner.ts";
import { numberToJson } from "./number-text.ts";

/** Reads the last cell that the scanner found into `row` of a column. */
export type CellParser = (row: number) => void;

/** Longest text of a number that is looked at again as text. */
const MAX_NUMBER_BYTES = 1024;

/** The words of Go's `strconv.ParseBool`, which Milvus uses. */
const booleans: ReadonlyMap<string, 0 | 1> = new Map([
  ...["1", "t", "T", "TRUE", "true", "True"].map((word) => [word, 1] as const),
  ...["0", "f", "F", "FALSE", "false", "False"].map((word) => [word, 0] as const),
]);

/** Words as Go's `strconv.ParseBool` takes them. */
export function boolCell(scanner: CsvScanner, { buffer: { bytes } }: FixedBuilder): CellParser {
  return (row) => {
    const value = scanner.stop - scanner.start > 5 ? undefined : booleans.get(scanner.text());
    if (value === undefined) scanner.wrongType("Bool");
    bytes[row] = value;
  };
}

/** @param width in bytes */
export function intCell(scanner: CsvScanner, { buffer }: FixedBuilder, width: 1 | 2 | 4): CellParser {
  const type = `Int${8 * width}`;
  const target = width === 1 ? buffer.int8 : width === 2 ? buffer.int16 : buffer.int32;
  const limit = 2 ** (8 * width - 1);
  const scan: Int64Scan = { end: 0, lo: 0, hi: 0 };
  return (row) => {
    readInteger(scanner, scan, type);
    const { lo, hi } = scan;
    if (hi !== lo >> 31 || lo < -limit || lo >= limit) scanner.wrongType(type, ": out of range");
    target[row] = lo;
  };
}

/** Its two words are written apart: no bigint is made. */
export function int64Cell(scanner: CsvScanner, { buffer: { int32 } }: FixedBuilder): CellParser {
  const scan: Int64Scan = { end: 0, lo: 0, hi: 0 };
  return (row) => {
    readInteger(scanner, scan, "Int64");
    int32[2 * row] = scan.lo;
    int32[2 * row + 1] = scan.hi;
  };
}

/** The integer in the last cell, as two halves. */
function readInteger(scanner: CsvScanner, scan: Int64Scan, type: string): void {
  const { data, start, stop } = scanner;
  // Behind an empty cell another one's digits may stand.
  const outcome = stop > start ? scanInt64(data, start, scan) : "invalid";
  if (outcome !== "value" || scan.end !== stop) readOddInteger(scanner, scan, type);
}

/** Where the comma is the decimal mark, a point parts thousands. */
const wholeForms = { ".": /^([+-]?\d+)(?:\.0*)?$/, ",": /^([+-]?\d+)(?:,0*)?$/ };

/**
 * A sign and leading zeros, as Go takes them, and a fraction of zeros, which pandas writes beside missing integers. What has an
 * exponent has lost digits in a spreadsheet.
 */
function readOddInteger(scanner: CsvScanner, scan: Int64Scan, type: string): void {
  const text = scanner.stop - scanner.start > MAX_NUMBER_BYTES ? "" : scanner.text();
  const whole = wholeForms[scanner.dialect.decimal].exec(text);
  if (!whole) scanner.wrongType(type, hintFor(text));
  const value = BigInt(whole[1].replace(/^\+/, ""));
  if (BigInt.asIntN(64, value) !== value) scanner.wrongType(type, ": out of range");
  scan.lo = Number(BigInt.asIntN(32, value));
  scan.hi = Number(value >> 32n);
}

function hintFor(text: string): string {
  if (!/^[+-]?\d+(?:[.,]\d+)?e[+-]?\d+$/i.test(text)) return "";
  return ": a spreadsheet has rounded it; format the column as whole numbers, or as text, and export it again";
}

/** Float numbers whose mark is not a point go through JSON as well. */
export function floatCell(scanner: CsvScanner, { buffer: { float32 }, field }: FixedBuilder): CellParser {
  const isPlain = scanner.dialect.decimal === ".";
  const cell = new CellText(scanner, field);
  const scan: NumberScan = { end: 0 };
  return (row) => {
    const { data, start, stop, bytes, view } = scanner;
    const isInWindow = isPlain && data === bytes && stop > start;
    if (isInWindow && scanFloat32(bytes, view, start, scan, float32, row) === stop) return;
    float32At(cell, loadNumber(scanner, cell, "Float"), "Float", float32, row);
  };
}

/** Finite numbers alone. */
export function doubleCell(scanner: CsvScanner, { buffer: { float64 }, field }: FixedBuilder): CellParser {
  const cell = new CellText(scanner, field);
  return (row) => {
    const p = loadNumber(scanner, cell, "Double");
    const value = Number(cell.text(p, cell.end));
    if (!Number.isFinite(value)) scanner.wrongType("Double", ": out of range");
    float64[row] = value;
  };
}

function loadNumber(scanner: CsvScanner, cell: CellText, type: string): number {
  const { dialect, start, stop } = scanner;
  const isLong = stop - start > MAX_NUMBER_BYTES;
  const p = isLong ? -1 : cell.load(dialect.decimal === "." ? numberToJson : commaNumberToJson);
  if (p >= 0) return p;
  const text = isLong ? "" : scanner.text();
  const isComma = dialect.decimal === "." && /^[+-]?\d+,\d+$/.test(text);
  if (isComma) return scanner.wrongType(type, ": the option decimal=, reads a comma as decimal mark");
  return scanner.wrongType(type, isNotFiniteWord(text) ? NAN_HINT : "");
}

const COMMA = 0x2c;
const POINT = 0x2e;

/** A number with a comma as decimal mark; a point would part thousands, or be another number's mark. */
function commaNumberToJson(bytes: Uint8Array, start: number, stop: number, out: Uint8Array): number {
  const text = bytes.slice(start, stop);
  if (text.includes(POINT)) return -1;
  const at = text.indexOf(COMMA);
  if (at >= 0) text[at] = POINT;
  return numberToJson(text, 0, text.length, out);
}

/** Texts, as bytes. */
export function textCell(scanner: CsvScanner, builder: VarBuilder): CellParser {
  const { maxLength } = builder.field;
  return (row) => {
    const { data, start, stop } = scanner;
    const length = stop - start;
    if (maxLength > 0 && length > maxLength) scanner.invalid(tooLong(builder.field, data.subarray(start, stop)));
    builder.copy(row, data, start, stop);
  };
}

/** Any JSON text, as it stands. */
export function jsonCell(scanner: CsvScanner, builder: VarBuilder): CellParser {
  return (row) => {
    const { data, start, stop } = scanner;
    const error = findJsonError(data, start, stop);
    if (error >= 0) scanner.wrongType("JSON", `: ${describeJsonError(data, error, stop)}`);
    builder.copy(row, data, start, stop);
    builder.offsets[row + 1] = dropRepeatedKeys(builder.data, builder.offsets[row], builder.offsets[row + 1]);
  };
}

/** WKT, or WKB in hex, stored as WKB. */
export function geometryCell(scanner: CsvScanner, builder: VarBuilder): CellParser {
  return (row) => {
    const text = scanner.text();
    const wkb = converted(scanner, () => geometryOf(text), geometryRefused(builder.field.name, text));
    builder.put(row, wkb);
  };
}

/** WKT, or WKB in hexadecimal, as PostGIS prints it. */
function geometryOf(text: string): Uint8Array {
  const isHex = text.length % 2 === 0 && /^0[01][0-9a-f]{8,}$/i.test(text);
  return isHex ? normalWkb(Buffer.from(text, "hex")) : wktToWkb(text);
}

/** RFC 3339, stored as microseconds. @param zone of texts without an offset */
export function timestamptzCell(scanner: CsvScanner, { buffer: { int64 } }: FixedBuilder, zone: string): CellParser {
  return (row) => {
    int64[row] = converted(scanner, () => parseTimestamptz(scanner.text(), zone));
  };
}

/** Runs a conversion whose RangeError says what is wrong with the last cell. */
export function converted<T>(scanner: CsvScanner, convert: () => T, milvusText?: string): T {
  try {
    return convert();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return scanner.invalid(milvusText ? `${milvusText}: ${error.message}` : error.message);
  }
}

/** What `wrongType` calls the type of a column. */
export function typeName({ field }: FixedBuilder | VarBuilder): string {
  return dataTypeName(field.dataType);
}
