import { findNotFiniteFloat } from "@sluice/kernels";

/** Words looked at before the result of the OR is: a hit is then searched for in so many. */
const BLOCK = 4096;

/**
 * Exponents of all ones, which infinities and NaN have, by words of 32 bits. Adding `one` to the masked exponent carries
 * into `sign`, and only then: an OR over many sums tells whether any was bad, without a comparison for each.
 */
interface ExponentTest {
  readonly mask: number;
  readonly one: number;
  readonly sign: number;
}
const float32: ExponentTest = { mask: 0x7f800000, one: 0x00800000, sign: 0x80000000 };
const float64High: ExponentTest = { mask: 0x7ff00000, one: 0x00100000, sign: 0x80000000 };
const float16Pair: ExponentTest = { mask: 0x7c007c00, one: 0x04000400, sign: 0x80008000 };
const bfloat16Pair: ExponentTest = { mask: 0x7f807f80, one: 0x00800080, sign: 0x80008000 };

/** First of `count` float32 from `at` on that is NaN or infinite, counted from `at`, or -1. @param words their bits */
export function findNotFinite32(words: Int32Array, at: number, count: number): number {
  const found = findNotFiniteFloat(words, at, count);
  if (found !== undefined) return found;
  const word = findWord(words, at, at + count, 1, float32);
  return word < 0 ? -1 : word - at;
}

/** As `findNotFinite32`, of float64. @param words two for each of them */
export function findNotFinite64(words: Int32Array, at: number, count: number): number {
  const word = findWord(words, at * 2 + 1, (at + count) * 2, 2, float64High);
  return word < 0 ? -1 : (word - 1) / 2 - at;
}

/** As `findNotFinite32`, of float16. @param halves memory that is 4-byte aligned */
export function findNotFiniteHalf(halves: Uint16Array, at: number, count: number): number {
  return findHalf(halves, at, count, float16Pair);
}

/** As `findNotFiniteHalf`, of bfloat16. */
export function findNotFiniteBrain(halves: Uint16Array, at: number, count: number): number {
  return findHalf(halves, at, count, bfloat16Pair);
}

function findHalf(halves: Uint16Array, at: number, count: number, test: ExponentTest): number {
  const words = new Int32Array(halves.buffer, halves.byteOffset, halves.length >>> 1);
  const end = at + count;
  const isBad = (i: number) => (((halves[i] & test.mask & 0xffff) + (test.one & 0xffff)) & 0x8000) !== 0;
  if (count > 0 && at % 2 === 1 && isBad(at)) return 0; // In a pair with one that is not asked for.
  const word = findWord(words, (at + 1) >>> 1, end >>> 1, 1, test);
  // The exact one: of the pair that was found, or an odd last one that is in no pair.
  for (let i = word < 0 ? Math.max(at, end & ~1) : word * 2; i < end; i++) if (isBad(i)) return i - at;
  return -1;
}

/** First of the words `start`, `start + step`, ... below `stop` whose exponent is all ones, or -1. */
function findWord(
  words: Int32Array,
  start: number,
  stop: number,
  step: number,
  { mask, one, sign }: ExponentTest,
): number {
  for (let from = start; from < stop; from += BLOCK * step) {
    const end = Math.min(stop, from + BLOCK * step);
    if ((orOfSums(words, from, end, step, mask, one) & sign) === 0) continue;
    for (let i = from; i < end; i += step) if ((((words[i] & mask) + one) & sign) !== 0) return i;
  }
  return -1;
}

function orOfSums(words: Int32Array, from: number, end: number, step: number, mask: number, one: number): number {
  if (step === 1) return orOfNeighbours(words, from, end, mask, one);
  let a = 0;
  for (let i = from; i < end; i += step) a |= (words[i] & mask) + one;
  return a;
}

/** Eight at a time: 9 GB/s, against 5.7 for four at a time with a step that is not known. */
function orOfNeighbours(words: Int32Array, from: number, end: number, mask: number, one: number): number {
  let i = from;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (const last = end - 7; i < last; i += 8) {
    a |= ((words[i] & mask) + one) | ((words[i + 4] & mask) + one);
    b |= ((words[i + 1] & mask) + one) | ((words[i + 5] & mask) + one);
    c |= ((words[i + 2] & mask) + one) | ((words[i + 6] & mask) + one);
    d |= ((words[i + 3] & mask) + one) | ((words[i + 7] & mask) + one);
  }
  for (; i < end; i++) a |= (words[i] & mask) + one;
  return a | b | c | d;
}
