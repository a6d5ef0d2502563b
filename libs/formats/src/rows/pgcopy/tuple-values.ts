import { isUtf8 } from "node:buffer";
import type { FixedBuilder, VarBuilder } from "@sluice/columns";
import { excerptOfBytes } from "@sluice/errors";
import { DataType, dataTypeName } from "@sluice/schema";
import { dropRepeatedKeys, findJsonError, looksLikeWkb, normalWkb, wktToWkb } from "@sluice/values";
import { NAN_HINT } from "../../numbers/holes.ts";
import type { DynamicColumn } from "../../plan/dynamic-column.ts";
import { tooLong } from "../../plan/refusals.ts";
import { arrayValue } from "./tuple-arrays.ts";
import type { TupleScanner } from "./tuple-scanner.ts";
import { converted, refuse, type TupleValue } from "./tuple-value.ts";
import { bitsValue, vectorValue } from "./tuple-vectors.ts";
import { readSparse } from "./vector-values.ts";

/** Microseconds from 1970 to 2000, from which PostgreSQL counts. */
const EPOCH_MICROS = 946_684_800_000_000n;

/**
 * The reader of a field's values. The file does not name its types: the field says what the bytes are.
 * @throws {Error} for a type that no collection can have
 */
export function tupleValue(scanner: TupleScanner, builder: FixedBuilder | VarBuilder, nanIsNull = false): TupleValue {
  const fixed = builder as FixedBuilder;
  const text = builder as VarBuilder;
  switch (builder.field.dataType) {
    case DataType.Bool:
      return boolValue(scanner, fixed);
    case DataType.Int8:
      return integerValue(scanner, fixed, 1);
    case DataType.Int16:
      return integerValue(scanner, fixed, 2);
    case DataType.Int32:
      return integerValue(scanner, fixed, 4);
    case DataType.Int64:
      return integerValue(scanner, fixed, 8);
    case DataType.Float:
    case DataType.Double:
      return floatValue(scanner, fixed, nanIsNull && builder.field.nullable);
    case DataType.Timestamptz:
      return timeValue(scanner, fixed);
    case DataType.VarChar:
    case DataType.String:
    case DataType.Text:
      return textValue(scanner, text);
    case DataType.JSON:
      return jsonValue(scanner, text);
    case DataType.FloatVector:
    case DataType.Float16Vector:
    case DataType.BFloat16Vector:
    case DataType.Int8Vector:
      return vectorValue(scanner, fixed);
    case DataType.BinaryVector:
      return bitsValue(scanner, fixed);
    case DataType.SparseFloatVector:
      return cellValue(scanner, text, readSparse);
    case DataType.Geometry:
      return cellValue(scanner, text, readGeometry);
    case DataType.Array:
      return arrayValue(scanner, text);
    default:
      throw new Error(`values of type ${dataTypeName(builder.field.dataType)} stand in struct arrays only`);
  }
}

function boolValue(scanner: TupleScanner, builder: FixedBuilder): TupleValue {
  return (p, length, row) => {
    if (length !== 1) refuse(scanner, builder, length, "a boolean has 1");
    builder.buffer.bytes[row] = scanner.bytes[p] === 0 ? 0 : 1;
  };
}

/** smallint, integer and bigint, by their length, where they fit. */
function integerValue(scanner: TupleScanner, builder: FixedBuilder, width: 1 | 2 | 4 | 8): TupleValue {
  const { buffer } = builder;
  const limit = 2n ** BigInt(8 * width - 1);
  return (p, length, row) => {
    const { view } = scanner;
    const isWide = length === 8;
    if (!isWide && length !== 4 && length !== 2) refuse(scanner, builder, length, "an integer has 2, 4 or 8");
    if (width === 8 && isWide) {
      buffer.int64[row] = view.getBigInt64(p);
      return;
    }
    const value = isWide ? view.getBigInt64(p) : BigInt(length === 4 ? view.getInt32(p) : view.getInt16(p));
    if (value < -limit || value >= limit) refuse(scanner, builder, length, `${value} is out of range`);
    if (width === 8) buffer.int64[row] = value;
    else if (width === 4) buffer.int32[row] = Number(value);
    else if (width === 2) buffer.int16[row] = Number(value);
    else buffer.int8[row] = Number(value);
  };
}

