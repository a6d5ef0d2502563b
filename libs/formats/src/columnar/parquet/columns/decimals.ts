import { scanFloat32 } from "@sluice/kernels";
import type { LeafType } from "@sluice/parquet";
import { float32ToBfloat16Bits, float32ToFloat16Bits } from "@sluice/values";
import type { Conversion, ElementType } from "../../../numbers/element-type.ts";
import type { NumberViews } from "../../../numbers/number-kind.ts";

// DECIMAL: an integer and how many of its digits stand behind the point; in INT32, INT64, or big-endian two's complement of
// any length. Source: parquet-format, LogicalTypes.md.

/** How decimals become numbers: integers where they are whole, floats nearest to them. */
export function decimalConversion(type: LeafType, to: ElementType): Conversion | undefined {
  if (to === "bool" || to === "uint8" || type.width === 0) return undefined;
  if (to === "float16" || to === "bfloat16") return toHalves(type, to);
  if (to === "float") return toFloats(type);
  return to === "double" ? toDoubles(type) : toIntegers(type, to);
}

const integerBits = { int8: 8, int16: 16, int32: 32, int64: 64 } as const;

function toIntegers(type: LeafType, to: keyof typeof integerBits): Conversion {
  const read = unscaledOf(type);
  const unit = 10n ** BigInt(type.scale ?? 0);
  const bits = integerBits[to];
  return (from, start, count, target, at) => {
    for (let i = 0; i < count; i++) {
      const unscaled = read(from, start + i);
      const value = unscaled / unit;
      if (value * unit !== unscaled || BigInt.asIntN(bits, value) !== value) return i;
      if (to === "int64") target.int64[at + i] = value;
      else target[to][at + i] = Number(value);
    }
    return -1;
  };
}

/** Powers of ten that a double holds exactly. */
const MAX_EXACT_SCALE = 22;

function toDoubles(type: LeafType): Conversion {
  const read = numberOf(type, 2 ** 53, MAX_EXACT_SCALE, Number);
  return (from, start, count, target, at) => {
    for (let i = 0; i < count; i++) target.float64[at + i] = read(from, start + i);
    return -1;
  };
}

function toFloats(type: LeafType): Conversion {
  // Rounding a quotient of two float32 first to double and then to float32 is the same as rounding it once.
  const read = numberOf(type, 2 ** 24, 10, nearestFloat);
  return (from, start, count, target, at) => {
    const out = target.float32;
    for (let i = 0; i < count; i++) {
      out[at + i] = read(from, start + i);
      if (!Number.isFinite(out[at + i])) return i;
    }
    return -1;
  };
}

/** By way of float32, as numbers in text go. */
function toHalves(type: LeafType, to: "float16" | "bfloat16"): Conversion {
  const read = numberOf(type, 2 ** 24, 10, nearestFloat);
  const [encode, infinity] =
    to === "float16" ? [float32ToFloat16Bits, 0x7c00] : ([float32ToBfloat16Bits, 0x7f80] as const);
  return (from, start, count, target, at) => {
    for (let i = 0; i < count; i++) {
      const bits = encode(read(from, start + i));
      if ((bits & infinity) === infinity) return i;
      target.uint16[at + i] = bits;
    }
    return -1;
  };
}

/** The number by one division where that rounds rightly, else from its text. */
function numberOf(
  type: LeafType,
  limit: number,
  maxScale: number,
  parse: (text: string) => number,
): (from: NumberViews, index: number) => number {
  const { scale = 0, width, isBigEndian } = type;
  const unit = 10 ** scale;
  const read = unscaledOf(type);
  return (from, index) => {
    const unscaled = width === 4 && !isBigEndian ? from.int32[index] : Number(read(from, index));
    if (scale <= maxScale && Math.abs(unscaled) < limit) return unscaled / unit;
    return parse(decimalText(type, from, index));
  };
}

const scan = { end: 0 };
const scanned = new Float32Array(1);

function nearestFloat(text: string): number {
  const bytes = Buffer.from(`${text} `.padEnd(text.length + 16));
  const end = scanFloat32(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, scan, scanned, 0);
  return end < 0 ? Number.POSITIVE_INFINITY : scanned[0];
}

function unscaledOf({ width, isBigEndian }: LeafType): (from: NumberViews, index: number) => bigint {
  if (!isBigEndian && width === 4) return ({ int32 }, i) => BigInt(int32[i]);
  if (!isBigEndian && width === 8) return ({ int64 }, i) => int64[i];
  return ({ bytes }, i) => bigEndian(bytes, i * width, (i + 1) * width);
}

/** An integer in two's complement, first byte first. */
export function bigEndian(bytes: Uint8Array, start: number, end: number): bigint {
  let value = 0n;
  for (let at = start; at < end; at++) value = (value << 8n) | BigInt(bytes[at]);
  return BigInt.asIntN(8 * (end - start), value);
}

/** The number in full, without exponent: `-0.50`. */
export function decimalText(type: LeafType, from: NumberViews, index: number): string {
  return scaledText(unscaledOf(type)(from, index), type.scale ?? 0);
}

/** An integer with a point before its last `scale` digits. */
export function scaledText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const sign = unscaled < 0n ? "-" : "";
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
