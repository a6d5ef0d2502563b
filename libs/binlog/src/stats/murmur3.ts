import type { Column } from "@sluice/columns";
import { hashInt64Keys } from "@sluice/kernels";

/**
 * MurmurHash3 x64 128 with seed 0, 64-bit numbers as pairs of int32 so that no BigInt is made per key. Source: Austin
 * Appleby's smhasher, in the public domain.
 *
 * A bloom filter needs two hashes of a key: of its bytes, and of its bytes with 0x01 behind them. They share all full
 * blocks, so both come at once, as eight int32: low halves of h0, h1 (first hash), h2, h3 (second), then high halves.
 */
export const hashWords = 8;

// The constants of the algorithm, halved.
const c1Low = 0x114253d5;
const c1High = 0x87c37b91 | 0;
const c2Low = 0x2745937f;
const c2High = 0x4cf5ad43;
const f1Low = 0xed558ccd | 0;
const f1High = 0xff51afd7 | 0;
const f2Low = 0x1a85ec53;
const f2High = 0xc4ceb9fe | 0;

/** What a second tail word of 1, the appended byte alone, does to h2: rotl(1 * c2, 33) * c1. */
const appendedByte = mixK2OfOne();

function mixK2OfOne(): { readonly low: number; readonly high: number } {
  const c1 = 0x87c37b91114253d5n;
  const c2 = 0x4cf5ad432745937fn;
  const mixed = BigInt.asIntN(64, BigInt.asUintN(64, (c2 << 33n) | (c2 >> 31n)) * c1);
  return { low: Number(BigInt.asIntN(32, mixed)), high: Number(mixed >> 32n) };
}

/** Hashes of rows `[from, to)` of an Int64 (its 8 bytes, little-endian) or VarChar (its UTF-8) column, 8 words a key. */
export function hashKeys(column: Column, from: number, to: number, out: Int32Array): void {
  if (column.kind === "var") {
    const { data, offsets } = column;
    for (let row = from, at = 0; row < to; row++, at += hashWords)
      hashBytes(data, offsets[row], offsets[row + 1], out, at);
    return;
  }
  hashInt64Keys(column.data.subarray(8 * from, 8 * to), out);
}

/** Both hashes of an int64. */
export function hashInt64(low: number, high: number, out: Int32Array, at: number): void {
  let kHigh = mulHigh(low, c1Low, high, c1High);
  let kLow = Math.imul(low, c1Low);
  const rotated = (kHigh << 31) | (kLow >>> 1);
  kLow = (kLow << 31) | (kHigh >>> 1);
  kHigh = mulHigh(kLow, c2Low, rotated, c2High);
  kLow = Math.imul(kLow, c2Low);
  finish(kLow, kHigh, 0, 0, 8, out, at);
  finish(kLow, kHigh, appendedByte.low, appendedByte.high, 9, out, at + 2);
}

/** h1 low, high, h2 low, high of the key that is being hashed. */
const state = new Int32Array(4);
const tail = new Uint8Array(16);
const tailWords = new Int32Array(tail.buffer);

/** Both hashes of `data[start, end)`. */
export function hashBytes(data: Uint8Array, start: number, end: number, out: Int32Array, at: number): void {
  state.fill(0);
  const length = end - start;
  const blocksEnd = end - (length & 15);
  for (let i = start; i < blocksEnd; i += 16) {
    mixBlock(readWord(data, i), readWord(data, i + 4), readWord(data, i + 8), readWord(data, i + 12));
  }
  tail.fill(0);
  for (let i = blocksEnd; i < end; i++) tail[i - blocksEnd] = data[i];
  finishTail(length, out, at);
  tail[length & 15] = 1;
  if ((length & 15) === 15) {
    // The appended byte fills the block.
    mixBlock(tailWords[0], tailWords[1], tailWords[2], tailWords[3]);
    tail.fill(0);
  }
  finishTail(length + 1, out, at + 2);
}

function readWord(data: Uint8Array, at: number): number {
  return data[at] | (data[at + 1] << 8) | (data[at + 2] << 16) | (data[at + 3] << 24);
}

function mixBlock(k1Low: number, k1High: number, k2Low: number, k2High: number): void {
  mixIntoH1(k1Low, k1High);
  let low = (state[0] << 27) | (state[1] >>> 5);
  let high = (state[1] << 27) | (state[0] >>> 5);
  high = (high + state[3] + carry(low, state[2])) | 0;
  low = (low + state[2]) | 0;
  state[1] = (mulHigh(low, 5, high, 0) + carry(Math.imul(low, 5), 0x52dce729)) | 0;
  state[0] = (Math.imul(low, 5) + 0x52dce729) | 0;
  mixIntoH2(k2Low, k2High);
  low = (state[2] << 31) | (state[3] >>> 1);
  high = (state[3] << 31) | (state[2] >>> 1);
  high = (high + state[1] + carry(low, state[0])) | 0;
  low = (low + state[0]) | 0;
  state[3] = (mulHigh(low, 5, high, 0) + carry(Math.imul(low, 5), 0x38495ab5)) | 0;
  state[2] = (Math.imul(low, 5) + 0x38495ab5) | 0;
}

