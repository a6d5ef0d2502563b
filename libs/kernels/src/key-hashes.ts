import { isPooled, pooledMemory } from "@sluice/async";
import { keyHashes } from "./gen/key-hashes.ts";
import { instantiateIn, ownMemory } from "./web-assembly.ts";

interface Kernel {
  readonly hashInt64s: (keys: number, count: number, out: number) => void;
  readonly addHashes: (hashes: number, count: number, filter: number, mask: number, hashCount: number) => void;
  readonly bucketsOfInt64s: (keys: number, count: number, buckets: number, out: number) => void;
  readonly sampleInt64s: (keys: number, count: number, mask: number, out: number) => number;
  readonly keys: Uint8Array;
  readonly hashes: Int32Array;
}

/** A Bloom filter whose size is a power of two: bit i is bit `i & 31` of word `i >> 5`. */
export interface KeyFilter {
  readonly words: Uint32Array;
  /** 2^32 at most. */
  readonly bitCount: number;
  /** Bits that a key sets. */
  readonly hashCount: number;
}

/** Keys that are hashed at once: what stays in the first cache. */
const MAX_KEYS = 512;
const KEY_BYTES = 8;
/** Int32 words of a key's hashes. */
const HASH_WORDS = 8;
/** Where keys and hashes lie, in the first page of the kernel's memory. */
const KEYS = 1024;
const HASHES = KEYS + KEY_BYTES * MAX_KEYS;

let kernel: Kernel | undefined;

/** One a thread, in its arena, where large filters lie. */
function loadKernel(): Kernel {
  const memory = pooledMemory() ?? ownMemory(1);
  return {
    ...instantiateIn<Omit<Kernel, "keys" | "hashes">>(keyHashes, memory),
    keys: new Uint8Array(memory.buffer, KEYS, KEY_BYTES * MAX_KEYS),
    hashes: new Int32Array(memory.buffer, HASHES, HASH_WORDS * MAX_KEYS),
  };
}

/**
 * Hashes int64 keys as the filters of Milvus want them (MurmurHash3 x64 128, twice), ten times as fast as halves of numbers in
 * JavaScript are multiplied.
 * @param keys 8 bytes each, little-endian
 * @param out 8 words a key: low halves of the four hashes, then high halves
 */
export function hashInt64Keys(keys: Uint8Array, out: Int32Array): void {
  hashEach(keys, ({ hashes }, from, count) => out.set(hashes.subarray(0, count * HASH_WORDS), from * HASH_WORDS));
}

/** Hashes int64 keys and adds them to a filter. False where that does not lie in the thread's arena: nothing was done then. */
export function addInt64Keys(keys: Uint8Array, { words, bitCount, hashCount }: KeyFilter): boolean {
  if (!isPooled(words)) return false;
  hashEach(keys, ({ addHashes }, _from, count) =>
    addHashes(HASHES, count, words.byteOffset, (bitCount - 1) | 0, hashCount),
  );
  return true;
}

/**
 * One of `buckets` for each int64 key, as Milvus finds the shard of a row: by MurmurHash3 x86 32 without its highest bit.
 * @param out a number below `buckets` for each key; 65536 buckets at most
 */
export function bucketsOfInt64Keys(keys: Uint8Array, buckets: number, out: Uint16Array): void {
  eachChunk(keys, ({ bucketsOfInt64s, hashes }, at, from, count) => {
    bucketsOfInt64s(at, count, buckets, HASHES);
    out.set(new Uint16Array(hashes.buffer, HASHES, count), from);
  });
}

/**
 * Hashes of 64 bits of int64 keys, those whose low word has no bit of `mask`: a sample of them.
 * @param take high and low words of those of the next `keys` keys, valid until it returns; answers the mask from then on
 */
export function sampleInt64Keys(
  keys: Uint8Array,
  mask: number,
  take: (words: Int32Array, keys: number) => number,
): void {
  let present = mask;
  eachChunk(keys, ({ sampleInt64s, hashes }, at, _from, count) => {
    const found = sampleInt64s(at, count, present, HASHES);
    present = take(hashes.subarray(0, 2 * found), count);
  });
}

/** Where a kernel finds some keys, the first of them, and their number. */
type TakeKeys = (kernel: Kernel, at: number, from: number, count: number) => void;

function hashEach(keys: Uint8Array, take: (kernel: Kernel, from: number, count: number) => void): void {
  eachChunk(keys, (kernel, at, from, count) => {
    kernel.hashInt64s(at, count, HASHES);
    take(kernel, from, count);
  });
}

/** Some keys at a time, where they lie or, outside of the arena, where the kernel has room for them. */
function eachChunk(keys: Uint8Array, take: TakeKeys): void {
  kernel ??= loadKernel();
  const count = keys.length / KEY_BYTES;
  const start = isPooled(keys) ? keys.byteOffset : undefined;
  for (let from = 0; from < count; from += MAX_KEYS) {
    const to = Math.min(count, from + MAX_KEYS);
    if (start === undefined) kernel.keys.set(keys.subarray(from * KEY_BYTES, to * KEY_BYTES));
    take(kernel, start === undefined ? KEYS : start + from * KEY_BYTES, from, to - from);
  }
}
