import type { FixedBuilder, VarBuilder } from "@sluice/columns";
import { excerpt } from "@sluice/errors";
import { FloatListScanner } from "@sluice/kernels";
import { DataType, dataTypeName } from "@sluice/schema";
import { parseSparseJson } from "@sluice/values";
import { sparseTextToJson } from "../sparse-text.ts";
import { float32At, integerAt, outOfRange } from "./numbers.ts";
import { otherVector } from "./other-vectors.ts";
import type { Scanner } from "./scanner.ts";
import { converted, type ValueParser } from "./value-parser.ts";

const QUOTE = 0x22;
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
const CLOSE_LIST = 0x5d;
const COMMA = 0x2c;

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
export function floatVectorParser(builder: FixedBuilder): ValueParser {
  const { buffer, field } = builder;
  const { float32 } = buffer;
  const dim = field.dim;
  const lists = new FloatListScanner(dim);
  return (scanner, p, row) => {
    const first = row * dim;
    const { bytes } = scanner;
    // A text that holds a list is read where it stands, too.
    const list = bytes[p] === QUOTE ? p + 1 : p;
    const end = bytes[list] === OPEN_LIST ? lists.scan(bytes, list + 1, scanner.end, float32, first) : 0;
    if (end > 0 && list === p) return end;
    if (end > 0 && bytes[end] === QUOTE) return end + 1;
    if (bytes[p] !== OPEN_LIST)
      return otherVector(scanner, p, builder, (i, value) => {
        float32[first + i] = value;
        return Number.isFinite(float32[first + i]);
      });
    // Blanks, a number that is hard to round, or something wrong: once more, looking at everything.
    return fixedList(scanner, p, dim, builder, (position, i) =>
      float32At(scanner, position, "FloatVector", float32, first + i),
    );
  };
}

/** Float16 and bfloat16 vectors. @param infinity the bits of what does not fit */
export function halfVectorParser(
  builder: FixedBuilder,
  round: (value: number) => number,
  infinity: number,
): ValueParser {
  const { buffer, field } = builder;
  const { uint16 } = buffer;
  const type = dataTypeName(field.dataType);
  const floats = new Float32Array(field.dim);
  const lists = new FloatListScanner(field.dim);
  const put = (at: number, value: number) => {
    uint16[at] = round(value);
    return (uint16[at] & 0x7fff) !== infinity;
  };
  return (scanner, p, row) => {
    const first = row * field.dim;
    if (scanner.bytes[p] !== OPEN_LIST)
      return otherVector(scanner, p, builder, (i, value) => put(first + i, Math.fround(value)));
    const end = lists.scan(scanner.bytes, p + 1, scanner.end, floats, 0);
    if (end > 0 && floats.every((value, i) => put(first + i, value))) return end;
    // What lists of floats leave, or one that is too large: once more, looking at everything.
    return fixedList(scanner, p, field.dim, builder, (at, i) => {
      const behind = float32At(scanner, at, type, floats, i);
      if (!put(first + i, floats[i])) outOfRange(scanner, at, type);
      return behind;
    });
  };
}

/** Int8 and binary vectors, a number for each byte. @param low and high: inclusive */
export function byteVectorParser(builder: FixedBuilder, low: number, high: number): ValueParser {
  const { buffer, width, field } = builder;
  const { bytes } = buffer;
  const type = dataTypeName(field.dataType);
  return (scanner, p, row) => {
    if (scanner.bytes[p] !== OPEN_LIST)
      return otherVector(scanner, p, builder, (i, value) => {
        bytes[row * width + i] = value;
        return Number.isInteger(value) && value >= low && value <= high;
      });
    return fixedList(scanner, p, width, builder, (at, i) => {
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
  };
}

/** An object of index and value, or a text of one. */
export function sparseParser(builder: VarBuilder): ValueParser {
  return (scanner, p, row) => {
    const isText = scanner.bytes[p] === QUOTE;
    if (!isText && scanner.bytes[p] !== OPEN_OBJECT) scanner.wrongType(p, "SparseFloatVector");
    const end = scanner.skipValue(p);
    const text = isText ? scanner.unescaped(p, end) : scanner.bytes.subarray(p, end);
    builder.put(
      row,
      converted(scanner, p, () => parseSparseJson(isText ? sparseTextToJson(text) : text)),
    );
    return end;
  };
}
