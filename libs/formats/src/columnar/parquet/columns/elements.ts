import type { FixedBuffer } from "@sluice/columns";
import type { LeafKind, LeafType } from "@sluice/parquet";
import { DataType } from "@sluice/schema";
import { float16BitsToFloat32, float32ToBfloat16Bits, float32ToFloat16Bits } from "@sluice/values";

/** What a scalar, or an element of an array or vector, is stored as. `bits16` are the halves of a vector given as bytes. */
export type ElementType =
  | "bool"
  | "int8"
  | "uint8"
  | "int16"
  | "int32"
  | "int64"
  | "float"
  | "double"
  | "float16"
  | "bfloat16";

export const elementWidth: Readonly<Record<ElementType, number>> = {
  bool: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  float16: 2,
  bfloat16: 2,
  int32: 4,
  float: 4,
  int64: 8,
  double: 8,
};

/** Of the scalar types; undefined for those that vary in length. */
export function elementTypeOf(type: DataType): ElementType | undefined {
  const types: Readonly<Partial<Record<DataType, ElementType>>> = {
    [DataType.Bool]: "bool",
    [DataType.Int8]: "int8",
    [DataType.Int16]: "int16",
    [DataType.Int32]: "int32",
    [DataType.Int64]: "int64",
    [DataType.Float]: "float",
    [DataType.Double]: "double",
  };
  return types[type];
}

/**
 * Turns `count` values of the file, dense in `from` from `start` on, into elements of `to` from element `at` on. Answers how
 * far behind `start` the first value is that does not fit (out of range, no finite number), or -1.
 */
export type Conversion = (from: FixedBuffer, start: number, count: number, to: FixedBuffer, at: number) => number;

/** Converts the first `count` values of `from` and tells of each that does not fit; its element is then anything. */
export function convertEach(
  convert: Conversion,
  from: FixedBuffer,
  count: number,
  to: FixedBuffer,
  at: number,
  onBad: (index: number) => void,
): void {
  const bad = convert(from, 0, count, to, at);
  if (bad < 0) return;
  for (let i = bad; i < count; i++) if (convert(from, i, 1, to, at + i) >= 0) onBad(i);
}

/** Tells of each of `count` elements from `at` on that the check refuses. */
export function checkEach(
  check: ElementCheck,
  values: FixedBuffer,
  at: number,
  count: number,
  onBad: (index: number) => void,
): void {
  const bad = check(values, at, count);
  if (bad < 0) return;
  for (let i = bad; i < count; i++) if (check(values, at + i, 1) >= 0) onBad(i);
}

/** First of `count` elements from `at` on that is no finite number, or -1. */
export type ElementCheck = (values: FixedBuffer, at: number, count: number) => number;

export interface ElementRule {
  readonly to: ElementType;
  /** Undefined where the file has the very bytes of the column: they are decoded in place, then checked. */
  readonly convert: Conversion | undefined;
  /** Of bytes in place. */
  readonly check: ElementCheck | undefined;
}

/** How values of a leaf become elements of one type; undefined where they may not. */
export function elementRule({ kind, bits }: Pick<LeafType, "kind" | "bits">, to: ElementType): ElementRule | undefined {
  if (kind === inPlace[to] && bits === undefined) return { to, convert: undefined, check: checks[to] };
  const convert = conversionOf(kind, to);
  if (!convert) return undefined;
  return { to, convert: bits === undefined ? convert : ofLowBits(convert, kind === "int32", bits), check: undefined };
}

/**
 * What stands above the low bits of a narrow integer does not count: Java writers extend the sign of unsigned bytes, so that
 * 255 is stored as -1.
 */
function ofLowBits(convert: Conversion, isSigned: boolean, bits: 8 | 16): Conversion {
  const shift = 32 - bits;
  return (from, start, count, to, at) => {
    const values = from.int32;
    const end = start + count;
    if (isSigned) for (let i = start; i < end; i++) values[i] = (values[i] << shift) >> shift;
    else for (let i = start; i < end; i++) values[i] = (values[i] << shift) >>> shift;
    return convert(from, start, count, to, at);
  };
}

const inPlace: Readonly<Partial<Record<ElementType, LeafKind>>> = {
  bool: "bool",
  int32: "int32",
  int64: "int64",
  float: "float",
  double: "double",
  float16: "float16",
};

const checks: Readonly<Partial<Record<ElementType, ElementCheck>>> = {
  float: (values, at, count) => findNotFinite32(values.int32, at, count),
  double: (values, at, count) => findNotFinite64(values.int32, at, count),
  float16: (values, at, count) => findNotFinite16(values.uint16, at, count, 0x7c00),
  bfloat16: (values, at, count) => findNotFinite16(values.uint16, at, count, 0x7f80),
};

/** The check of elements that stand in a column already, as halves of raw bytes do. */
export const finiteCheck = (type: ElementType) => checks[type];

/** NaN and infinities have all exponent bits set: adding one at the exponent's end turns such a word negative. */
export function findNotFinite32(bits: Int32Array, at: number, count: number): number {
  const end = at + count;
  const unrolled = end - ((end - at) & 7);
  let any = 0;
  for (let i = at; i < unrolled; i += 8) {
    any |=
      ((bits[i] & 0x7f800000) + 0x00800000) |
      ((bits[i + 1] & 0x7f800000) + 0x00800000) |
      ((bits[i + 2] & 0x7f800000) + 0x00800000) |
      ((bits[i + 3] & 0x7f800000) + 0x00800000) |
      ((bits[i + 4] & 0x7f800000) + 0x00800000) |
      ((bits[i + 5] & 0x7f800000) + 0x00800000) |
      ((bits[i + 6] & 0x7f800000) + 0x00800000) |
      ((bits[i + 7] & 0x7f800000) + 0x00800000);
  }
  for (let i = unrolled; i < end; i++) any |= (bits[i] & 0x7f800000) + 0x00800000;
  if (any >= 0) return -1;
  for (let i = at; i < end; i++) if ((bits[i] & 0x7f800000) === 0x7f800000) return i - at;
  return -1;
}

