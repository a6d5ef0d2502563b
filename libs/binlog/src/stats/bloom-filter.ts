import { giveMemory, takeMemory } from "@sluice/async";
import type { Column } from "@sluice/columns";
import { addInt64Keys } from "@sluice/kernels";
import { malformed } from "../malformed.ts";
import { hashBytes, hashInt64, hashKeys, hashWords } from "./murmur3.ts";

/** Milvus's rate of false positives since 2.4. */
export const defaultFalsePositiveRate = 0.001;

/** Keys hashed at a time: what stays in the first cache. */
const chunkKeys = 512;
const chunk = new Int32Array(chunkKeys * hashWords);
/** Bytes encoded at a time: whole words of 8 in whole groups of 3. */
const PIECE_BYTES = 24 << 10;

/**
 * The filter of Milvus's primary-key statistics: `bits-and-blooms/bloom` v3, binlog format §6.2. Any number of bits can be
 * read; filters that we size ourselves have a power of two, which makes adding a key ten masks instead of ten divisions of
 * 64 bits, and lets a filter shrink: readers take size and hashes from the file.
 */
export class BloomFilter {
  /** M: bits. */
  readonly bitCount: number;
  /** K: bits a key sets. */
  readonly hashCount: number;
  /** Bit i is bit `i & 31` of word `i >> 5`; an even number of words. */
  readonly #words: Uint32Array<ArrayBuffer>;
  readonly #isPowerOfTwo: boolean;

  private constructor(bitCount: number, hashCount: number, words: Uint32Array<ArrayBuffer>) {
    this.bitCount = bitCount;
    this.hashCount = hashCount;
    this.#words = words;
    this.#isPowerOfTwo = bitCount >= 64 && bitCount <= 2 ** 32 && Number.isInteger(Math.log2(bitCount));
  }

  /** Memory of a filter as `withCapacity` makes it. */
  static bytesFor(keys: number, rate = defaultFalsePositiveRate): number {
    const least = Math.ceil((-keys * Math.log(rate)) / Math.LN2 ** 2);
    return Math.min(2 ** 32, Math.max(64, 2 ** Math.ceil(Math.log2(Math.max(1, least))))) / 8;
  }

  /** Smallest power of two, and fewest hashes, that keep the rate for `keys` keys; at most 2^32 bits. */
  static withCapacity(keys: number, rate = defaultFalsePositiveRate): BloomFilter {
    const bitCount = 8 * BloomFilter.bytesFor(keys, rate);
    let hashCount = 1;
    const best = Math.max(1, Math.round((Math.LN2 * bitCount) / Math.max(1, keys)));
    while (hashCount < Math.min(best, 16) && falsePositives(bitCount, hashCount, keys) > rate) hashCount++;
    return BloomFilter.#empty(bitCount, hashCount);
  }

  /** Size and hashes as a Milvus server chooses them. */
  static likeServer(keys: number, rate: number): BloomFilter {
    const bitCount = Math.max(1, Math.ceil((-keys * Math.log(rate)) / Math.LN2 ** 2));
    return BloomFilter.#empty(bitCount, Math.max(1, Math.ceil((Math.LN2 * bitCount) / keys)));
  }

  /**
   * @param text base64url of the bit count and the words, as `encodeInto` gives it
   * @throws {ImportError} `malformed_file`
   */
  static decode(bitCount: number, hashCount: number, text: string): BloomFilter {
    const bytes = Buffer.from(text, "base64url");
    const words = Math.ceil(bitCount / 64) * 2;
    const isSane = bitCount >= 1 && bitCount <= 2 ** 40 && hashCount >= 1 && hashCount <= 1000;
    if (!isSane || bytes.length !== 8 + words * 4 || bytes.readBigUInt64BE(0) !== BigInt(bitCount)) {
      throw malformed(
        `bloom filter of ${bitCount} bits and ${hashCount} hashes does not match its ${bytes.length} bytes`,
      );
    }
    const copy = new Uint8Array(words * 4);
    copy.set(bytes.subarray(8));
    Buffer.from(copy.buffer).swap64();
    return new BloomFilter(bitCount, hashCount, new Uint32Array(copy.buffer));
  }

