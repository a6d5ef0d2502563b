import { float32ToBfloat16Bits, float32ToFloat16Bits } from "@sluice/values";
import type { Conversion, ElementType } from "./element-type.ts";
import { findNotFinite32, findNotFinite64, findNotFiniteBrain, findNotFiniteHalf } from "./finite.ts";
import {
  exactBelow,
  isFloat,
  isInteger,
  type NumberKind,
  type NumberReader,
  type NumberViews,
  numberReaders,
} from "./number-kind.ts";

/** How numbers of a kind become elements of another type; undefined where none of them may. */
export function conversionOf(kind: NumberKind, to: ElementType): Conversion | undefined {
  const read = numberReaders[kind];
  switch (to) {
    case "bool":
      return undefined;
    case "float":
      return kind === "bool" ? undefined : toFloat(kind);
    case "double":
      return kind === "bool" ? undefined : toDouble(kind);
    case "float16":
    case "bfloat16":
      return kind === "bool" ? undefined : toHalf(read, to);
    default:
      return toInteger(kind, to);
  }
}

type IntegerType = "int8" | "uint8" | "int16" | "int32" | "int64";

function toInteger(kind: NumberKind, to: IntegerType): Conversion | undefined {
  if (isFloat(kind)) return fromFloat(numberReaders[kind], exactBelow[kind], to);
  if (!isInteger(kind)) return undefined;
  if (to === "int64") return kind === "uint64" ? unsignedToInt64 : narrowToInt64(kind as NarrowKind);
  if (kind === "int64" || kind === "uint64") return fromWide(to);
  return fromNarrow(kind as NarrowKind, to);
}

const ranges: Readonly<Record<Exclude<IntegerType, "int64">, readonly [least: number, greatest: number]>> = {
  int8: [-0x80, 0x7f],
  uint8: [0, 0xff],
  int16: [-0x8000, 0x7fff],
  int32: [-0x80000000, 0x7fffffff],
};

type NarrowKind = "int8" | "uint8" | "int16" | "uint16" | "int32" | "uint32";

/** The view that shows integers of a kind. */
function integersOf(views: NumberViews, kind: NarrowKind) {
  return kind === "uint8" ? views.bytes : views[kind];
}

function fromNarrow(kind: NarrowKind, to: Exclude<IntegerType, "int64">): Conversion {
  const [least, greatest] = ranges[to];
  return (from, start, count, target, at) => {
    const values = integersOf(from, kind);
    const out = integersOf(target, to);
    for (let i = 0; i < count; i++) {
      const value = values[start + i];
      if (value < least || value > greatest) return i;
      out[at + i] = value;
    }
    return -1;
  };
}

/** A 64-bit value fits when its high half repeats the sign of the low one; an unsigned one has the same bytes then. */
function fromWide(to: Exclude<IntegerType, "int64">): Conversion {
  const [least, greatest] = ranges[to];
  return (from, start, count, target, at) => {
    const words = from.int32;
    const out = integersOf(target, to);
    for (let i = 0; i < count; i++) {
      const value = words[(start + i) * 2];
      if (words[(start + i) * 2 + 1] !== value >> 31 || value < least || value > greatest) return i;
      out[at + i] = value;
    }
    return -1;
  };
}

function narrowToInt64(kind: NarrowKind): Conversion {
  const isSigned = !kind.startsWith("u");
  return (from, start, count, target, at) => {
    const values = integersOf(from, kind);
    const out = target.int32;
    for (let i = 0; i < count; i++) {
      const value = values[start + i];
      out[(at + i) * 2] = value;
      out[(at + i) * 2 + 1] = isSigned ? value >> 31 : 0;
    }
    return -1;
  };
}

const unsignedToInt64: Conversion = (from, start, count, target, at) => {
  const words = from.int32;
  const out = target.int32;
  for (let i = 0; i < count; i++) {
    const high = words[(start + i) * 2 + 1];
    if (high < 0) return i;
    out[(at + i) * 2] = words[(start + i) * 2];
    out[(at + i) * 2 + 1] = high;
  }
  return -1;
};

/** Whole numbers that are certain to be what was meant. */
function fromFloat(read: NumberReader, limit: number, to: IntegerType): Conversion {
  if (to === "int64") return floatToInt64(read, limit);
  const [least, greatest] = ranges[to];
  return (from, start, count, target, at) => {
    const out = integersOf(target, to);
    for (let i = 0; i < count; i++) {
      const value = read(from, start + i);
      const isSafe = value > -limit && value < limit;
      if (!isSafe || value !== Math.trunc(value) || value < least || value > greatest) return i;
      out[at + i] = value;
    }
    return -1;
  };
}

function floatToInt64(read: NumberReader, limit: number): Conversion {
  return (from, start, count, target, at) => {
    const out = target.int32;
    for (let i = 0; i < count; i++) {
      const value = read(from, start + i);
      if (!(value > -limit && value < limit) || value !== Math.trunc(value)) return i;
      out[(at + i) * 2] = value;
      out[(at + i) * 2 + 1] = Math.floor(value / 2 ** 32);
    }
    return -1;
  };
}

function toFloat(kind: NumberKind): Conversion {
  const copy = copyOf(kind);
  return (from, start, count, target, at) => {
    copy(from, start, count, target.float32, at);
    return findNotFinite32(target.int32, at, count);
  };
}

function toDouble(kind: NumberKind): Conversion {
  const copy = copyOf(kind);
  return (from, start, count, target, at) => {
    copy(from, start, count, target.float64, at);
    return findNotFinite64(target.int32, at, count);
  };
}

type Copy = (from: NumberViews, start: number, count: number, out: Float32Array | Float64Array, at: number) => void;

/** The engine's own loop over two typed arrays, but for 64-bit integers, which it refuses, and bfloat16, which it does not know. */
function copyOf(kind: NumberKind): Copy {
  if (kind !== "int64" && kind !== "uint64" && kind !== "bfloat16")
    return (from, start, count, out, at) => out.set(viewOf(from, kind).subarray(start, start + count), at);
  const read = numberReaders[kind];
  return (from, start, count, out, at) => {
    for (let i = 0; i < count; i++) out[at + i] = read(from, start + i);
  };
}

function viewOf(views: NumberViews, kind: Exclude<NumberKind, "int64" | "uint64" | "bfloat16">) {
  if (kind === "float") return views.float32;
  if (kind === "double") return views.float64;
  const { uint16 } = views;
  if (kind === "float16") return new Float16Array(uint16.buffer, uint16.byteOffset, uint16.length);
  return integersOf(views, kind as NarrowKind);
}

function toHalf(read: NumberReader, to: "float16" | "bfloat16"): Conversion {
  const encode = to === "float16" ? float32ToFloat16Bits : float32ToBfloat16Bits;
  const find = to === "float16" ? findNotFiniteHalf : findNotFiniteBrain;
  return (from, start, count, target, at) => {
    const out = target.uint16;
    for (let i = 0; i < count; i++) out[at + i] = encode(read(from, start + i));
    return find(out, at, count);
  };
}