/** h1 ^= rotl(k1 * c1, 31) * c2 */
function mixIntoH1(low: number, high: number): void {
  const productHigh = mulHigh(low, c1Low, high, c1High);
  const productLow = Math.imul(low, c1Low);
  const rotatedLow = (productLow << 31) | (productHigh >>> 1);
  const rotatedHigh = (productHigh << 31) | (productLow >>> 1);
  state[0] ^= Math.imul(rotatedLow, c2Low);
  state[1] ^= mulHigh(rotatedLow, c2Low, rotatedHigh, c2High);
}

/** h2 ^= rotl(k2 * c2, 33) * c1 */
function mixIntoH2(low: number, high: number): void {
  const productHigh = mulHigh(low, c2Low, high, c2High);
  const productLow = Math.imul(low, c2Low);
  const rotatedLow = (productHigh << 1) | (productLow >>> 31);
  const rotatedHigh = (productLow << 1) | (productHigh >>> 31);
  state[2] ^= Math.imul(rotatedLow, c1Low);
  state[3] ^= mulHigh(rotatedLow, c1Low, rotatedHigh, c1High);
}

/** Hash of the blocks in `state` and the bytes in `tail`; the state stays, for the longer key. */
function finishTail(length: number, out: Int32Array, at: number): void {
  const h1Low = state[0];
  const h1High = state[1];
  const h2Low = state[2];
  const h2High = state[3];
  mixIntoH2(tailWords[2], tailWords[3]);
  mixIntoH1(tailWords[0], tailWords[1]);
  finish(state[0], state[1], state[2], state[3], length, out, at);
  state[0] = h1Low;
  state[1] = h1High;
  state[2] = h2Low;
  state[3] = h2High;
}

/** The last steps: length, two avalanches; writes two low halves at `at` and two high halves four words later. */
function finish(
  h1Low: number,
  h1High: number,
  h2Low: number,
  h2High: number,
  length: number,
  out: Int32Array,
  at: number,
): void {
  let bLow = h2Low ^ length;
  let aLow = h1Low ^ length;
  let aHigh = (h1High + h2High + carry(aLow, bLow)) | 0;
  aLow = (aLow + bLow) | 0;
  let bHigh = (h2High + aHigh + carry(bLow, aLow)) | 0;
  bLow = (bLow + aLow) | 0;

  aLow ^= aHigh >>> 1;
  aHigh = mulHigh(aLow, f1Low, aHigh, f1High);
  aLow = Math.imul(aLow, f1Low) ^ (aHigh >>> 1);
  aHigh = mulHigh(aLow, f2Low, aHigh, f2High);
  aLow = Math.imul(aLow, f2Low) ^ (aHigh >>> 1);

  bLow ^= bHigh >>> 1;
  bHigh = mulHigh(bLow, f1Low, bHigh, f1High);
  bLow = Math.imul(bLow, f1Low) ^ (bHigh >>> 1);
  bHigh = mulHigh(bLow, f2Low, bHigh, f2High);
  bLow = Math.imul(bLow, f2Low) ^ (bHigh >>> 1);

  aHigh = (aHigh + bHigh + carry(aLow, bLow)) | 0;
  aLow = (aLow + bLow) | 0;
  out[at] = aLow;
  out[at + 1] = (bLow + aLow) | 0;
  out[at + 4] = aHigh;
  out[at + 5] = (bHigh + aHigh + carry(bLow, aLow)) | 0;
}

/** 1 when the unsigned sum passes 2^32. In int32 throughout: comparing as unsigned would go through doubles. */
function carry(a: number, b: number): number {
  return ((a & b) | ((a | b) & ~(a + b))) >>> 31;
}

/** High half of the 64-bit product of two numbers given in halves. */
function mulHigh(aLow: number, bLow: number, aHigh: number, bHigh: number): number {
  const a0 = aLow & 0xffff;
  const a1 = aLow >>> 16;
  const b0 = bLow & 0xffff;
  const b1 = bLow >>> 16;
  const middle1 = Math.imul(a0, b1);
  const middle2 = Math.imul(a1, b0);
  const middle = (Math.imul(a0, b0) >>> 16) + (middle1 & 0xffff) + (middle2 & 0xffff);
  const upper = Math.imul(a1, b1) + (middle1 >>> 16) + (middle2 >>> 16) + (middle >>> 16);
  return (upper + Math.imul(aHigh, bLow) + Math.imul(aLow, bHigh)) | 0;
}
