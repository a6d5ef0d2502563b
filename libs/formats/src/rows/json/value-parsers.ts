import type { FixedBuilder, VarBuilder } from "@sluice/columns";
import { excerpt } from "@sluice/errors";
import { FloatListScanner } from "@sluice/kernels";
import { type CollectionSchema, DataType, dataTypeName } from "@sluice/schema";
import {
  describeJsonError,
  dropRepeatedKeys,
  findJsonError,
  float32ToBfloat16Bits,
  float32ToFloat16Bits,
  parseSparseJson,
  parseTimestamptz,
  wktToWkb,
} from "@sluice/values";
import { geometryRefused, tooLong } from "../../plan/refusals.ts";
import { encodeList } from "./array-parser.ts";
import { float32At, integerAt, isNumberStart, outOfRange } from "./numbers.ts";
import type { Scanner } from "./scanner.ts";
import { vectorObject } from "./vector-objects.ts";

/** Reads the value at `p`, which is not `null`, into `row` of its column; answers the position behind it. */
export type ValueParser = (scanner: Scanner, p: number, row: number) => number;

const QUOTE = 0x22;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COMMA = 0x2c;

/** The parser of a field's values. @throws {Error} for a type that no collection can have */
export function valueParser(schema: CollectionSchema, builder: FixedBuilder | VarBuilder): ValueParser {
  const { field } = builder;
  const fixed = builder as FixedBuilder;
  const text = builder as VarBuilder;
  switch (field.dataType) {
    case DataType.Bool:
      return boolParser(fixed);
    case DataType.Int8:
      return intParser(fixed, 1);
    case DataType.Int16:
      return intParser(fixed, 2);
    case DataType.Int32:
      return intParser(fixed, 4);
    case DataType.Int64:
      return int64Parser(fixed);
    case DataType.Float:
      return floatParser(fixed);
    case DataType.Double:
      return doubleParser(fixed);
    case DataType.VarChar:
    case DataType.String:
    case DataType.Text:
      return textParser(text);
    case DataType.JSON:
      return jsonParser(text);
    case DataType.Array:
      return (scanner, p, row) => encodeList(scanner, p, row, text);
    case DataType.FloatVector:
      return floatVectorParser(fixed);
    case DataType.Float16Vector:
      return halfVectorParser(fixed, float32ToFloat16Bits, 0x7c00);
    case DataType.BFloat16Vector:
      return halfVectorParser(fixed, float32ToBfloat16Bits, 0x7f80);
    case DataType.BinaryVector:
      // Signed bytes are the same bits: Java writes them.
      return byteVectorParser(fixed, -128, 255);
    case DataType.Int8Vector:
      return byteVectorParser(fixed, -128, 127);
    case DataType.SparseFloatVector:
      return sparseParser(text);
    case DataType.Geometry:
      return geometryParser(text);
    case DataType.Timestamptz:
      return timestamptzParser(fixed, schema.timezone);
    default:
      throw new Error(`values of type ${dataTypeName(field.dataType)} stand in struct arrays only`);
  }
}

function boolParser({ buffer: { bytes } }: FixedBuilder): ValueParser {
  return (scanner, p, row) => {
    const byte = scanner.bytes[p];
    if (byte === 0x74) bytes[row] = 1;
    else if (byte === 0x66) bytes[row] = 0;
    else scanner.wrongType(p, "Bool");
    return scanner.word(p, byte === 0x74 ? "true" : "false");
  };
}

