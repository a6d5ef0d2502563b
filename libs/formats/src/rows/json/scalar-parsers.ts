import type { FixedBuilder, VarBuilder } from "@sluice/columns";
import { dataTypeName, type FieldSchema } from "@sluice/schema";
import { describeJsonError, dropRepeatedKeys, findJsonError, parseTimestamptz, wktToWkb } from "@sluice/values";
import { coerceHints } from "../../coercions.ts";
import { geometryRefused, tooLong } from "../../plan/refusals.ts";
import { float32At, integerAt, isNumberStart, isValueLike, outOfRange } from "./numbers.ts";
import type { Scanner } from "./scanner.ts";
import { converted, type ValueParser } from "./value-parser.ts";

const QUOTE = 0x22;

/** `true` and `false` alone. */
export function boolParser({ buffer: { bytes } }: FixedBuilder): ValueParser {
  return (scanner, p, row) => {
    const byte = scanner.bytes[p];
    if (byte === 0x74) bytes[row] = 1;
    else if (byte === 0x66) bytes[row] = 0;
    else scanner.wrongType(p, "Bool");
    return scanner.word(p, byte === 0x74 ? "true" : "false");
  };
}

/** @param width in bytes */
export function intParser({ buffer: { int8, int16, int32 } }: FixedBuilder, width: 1 | 2 | 4): ValueParser {
  const type = width === 1 ? "Int8" : width === 2 ? "Int16" : "Int32";
  const limit = 2 ** (8 * width - 1);
  return (scanner, p, row) => {
    const end = integerAt(scanner, p, type);
    const { lo, hi } = scanner.integer;
    if (hi !== lo >> 31 || lo < -limit || lo >= limit) outOfRange(scanner, p, type);
    if (width === 4) int32[row] = lo;
    else if (width === 2) int16[row] = lo;
    else int8[row] = lo;
    return end;
  };
}

/** Its two words are written apart: no bigint is made. */
export function int64Parser({ buffer: { int32 } }: FixedBuilder): ValueParser {
  return (scanner, p, row) => {
    const end = integerAt(scanner, p, "Int64");
    int32[2 * row] = scanner.integer.lo;
    int32[2 * row + 1] = scanner.integer.hi;
    return end;
  };
}

/** One rounding, from the decimals to float32. */
export function floatParser({ buffer: { float32 } }: FixedBuilder): ValueParser {
  return (scanner, p, row) => {
    return float32At(scanner, p, "Float", float32, row);
  };
}

/** Finite numbers alone. */
export function doubleParser({ buffer: { float64 } }: FixedBuilder): ValueParser {
  return (scanner, p, row) => {
    if (!isNumberStart(scanner.bytes[p])) scanner.wrongType(p, "Double");
    const end = scanner.skipNumber(p);
    const value = Number(scanner.text(p, end));
    if (!Number.isFinite(value)) outOfRange(scanner, p, "Double");
    float64[row] = value;
    return end;
  };
}

function noText(scanner: Scanner, p: number, field: FieldSchema): never {
  const hint = isValueLike(scanner, p, /^-?\d+$/) ? coerceHints["integer to text"] : "";
  return scanner.wrongType(p, dataTypeName(field.dataType), hint);
}

/** As long as the field allows, in bytes of UTF-8. */
export function textParser(builder: VarBuilder): ValueParser {
  const { field } = builder;
  return (scanner, p, row) => {
    if (scanner.bytes[p] !== QUOTE) noText(scanner, p, field);
    const end = scanner.string(p);
    if (scanner.hasEscapes) builder.put(row, scanner.unescaped(p, end));
    else builder.copy(row, scanner.bytes, p + 1, end - 1);
    const length = builder.offsets[row + 1] - builder.offsets[row];
    if (field.maxLength > 0 && length > field.maxLength) {
      const text = builder.data.subarray(builder.offsets[row], builder.offsets[row + 1]);
      scanner.invalid(p, tooLong(field, text));
    }
    return end;
  };
}

/** An object as it stands, or a string that holds any JSON. */
export function jsonParser(builder: VarBuilder): ValueParser {
  return (scanner, p, row) => {
    const byte = scanner.bytes[p];
    if (byte === 0x7b) {
      const end = scanner.skipValue(p);
      builder.copy(row, scanner.bytes, p, end);
      builder.offsets[row + 1] = dropRepeatedKeys(builder.data, builder.offsets[row], builder.offsets[row + 1]);
      return end;
    }
    if (byte !== QUOTE) scanner.wrongType(p, "JSON");
    const end = scanner.string(p);
    const text = scanner.hasEscapes ? scanner.unescaped(p, end) : scanner.bytes.subarray(p + 1, end - 1);
    const error = findJsonError(text);
    if (error >= 0) scanner.wrongType(p, "JSON", `: ${describeJsonError(text, error)}`);
    builder.put(row, text);
    builder.offsets[row + 1] = dropRepeatedKeys(builder.data, builder.offsets[row], builder.offsets[row + 1]);
    return end;
  };
}

/** WKT, stored as WKB. */
export function geometryParser(builder: VarBuilder): ValueParser {
  return (scanner, p, row) => {
    if (scanner.bytes[p] !== QUOTE) scanner.wrongType(p, "Geometry");
    const end = scanner.string(p);
    const text = Buffer.from(scanner.unescaped(p, end)).toString("utf8");
    builder.put(
      row,
      converted(scanner, p, () => wktToWkb(text), geometryRefused(builder.field.name, text)),
    );
    return end;
  };
}

/** RFC 3339, stored as microseconds. @param timezone of texts without an offset */
export function timestamptzParser({ buffer: { int64 } }: FixedBuilder, timezone: string): ValueParser {
  return (scanner, p, row) => {
    if (scanner.bytes[p] !== QUOTE) scanner.wrongType(p, "Timestamptz");
    const end = scanner.string(p);
    const text = Buffer.from(scanner.unescaped(p, end)).toString("utf8");
    int64[row] = converted(scanner, p, () => parseTimestamptz(text, timezone));
    return end;
  };
}
