import { keyHashes } from "./gen/key-hashes.ts";
import { instantiate } from "./web-assembly.ts";

interface Kernel {
  readonly hashInt64s: (keys: number, count: number, out: number) => void;
  readonly keys: Uint8Array;
  readonly hashes: Int32Array;
}

/** Keys that are hashed at once. */
const MAX_KEYS = 512;
const KEY_BYTES = 8;
/** Int32 words of a key's hashes. */
const HASH_WORDS = 8;
/** Layout of the kernel's memory, one page. */
const KEYS = 1024;
const HASHES = KEYS + KEY_BYTES * MAX_KEYS;

let kernel: Kernel | undefined;

/** One a thread. */
function loadKernel(): Kernel {
  const { functions, memory } = instantiate<Pick<Kernel, "hashInt64s">>(keyHashes, 1);
  return {
    ...functions,
    keys: new Uint8Array(memory, KEYS, KEY_BYTES * MAX_KEYS),
    hashes: new Int32Array(memory, HASHES, HASH_WORDS * MAX_KEYS),
  };
}

/**
 * Hashes int64 keys as the filters of Milvus want them (MurmurHash3 x64 128, twice), ten times as fast as halves of numbers in
 * JavaScript are multiplied.
 * @param keys 8 bytes each, little-endian
 * @param out 8 words a key: low halves of the four hashes, then high halves
 */
export function hashInt64Keys(keys: Uint8Array, out: Int32Array): void {
  kernel ??= loadKernel();
  const count = keys.length / KEY_BYTES;
  for (let from = 0; from < count; from += MAX_KEYS) {
    const to = Math.min(count, from + MAX_KEYS);
    kernel.keys.set(keys.subarray(from * KEY_BYTES, to * KEY_BYTES));
    kernel.hashInt64s(KEYS, to - from, HASHES);
    out.set(kernel.hashes.subarray(0, (to - from) * HASH_WORDS), from * HASH_WORDS);
  }
}
