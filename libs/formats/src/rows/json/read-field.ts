import type { FixedBuilder, VarBuilder } from "@sluice/columns";
import { DataType, type FieldSchema } from "@sluice/schema";
import { isNullableScalar } from "../../numbers/holes.ts";
import type { FieldOptions } from "../../plan/field-options.ts";
import { nullRefused } from "../../plan/refusals.ts";
import { isWrappedNotFinite } from "./extended-json.ts";
import type { Scanner } from "./scanner.ts";
import type { ValueParser } from "./value-parser.ts";

const [MINUS, CAPITAL_I, CAPITAL_N, NULL, OPEN] = [0x2d, 0x49, 0x4e, 0x6e, 0x7b];

/** How the values of a field are read. */
export interface FieldReader {
  readonly builder: FixedBuilder | VarBuilder;
  readonly parse: ValueParser;
  /** NaN and Infinity, which are no JSON, stand for null. */
  readonly nanIsNull: boolean;
  /** A client sends the rows, in no file. */
  readonly isGiven: boolean;
}

/** As the import says; only scalars that may be null take NaN for it. */
export function fieldReader(
  builder: FixedBuilder | VarBuilder,
  parse: ValueParser,
  { nanIsNull = false, isGiven = false }: Pick<FieldOptions, "nanIsNull" | "isGiven">,
): FieldReader {
  return { builder, parse, nanIsNull: nanIsNull && isNullableScalar(builder.field), isGiven };
}

/** Reads the value at `p`, or what stands for none, into a row; answers the position behind it. @throws {ImportError} */
export function readField(
  { builder, parse, nanIsNull, isGiven }: FieldReader,
  scanner: Scanner,
  p: number,
  row: number,
): number {
  const byte = scanner.bytes[p];
  if (byte === NULL) {
    const end = scanner.word(p, "null");
    if (!builder.canFill) scanner.invalid(p, nullRefused(builder.field.name, isGiven ? "row" : "file"));
    builder.fill(row);
    return end;
  }
  if (nanIsNull && (byte === CAPITAL_N || byte === CAPITAL_I || byte === MINUS || byte === OPEN)) {
    const end = byte === OPEN ? wrappedEnd(scanner, p, builder.field) : notFiniteEnd(scanner, p);
    if (end > 0) {
      builder.fill(row);
      return end;
    }
  }
  builder.setValid(row);
  return parse(scanner, p, row);
}

/** Behind `NaN`, `Infinity` or `-Infinity`; 0 where something else stands. */
function notFiniteEnd(scanner: Scanner, p: number): number {
  const { bytes } = scanner;
  const at = bytes[p] === MINUS ? p + 1 : p;
  if (bytes[at] === CAPITAL_I) return scanner.word(at, "Infinity");
  return at === p && bytes[p] === CAPITAL_N ? scanner.word(p, "NaN") : 0;
}

/** Behind one that MongoDB has wrapped, where objects are no values themselves. */
function wrappedEnd(scanner: Scanner, p: number, { dataType }: FieldSchema): number {
  if (dataType === DataType.JSON) return 0;
  const end = scanner.skipValue(p);
  return isWrappedNotFinite(scanner.bytes, p, end) ? end : 0;
}
