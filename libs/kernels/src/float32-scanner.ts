import { exactFloat32 } from "./exact-float32.ts";
import { POWER_BIAS, POWERS } from "./powers.ts";

/** Where a scan failed; one object is used again and again, so that scanning allocates nothing. */
export interface NumberScan {
  /** The first byte that cannot stand there; behind the number when it is one that overflows. */
  end: number;
}

/** There is no number. */
export const NO_NUMBER = -1;
/** The number is greater than any float32. */
export const OVERFLOW = -2;

/** Bound of the relative error of the fast value: a few roundings of digits, one table entry, one product. */
const ERROR = 2 ** -45;
const LOW = 1 - ERROR;
const HIGH = 1 + ERROR;
/** Longer texts, and greater exponents, go the exact way. */
const MAX_LENGTH = 40;

/**
 * Reads one JSON number at `start` into `out[index]` as float32, and answers the position behind it. (An answered float
 * would be an object on the heap for each number: a gigabyte of garbage for a gigabyte of text.) Digits are gathered in a double, four at a time; the double may be off by a
 * little, so the result counts only if both ends of its error interval round to the same float32 (rounding is monotonic),
 * otherwise the exact way decides. Source of the digit trick: SWAR parsing, as in fast_float.
 *
 * `bytes` must be followed by at least 8 readable bytes that are no digits. Answers NO_NUMBER or OVERFLOW when that is what
 * there is, with `scan.end` telling where.
 */
export function scanFloat32(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  scan: NumberScan,
  out: Float32Array,
  index: number,
): number {
  let p = start + (((bytes[start] ^ 45) - 1) >>> 31);
  const sign = 1 - 2 * (p - start);
  let digit = bytes[p] - 48;
  if (digit >>> 0 > 9) return invalid(scan, p);
  let mantissa = digit;
  p++;
  if (digit !== 0) {
    while ((digit = bytes[p] - 48) >>> 0 <= 9) {
      mantissa = mantissa * 10 + digit;
      p++;
    }
  } else if ((bytes[p] - 48) >>> 0 <= 9) return invalid(scan, p);
  let scale = 0;
  if (bytes[p] === 46) {
    const first = ++p;
    let word = view.getInt32(p, true) ^ 0x30303030;
    while ((((word + 0x76767676) | word) & 0x80808080) === 0) {
      word = Math.imul(word, 10) + (word >>> 8);
      mantissa = mantissa * 10000 + ((word & 0xff) * 100 + ((word >>> 16) & 0xff));
      p += 4;
      word = view.getInt32(p, true) ^ 0x30303030;
    }
    const marks = ((word + 0x76767676) | word) & 0x80808080;
    const tail = (31 - Math.clz32(marks & -marks)) >>> 3;
    // The missing digits of the word become leading zeros.
    word = (word << (8 * (3 - tail))) << 8;
    word = Math.imul(word, 10) + (word >>> 8);
    mantissa = mantissa * POWERS[POWER_BIAS + tail] + ((word & 0xff) * 100 + ((word >>> 16) & 0xff));
    p += tail;
    if (p === first) return invalid(scan, p);
    scale = first - p;
  }
  if ((bytes[p] | 0x20) === 0x65) {
    const exponentEnd = skipExponent(bytes, p);
    if (exponentEnd < 0) return invalid(scan, ~exponentEnd);
    scale += exponentValue(bytes, p + 1, exponentEnd);
    p = exponentEnd;
  }
  if (p - start <= MAX_LENGTH && scale >= -POWER_BIAS && scale <= POWER_BIAS) {
    const value = mantissa * POWERS[scale + POWER_BIAS];
    const low = Math.fround(value * LOW);
    if (low === Math.fround(value * HIGH) && low !== Number.POSITIVE_INFINITY) {
      out[index] = sign * low;
      return p;
    }
  }
  return exact(bytes, start, p, scan, out, index);
}

function exact(
  bytes: Uint8Array,
  start: number,
  end: number,
  scan: NumberScan,
  out: Float32Array,
  index: number,
): number {
  const value = exactFloat32(textOf(bytes, start, end));
  out[index] = value;
  if (Number.isFinite(value)) return end;
  scan.end = end;
  return OVERFLOW;
}

function invalid(scan: NumberScan, at: number): number {
  scan.end = at;
  return NO_NUMBER;
}

/** Behind the exponent that begins at `p` with `e`, or the complement of the first byte that does not fit. */
function skipExponent(bytes: Uint8Array, p: number): number {
  let at = p + 1;
  if (bytes[at] === 43 || bytes[at] === 45) at++;
  const first = at;
  while ((bytes[at] - 48) >>> 0 <= 9) at++;
  return at > first ? at : ~at;
}

function exponentValue(bytes: Uint8Array, start: number, end: number): number {
  return Number(textOf(bytes, start, end));
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}