  static #empty(bitCount: number, hashCount: number): BloomFilter {
    return new BloomFilter(bitCount, hashCount, emptyWords(Math.ceil(bitCount / 64) * 2));
  }

  /** Bytes that `encodeInto` writes. */
  get encodedLength(): number {
    return Math.ceil((8 + this.#words.length * 4) / 3) * 4;
  }

  /**
   * Base64url with padding of the bit count and the words, both as big-endian uint64: written piece by piece, since it takes
   * megabytes.
   */
  encodeInto(target: Buffer, at: number): void {
    const words = this.#bytes;
    const piece = Buffer.alloc(PIECE_BYTES);
    let [to, used] = [at, piece.writeBigUInt64BE(BigInt(this.bitCount))];
    for (let from = 0; from < words.length; used = 0) {
      const body = words.subarray(from, from + piece.length - used);
      piece.set(body, used);
      used += body.length;
      piece.subarray(used - body.length, used).swap64();
      to += target.write(piece.toString("base64url", 0, used), to, "latin1");
      from += body.length;
    }
    target.fill("=", to, at + this.encodedLength);
  }

  /** Adds the keys of an Int64 or VarChar column. */
  addColumn(column: Column, rowCount: number): void {
    if (column.kind === "fixed" && this.#isPowerOfTwo) {
      const { bitCount, hashCount } = this;
      const keys = column.data.subarray(0, 8 * rowCount);
      if (addInt64Keys(keys, { words: this.#words, bitCount, hashCount })) return;
    }
    for (let from = 0; from < rowCount; from += chunkKeys) {
      const to = Math.min(rowCount, from + chunkKeys);
      hashKeys(column, from, to, chunk);
      this.addHashes(chunk, to - from);
    }
  }

  /** Adds keys by what `hashKeys` made of them. */
  addHashes(hashes: Int32Array, count: number): void {
    const words = this.#words;
    if (!this.#isPowerOfTwo) {
      for (let key = 0; key < count; key++)
        for (const bit of this.#exactBits(hashes, key * hashWords)) this.#setBit(bit);
      return;
    }
    // Low halves decide. Read once a key: the compiler cannot know that the words which are written are others.
    const mask = (this.bitCount - 1) | 0;
    const hashCount = this.hashCount;
    for (let at = 0; at < count * hashWords; at += hashWords) {
      const h0 = hashes[at];
      const h1 = hashes[at + 1];
      const h2 = hashes[at + 2];
      const h3 = hashes[at + 3];
      for (let i = 0; i < hashCount; i++) {
        const bit = ((i & 1 ? h1 : h0) + Math.imul(i, (i + 1) & 2 ? h3 : h2)) & mask;
        words[bit >>> 5] |= 1 << bit;
      }
    }
  }

  /** False: the key was never added. True: it probably was. */
  mayContain(key: bigint | string): boolean {
    const hash = new Int32Array(hashWords);
    if (typeof key === "bigint")
      hashInt64(Number(BigInt.asIntN(32, key)), Number(BigInt.asIntN(32, key >> 32n)), hash, 0);
    else hashText(key, hash);
    return this.#exactBits(hash, 0).every((bit) => this.#hasBit(bit));
  }

  /**
   * The same keys in as few bits as keep the rate for `keys` of them. A smaller power of two divides the larger, so bit i
   * goes to bit i modulo the new size. Filters of another size stay as they are.
   */
  shrunkFor(keys: number, rate = defaultFalsePositiveRate): BloomFilter {
    let bitCount = this.bitCount;
    if (!this.#isPowerOfTwo) return this;
    while (bitCount > 64 && falsePositives(bitCount / 2, this.hashCount, keys) <= rate) bitCount /= 2;
    if (bitCount === this.bitCount) return this;
    const words = emptyWords(bitCount / 32);
    for (let i = 0; i < this.#words.length; i++) words[i % words.length] |= this.#words[i];
    return new BloomFilter(bitCount, this.hashCount, words);
  }

  /** Gives its memory back. It is not used again. */
  release(): void {
    giveMemory(this.#bytes);
  }

  get #bytes(): Uint8Array<ArrayBuffer> {
    const { buffer, byteOffset, byteLength } = this.#words;
    return new Uint8Array(buffer, byteOffset, byteLength);
  }

  /** Bit i = (h[i mod 2] + i * h[2 + ((i + i mod 2) mod 4) / 2]) mod 2^64 mod M, for any M. */
  #exactBits(hashes: Int32Array, at: number): number[] {
    const h = [0, 1, 2, 3].map((i) => (BigInt(hashes[at + 4 + i]) << 32n) + BigInt(hashes[at + i] >>> 0));
    const bits: number[] = [];
    for (let i = 0; i < this.hashCount; i++) {
      const sum = h[i & 1] + BigInt(i) * h[2 + secondHash(i)];
      bits.push(Number(BigInt.asUintN(64, sum) % BigInt(this.bitCount)));
    }
    return bits;
  }

  #setBit(bit: number): void {
    this.#words[Math.floor(bit / 32)] |= 1 << (bit % 32);
  }

  #hasBit(bit: number): boolean {
    return ((this.#words[Math.floor(bit / 32)] >>> (bit % 32)) & 1) === 1;
  }
}

/** 0 for h2, 1 for h3. */
function secondHash(i: number): number {
  return ((i + (i & 1)) & 3) >>> 1;
}

/** A segment after the other needs one of megabytes for as long as it is open. */
function emptyWords(length: number): Uint32Array<ArrayBuffer> {
  const { buffer, byteOffset } = takeMemory(4 * length).fill(0);
  return new Uint32Array(buffer, byteOffset, length);
}

function falsePositives(bitCount: number, hashCount: number, keys: number): number {
  return (1 - Math.exp((-hashCount * keys) / bitCount)) ** hashCount;
}

function hashText(text: string, hash: Int32Array): void {
  const bytes = Buffer.from(text);
  hashBytes(bytes, 0, bytes.length, hash, 0);
}
