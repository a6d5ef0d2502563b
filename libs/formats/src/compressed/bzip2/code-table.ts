import { Undecodable } from "../own-decoding.ts";
import type { BitReader } from "./bit-reader.ts";

/** Longest code of a symbol. Source: `BZ_MAX_CODE_LEN` allows 20. */
export const MAX_CODE_BITS = 20;
/** Codes up to here are found at once. */
export const FAST_BITS = 10;

/** A canonical Huffman code: the codes of one length are numbers in a row, in the order of their symbols. */
export interface CodeTable {
  /** By the next `FAST_BITS` bits: symbol << 5 | length; 0 where the code is longer. */
  readonly fast: Uint16Array;
  /** By length: the first number of `MAX_CODE_BITS` bits that begins no code of this length or a shorter one. */
  readonly limits: Uint32Array;
  /** By length: what a code of it lies above its place in `symbols`. */
  readonly bases: Int32Array;
  /** By their codes. */
  readonly symbols: Uint16Array;
}

/** @throws {Undecodable} for lengths that make no code */
export function readCodeTable(bits: BitReader, symbolCount: number): CodeTable {
  const lengths = new Uint8Array(symbolCount);
  let length = bits.bits(5);
  for (let symbol = 0; symbol < symbolCount; symbol++) {
    for (;;) {
      if (length < 1 || length > MAX_CODE_BITS) throw new Undecodable(`a code has ${length} bits`);
      if (bits.bits(1) === 0) break;
      length += bits.bits(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  return codeTable(lengths);
}

function codeTable(lengths: Uint8Array): CodeTable {
  const symbols = new Uint16Array(lengths.length);
  const limits = new Uint32Array(MAX_CODE_BITS + 1);
  const bases = new Int32Array(MAX_CODE_BITS + 1);
  const fast = new Uint16Array(1 << FAST_BITS);
  let code = 0;
  let place = 0;
  for (let length = 1; length <= MAX_CODE_BITS; length++) {
    bases[length] = code - place;
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] !== length) continue;
      symbols[place++] = symbol;
      if (length <= FAST_BITS) fillFast(fast, code, length, symbol);
      code++;
    }
    if (code > 1 << length) throw new Undecodable("there are more codes than bits for them");
    limits[length] = code << (MAX_CODE_BITS - length);
    code <<= 1;
  }
  return { fast, limits, bases, symbols };
}

function fillFast(fast: Uint16Array, code: number, length: number, symbol: number): void {
  const shift = FAST_BITS - length;
  fast.fill((symbol << 5) | length, code << shift, (code + 1) << shift);
}