function intParser({ buffer: { int8, int16, int32 } }: FixedBuilder, width: 1 | 2 | 4): ValueParser {
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

function int64Parser({ buffer: { int32 } }: FixedBuilder): ValueParser {
  return (scanner, p, row) => {
    const end = integerAt(scanner, p, "Int64");
    int32[2 * row] = scanner.integer.lo;
    int32[2 * row + 1] = scanner.integer.hi;
    return end;
  };
}

function floatParser({ buffer: { float32 } }: FixedBuilder): ValueParser {
  return (scanner, p, row) => {
    return float32At(scanner, p, "Float", float32, row);
  };
}

function doubleParser({ buffer: { float64 } }: FixedBuilder): ValueParser {
  return (scanner, p, row) => {
    if (!isNumberStart(scanner.bytes[p])) scanner.wrongType(p, "Double");
    const end = scanner.skipNumber(p);
    const value = Number(scanner.text(p, end));
    if (!Number.isFinite(value)) outOfRange(scanner, p, "Double");
    float64[row] = value;
    return end;
  };
}

function textParser(builder: VarBuilder): ValueParser {
  const { field } = builder;
  return (scanner, p, row) => {
    if (scanner.bytes[p] !== QUOTE) scanner.wrongType(p, dataTypeName(field.dataType));
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
function jsonParser(builder: VarBuilder): ValueParser {
  return (scanner, p, row) => {
    const byte = scanner.bytes[p];
    if (byte === 0x7b) {
      const end = scanner.skipValue(p);
      builder.copy(row, scanner.bytes, p, end);
      dropRepeatedKeys(builder.data, builder.offsets[row], builder.offsets[row + 1]);
      return end;
    }
    if (byte !== QUOTE) scanner.wrongType(p, "JSON");
    const end = scanner.string(p);
    const text = scanner.hasEscapes ? scanner.unescaped(p, end) : scanner.bytes.subarray(p + 1, end - 1);
    const error = findJsonError(text);
    if (error >= 0) scanner.wrongType(p, "JSON", `: ${describeJsonError(text, error)}`);
    builder.put(row, text);
    dropRepeatedKeys(builder.data, builder.offsets[row], builder.offsets[row + 1]);
    return end;
  };
}

function wrongDim(scanner: Scanner, p: number, { field }: FixedBuilder, found: number): never {
  return scanner.invalid(
    p,
    `expected dim '${field.dim}' for field '${field.name}' with type '${dataTypeName(field.dataType)}', got dim '${found}'`,
  );
}

/**
 * The values of the list at `p`, one call of `item` each with their positions; exactly `count` of them. Blanks are looked
 * for only where a byte that is none of the expected ones shows that there may be some.
 */
function fixedList(
  scanner: Scanner,
  p: number,
  count: number,
  builder: FixedBuilder,
  item: (at: number, i: number) => number,
): number {
  const { bytes } = scanner;
  if (bytes[p] !== OPEN_LIST) scanner.wrongType(p, dataTypeName(builder.field.dataType));
  let at = p + 1;
  for (let i = 0; i < count; i++) {
    if (bytes[at] <= 0x20) at = scanner.blanks(at);
    if (i === 0 && bytes[at] === CLOSE_LIST) wrongDim(scanner, p, builder, 0);
    at = item(at, i);
    if (bytes[at] <= 0x20) at = scanner.blanks(at);
    const isLast = i === count - 1;
    if (bytes[at] === (isLast ? CLOSE_LIST : COMMA)) at++;
    else if (bytes[at] === COMMA || bytes[at] === CLOSE_LIST)
      wrongDim(scanner, p, builder, elementsOf(scanner, builder, scanner.listLength(p)));
    else scanner.syntax(at, '"," or "]"');
  }
  return at;
}

/** A binary vector's list holds bytes of eight dimensions. */
function elementsOf(_scanner: Scanner, { field }: FixedBuilder, count: number): number {
  return field.dataType === DataType.BinaryVector ? count * 8 : count;
}

/** The hot path of the whole product: a list of numbers straight into the column's memory. */
function floatVectorParser(builder: FixedBuilder): ValueParser {
  const { buffer, field } = builder;
  const { float32 } = buffer;
  const dim = field.dim;
  const lists = new FloatListScanner(dim);
  return (scanner, p, row) => {
    const first = row * dim;
    if (scanner.bytes[p] !== OPEN_LIST)
      return vectorObject(scanner, p, builder, (i, value) => {
        float32[first + i] = value;
        return Number.isFinite(float32[first + i]);
      });
    const end = lists.scan(scanner.bytes, p + 1, scanner.end, float32, first);
    if (end > 0) return end;
    // Blanks, a number that is hard to round, or something wrong: once more, looking at everything.
    return fixedList(scanner, p, dim, builder, (position, i) =>
      float32At(scanner, position, "FloatVector", float32, first + i),
    );
  };
}

function halfVectorParser(builder: FixedBuilder, round: (value: number) => number, infinity: number): ValueParser {
  const { buffer, field } = builder;
  const { uint16 } = buffer;
  const type = dataTypeName(field.dataType);
  const scratch = new Float32Array(1);
  const put = (at: number, value: number) => {
    uint16[at] = round(value);
    return (uint16[at] & 0x7fff) !== infinity;
  };
  return (scanner, p, row) => {
    const first = row * field.dim;
    if (scanner.bytes[p] !== OPEN_LIST)
      return vectorObject(scanner, p, builder, (i, value) => put(first + i, Math.fround(value)));
    return fixedList(scanner, p, field.dim, builder, (at, i) => {
      const end = float32At(scanner, at, type, scratch, 0);
      if (!put(first + i, scratch[0])) outOfRange(scanner, at, type);
      return end;
    });
  };
}

function byteVectorParser(builder: FixedBuilder, low: number, high: number): ValueParser {
  const { buffer, width, field } = builder;
  const { bytes } = buffer;
  const type = dataTypeName(field.dataType);
  return (scanner, p, row) =>
    fixedList(scanner, p, width, builder, (at, i) => {
      const end = integerAt(scanner, at, type);
      const { lo, hi } = scanner.integer;
      if (hi !== lo >> 31 || lo < low || lo > high) {
        scanner.invalid(
          p,
          `expected type '${type}' for field '${field.name}', got element '${excerpt(scanner.text(at, end))}': out of range [${low}, ${high}]`,
        );
      }
      bytes[row * width + i] = lo;
      return end;
    });
}

function sparseParser(builder: VarBuilder): ValueParser {
  return (scanner, p, row) => {
    const isText = scanner.bytes[p] === QUOTE;
    if (!isText && scanner.bytes[p] !== 0x7b) scanner.wrongType(p, "SparseFloatVector");
    const end = scanner.skipValue(p);
    const text = isText ? scanner.unescaped(p, end) : scanner.bytes.subarray(p, end);
    builder.put(
      row,
      converted(scanner, p, () => parseSparseJson(text)),
    );
    return end;
  };
}

function geometryParser(builder: VarBuilder): ValueParser {
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

function timestamptzParser({ buffer: { int64 } }: FixedBuilder, timezone: string): ValueParser {
  return (scanner, p, row) => {
    if (scanner.bytes[p] !== QUOTE) scanner.wrongType(p, "Timestamptz");
    const end = scanner.string(p);
    const text = Buffer.from(scanner.unescaped(p, end)).toString("utf8");
    int64[row] = converted(scanner, p, () => parseTimestamptz(text, timezone));
    return end;
  };
}

/** Runs a conversion whose RangeError says what is wrong with the value at `p`. */
function converted<T>(scanner: Scanner, p: number, convert: () => T, milvusText?: string): T {
  try {
    return convert();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return scanner.invalid(p, milvusText ? `${milvusText}: ${error.message}` : error.message);
  }
}