function findNotFinite64(words: Int32Array, at: number, count: number): number {
  for (let i = 0; i < count; i++) if ((words[(at + i) * 2 + 1] & 0x7ff00000) === 0x7ff00000) return i;
  return -1;
}

function findNotFinite16(halves: Uint16Array, at: number, count: number, exponent: number): number {
  for (let i = 0; i < count; i++) if ((halves[at + i] & exponent) === exponent) return i;
  return -1;
}

function conversionOf(kind: LeafKind, to: ElementType): Conversion | undefined {
  const range = integerRanges[to];
  if (range) return toInteger(kind, range[0], range[1], to);
  if (to === "int64") return kind === "int32" || kind === "uint32" || kind === "uint64" ? toInt64(kind) : undefined;
  const number = numberReader(kind);
  if (!number) return undefined;
  if (to === "float") return toFloat(number);
  if (to === "double") return toDouble(number);
  if (to === "float16" || to === "bfloat16") return isInteger(kind) ? undefined : toHalf(number, to);
  return undefined;
}

const integerRanges: Readonly<Partial<Record<ElementType, readonly [number, number]>>> = {
  int8: [-0x80, 0x7f],
  uint8: [0, 0xff],
  int16: [-0x8000, 0x7fff],
  int32: [-0x80000000, 0x7fffffff],
};

function isInteger(kind: LeafKind): boolean {
  return kind === "int32" || kind === "uint32" || kind === "int64" || kind === "uint64";
}

function toInteger(kind: LeafKind, least: number, greatest: number, to: ElementType): Conversion | undefined {
  if (!isInteger(kind)) return undefined;
  const view = to === "int8" ? "int8" : to === "uint8" ? "bytes" : to === "int16" ? "int16" : "int32";
  if (kind === "int64" || kind === "uint64") return fromWide(least, greatest, view);
  const source = kind === "int32" ? "int32" : "uint32";
  return (from, start, count, target, at) => {
    const values = from[source];
    const out = target[view];
    for (let i = 0; i < count; i++) {
      const value = values[start + i];
      if (value < least || value > greatest) return i;
      out[at + i] = value;
    }
    return -1;
  };
}

/** A 64-bit value fits when its high half repeats the sign of the low one; an unsigned one has the same bytes then. */
function fromWide(least: number, greatest: number, view: "int8" | "bytes" | "int16" | "int32"): Conversion {
  return (from, start, count, target, at) => {
    const words = from.int32;
    const out = target[view];
    for (let i = 0; i < count; i++) {
      const value = words[(start + i) * 2];
      if (words[(start + i) * 2 + 1] !== value >> 31 || value < least || value > greatest) return i;
      out[at + i] = value;
    }
    return -1;
  };
}

function toInt64(kind: "int32" | "uint32" | "uint64"): Conversion {
  return (from, start, count, target, at) => {
    const words = from.int32;
    const out = target.int32;
    for (let i = 0; i < count; i++) {
      const low = kind === "uint64" ? words[(start + i) * 2] : words[start + i];
      const high = kind === "uint64" ? words[(start + i) * 2 + 1] : kind === "int32" ? low >> 31 : 0;
      if (kind === "uint64" && high < 0) return i;
      out[(at + i) * 2] = low;
      out[(at + i) * 2 + 1] = high;
    }
    return -1;
  };
}

type NumberReader = (from: FixedBuffer, index: number) => number;

function numberReader(kind: LeafKind): NumberReader | undefined {
  const readers: Readonly<Partial<Record<LeafKind, NumberReader>>> = {
    int32: (from, i) => from.int32[i],
    uint32: (from, i) => from.uint32[i],
    int64: (from, i) => Number(from.int64[i]),
    uint64: (from, i) => Number(BigInt.asUintN(64, from.int64[i])),
    float: (from, i) => from.float32[i],
    double: (from, i) => from.float64[i],
    float16: (from, i) => float16BitsToFloat32(from.uint16[i]),
  };
  return readers[kind];
}

function toFloat(read: NumberReader): Conversion {
  return (from, start, count, target, at) => {
    const out = target.float32;
    for (let i = 0; i < count; i++) out[at + i] = read(from, start + i);
    return findNotFinite32(target.int32, at, count);
  };
}

function toDouble(read: NumberReader): Conversion {
  return (from, start, count, target, at) => {
    for (let i = 0; i < count; i++) target.float64[at + i] = read(from, start + i);
    return findNotFinite64(target.int32, at, count);
  };
}

function toHalf(read: NumberReader, to: "float16" | "bfloat16"): Conversion {
  const encode = to === "float16" ? float32ToFloat16Bits : float32ToBfloat16Bits;
  const exponent = to === "float16" ? 0x7c00 : 0x7f80;
  return (from, start, count, target, at) => {
    for (let i = 0; i < count; i++) target.uint16[at + i] = encode(read(from, start + i));
    return findNotFinite16(target.uint16, at, count, exponent);
  };
}

/** One value of the file, for a message. */
export function describeValue(kind: LeafKind, from: FixedBuffer, index: number): string {
  if (kind === "int64") return String(from.int64[index]);
  if (kind === "uint64") return String(BigInt.asUintN(64, from.int64[index]));
  return String(numberReader(kind)?.(from, index) ?? from.bytes[index]);
}