function floatValue(scanner: TupleScanner, builder: FixedBuilder, nanIsNull: boolean): TupleValue {
  const { buffer, field } = builder;
  const target = field.dataType === DataType.Float ? buffer.float32 : buffer.float64;
  return (p, length, row) => {
    if (length !== 4 && length !== 8) refuse(scanner, builder, length, "real has 4, double precision 8");
    const value = length === 4 ? scanner.view.getFloat32(p) : scanner.view.getFloat64(p);
    target[row] = value;
    if (Number.isFinite(target[row])) return;
    if (Number.isFinite(value)) refuse(scanner, builder, length, `${value} is out of range`);
    if (nanIsNull) builder.fill(row);
    else refuse(scanner, builder, length, `${value} is no value${NAN_HINT}`);
  };
}

function timeValue(scanner: TupleScanner, builder: FixedBuilder): TupleValue {
  return (p, length, row) => {
    if (length !== 8) refuse(scanner, builder, length, "timestamptz has 8");
    const micros = scanner.view.getBigInt64(p);
    const isInfinite = micros === 2n ** 63n - 1n || micros === -(2n ** 63n);
    if (isInfinite) refuse(scanner, builder, length, "it is infinity");
    builder.buffer.int64[row] = micros + EPOCH_MICROS;
  };
}

function textValue(scanner: TupleScanner, builder: VarBuilder): TupleValue {
  const { field } = builder;
  return (p, length, row) => {
    const text = scanner.bytes.subarray(p, p + length);
    if (!isUtf8(text))
      scanner.invalid(
        `field '${field.name}' contains invalid UTF-8 data, value=${JSON.stringify(excerptOfBytes(text))}`,
      );
    if (field.maxLength > 0 && length > field.maxLength) scanner.invalid(tooLong(field, text));
    builder.copy(row, scanner.bytes, p, p + length);
  };
}

/** json is text; jsonb is text behind its version, 1. */
function jsonValue(scanner: TupleScanner, builder: VarBuilder): TupleValue {
  return (p, length, row) => {
    copyJson(scanner, builder, p, length, row);
    const [start, end] = [builder.offsets[row], builder.offsets[row + 1]];
    if (findJsonError(builder.data, start, end) >= 0) refuse(scanner, builder, length, "it is neither json nor jsonb");
    builder.offsets[row + 1] = dropRepeatedKeys(builder.data, start, end);
  };
}

/** `$meta`: an object without names of fields. */
export function dynamicValue(scanner: TupleScanner, builder: VarBuilder, dynamic: DynamicColumn): TupleValue {
  return (p, length, row) => {
    copyJson(scanner, builder, p, length, row);
    const refusal = dynamic.refusalOf(builder.data, builder.offsets[row], builder.offsets[row + 1]);
    if (!refusal) return;
    scanner.field = refusal.field ?? scanner.field;
    scanner.invalid(refusal.reason);
  };
}

function copyJson(scanner: TupleScanner, builder: VarBuilder, p: number, length: number, row: number): void {
  const start = length > 0 && scanner.bytes[p] === 1 ? p + 1 : p;
  if (!isUtf8(scanner.bytes.subarray(start, p + length)))
    refuse(scanner, builder, length, "it is neither json nor jsonb");
  builder.copy(row, scanner.bytes, start, p + length);
}

function cellValue(scanner: TupleScanner, builder: VarBuilder, read: (bytes: Uint8Array) => Uint8Array): TupleValue {
  return (p, length, row) => {
    const bytes = scanner.bytes.slice(p, p + length);
    builder.put(
      row,
      converted(scanner, builder, length, () => read(bytes)),
    );
  };
}

/** WKB of PostGIS, or WKT. */
function readGeometry(bytes: Uint8Array): Uint8Array {
  return looksLikeWkb(bytes) ? normalWkb(bytes) : wktToWkb(Buffer.from(bytes).toString("utf8"));
}
