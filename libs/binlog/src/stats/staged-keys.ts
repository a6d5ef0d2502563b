import { giveMemory, takeMemory } from "@sluice/async";
import type { Column } from "@sluice/columns";
import type { BloomFilter } from "./bloom-filter.ts";
import { hashKeys, hashWords } from "./murmur3.ts";

/** Bytes that may be kept whatever the size of the filter. */
const MIN_LIMIT_BYTES = 1 << 20;
const INT64_BYTES = 8;

/** Primary keys of a segment while their number is not known. */
export interface StagedKeys {
  /** Takes the first `rowCount` keys; false, without them, when all would take more than `limitBytes`, or 1 MiB. */
  add(column: Column, rowCount: number, limitBytes: number): boolean;
  /** All keys so far; they stay. */
  addTo(filter: BloomFilter): void;
  /** Gives its memory back. It is not used again. */
  release(): void;
}

/** @param column of the primary keys: Int64, or VarChar, of which hashes are kept */
export function stagedKeysOf({ kind }: Column): StagedKeys {
  return kind === "fixed" ? new StagedInt64s() : new StagedHashes();
}

/** The keys themselves, a quarter of their hashes. */
class StagedInt64s implements StagedKeys {
  readonly #keys = new GrowingBytes();

  add({ data }: Column, rowCount: number, limitBytes: number): boolean {
    const bytes = this.#keys.extend(rowCount * INT64_BYTES, limitBytes);
    bytes?.set(data.subarray(0, rowCount * INT64_BYTES));
    return bytes !== undefined;
  }

  addTo(filter: BloomFilter): void {
    const data = this.#keys.bytes;
    filter.addColumn({ kind: "fixed", width: INT64_BYTES, data, validity: undefined }, data.length / INT64_BYTES);
  }

  release(): void {
    this.#keys.release();
  }
}

/** What was hashed need not be as long as it was. */
class StagedHashes implements StagedKeys {
  readonly #hashes = new GrowingBytes();

  add(column: Column, rowCount: number, limitBytes: number): boolean {
    const bytes = this.#hashes.extend(rowCount * hashWords * 4, limitBytes);
    if (bytes) hashKeys(column, 0, rowCount, wordsOf(bytes));
    return bytes !== undefined;
  }

  addTo(filter: BloomFilter): void {
    const hashes = wordsOf(this.#hashes.bytes);
    filter.addHashes(hashes, hashes.length / hashWords);
  }

  release(): void {
    this.#hashes.release();
  }
}

class GrowingBytes {
  #memory = new Uint8Array(0);
  #length = 0;

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#memory.subarray(0, this.#length);
  }

  /** `bytes` more, to be filled; undefined where all would be more than the limit. */
  extend(bytes: number, limitBytes: number): Uint8Array<ArrayBuffer> | undefined {
    const limit = Math.max(MIN_LIMIT_BYTES, limitBytes);
    const needed = this.#length + bytes;
    if (needed > limit) return undefined;
    if (needed > this.#memory.length) this.#grow(Math.max(needed, Math.min(2 * this.#memory.length, limit)));
    const added = this.#memory.subarray(this.#length, needed);
    this.#length = needed;
    return added;
  }

  release(): void {
    giveMemory(this.#memory);
    this.#memory = new Uint8Array(0);
    this.#length = 0;
  }

  #grow(length: number): void {
    const larger = takeMemory(length);
    larger.set(this.bytes);
    giveMemory(this.#memory);
    this.#memory = larger;
  }
}

function wordsOf({ buffer, byteOffset, byteLength }: Uint8Array): Int32Array {
  return new Int32Array(buffer, byteOffset, byteLength >>> 2);
}
