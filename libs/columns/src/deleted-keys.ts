import { DataType } from "@sluice/schema";
import type { Column, FixedColumn } from "./column.ts";

/** The newest delete of each primary key, for rows that are looked up by where their key lies. */
export interface DeletedKeys {
  readonly size: number;
  /** Bytes of memory, about. */
  readonly bytes: number;
  /** @param timestamp hybrid, unsigned */
  add(key: bigint | string, timestamp: bigint): void;
  /** Hybrid timestamp of the newest delete of the key of a row; undefined where there is none. */
  timestampOf(keys: Column, row: number): bigint | undefined;
}

/**
 * Those of `rows` that no delete concerns: one of their key that is later than the time from which on they count. Source: binlog
 * format, §5.
 * @param timestamps hybrid: of all rows, or a column of all rows of which `rows` are some
 */
export function rowsNotDeleted(
  deletes: DeletedKeys,
  keys: Column,
  timestamps: bigint | Column,
  rows: Uint32Array,
): Uint32Array {
  const stamps = typeof timestamps === "bigint" ? undefined : stampsOf(timestamps);
  const since = typeof timestamps === "bigint" ? timestamps : 0n;
  return rows.filter((row) => {
    const deletedAt = deletes.timestampOf(keys, row);
    return deletedAt === undefined || deletedAt <= (stamps ? stamps[row] : since);
  });
}

function stampsOf({ data }: Column): BigUint64Array {
  return new BigUint64Array(data.buffer, data.byteOffset, Math.floor(data.byteLength / 8));
}

/** @param pkType Int64, else text */
export function deletedKeys(pkType: DataType): DeletedKeys {
  return pkType === DataType.Int64 ? new DeletedIntegers() : new DeletedTexts();
}

const FREE = 0n;
/** Slots to begin with, a power of two: most logs of single deletes have a few keys, and each is kept by itself. */
const SLOTS = 16;

/** Open addressing over the two halves of a key: nothing is made for a row that is looked up and not found. */
class DeletedIntegers implements DeletedKeys {
  size = 0;
  #keys = new BigInt64Array(SLOTS);
  #halves = new Int32Array(this.#keys.buffer);
  /** 0: the slot is free. No delete is as old as that. */
  #stamps = new BigUint64Array(SLOTS);

  get bytes(): number {
    return this.#keys.byteLength * 2;
  }

  add(key: bigint | string, timestamp: bigint): void {
    if (2 * this.size >= this.#stamps.length) this.#grow();
    this.#put(BigInt(key), timestamp === FREE ? 1n : timestamp);
  }

  timestampOf({ data }: FixedColumn, row: number): bigint | undefined {
    const at = row * 8;
    const low = data[at] | (data[at + 1] << 8) | (data[at + 2] << 16) | (data[at + 3] << 24);
    const high = data[at + 4] | (data[at + 5] << 8) | (data[at + 6] << 16) | (data[at + 7] << 24);
    const stamp = this.#stamps[this.#slotOf(low, high)];
    return stamp === FREE ? undefined : stamp;
  }

  #put(key: bigint, timestamp: bigint): void {
    const slot = this.#slotOf(Number(BigInt.asIntN(32, key)), Number(BigInt.asIntN(32, key >> 32n)));
    if (this.#stamps[slot] === FREE) this.size++;
    this.#keys[slot] = key;
    if (timestamp > this.#stamps[slot]) this.#stamps[slot] = timestamp;
  }

  /** Where the key is, or belongs. */
  #slotOf(low: number, high: number): number {
    const mask = this.#stamps.length - 1;
    let slot = hashOf(low, high) & mask;
    while (this.#stamps[slot] !== FREE && (this.#halves[2 * slot] !== low || this.#halves[2 * slot + 1] !== high))
      slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [keys, stamps] = [this.#keys, this.#stamps];
    this.#keys = new BigInt64Array(4 * keys.length);
    this.#halves = new Int32Array(this.#keys.buffer);
    this.#stamps = new BigUint64Array(4 * keys.length);
    this.size = 0;
    for (let i = 0; i < keys.length; i++) if (stamps[i] !== FREE) this.#put(keys[i], stamps[i]);
  }
}

/** Finalizer of MurmurHash3, which is public domain: keys of a segment are often consecutive. */
function hashOf(low: number, high: number): number {
  let hash = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The same over the UTF-8 bytes of keys, which lie one after the other: no text is made for a row. */
class DeletedTexts implements DeletedKeys {
  size = 0;
  /** Bytes of key `n` are `[ends[n - 1], ends[n])` of the texts, from key 1 on. */
  #texts = Buffer.alloc(16 * SLOTS);
  #ends = new Uint32Array(SLOTS);
  #stamps = new BigUint64Array(SLOTS);
  /** The number of the key, 0 where the slot is free. */
  #slots = new Uint32Array(SLOTS);

  get bytes(): number {
    return this.#texts.length + this.#ends.byteLength + this.#stamps.byteLength + this.#slots.byteLength;
  }

  add(key: bigint | string, timestamp: bigint): void {
    const bytes = Buffer.from(String(key));
    const slot = this.#slotOf(bytes, 0, bytes.length);
    const number = this.#slots[slot];
    if (number === 0) this.#append(bytes, timestamp, slot);
    else if (timestamp > this.#stamps[number]) this.#stamps[number] = timestamp;
  }

  timestampOf(keys: Column, row: number): bigint | undefined {
    if (keys.kind !== "var") return undefined;
    const number = this.#slots[this.#slotOf(keys.data, keys.offsets[row], keys.offsets[row + 1])];
    return number === 0 ? undefined : this.#stamps[number];
  }

  #append(bytes: Uint8Array, timestamp: bigint, slot: number): void {
    const number = ++this.size;
    const start = this.#ends[number - 1];
    if (start + bytes.length > this.#texts.length) this.#texts = grown(this.#texts, start + bytes.length);
    this.#texts.set(bytes, start);
    this.#ends[number] = start + bytes.length;
    this.#stamps[number] = timestamp;
    this.#slots[slot] = number;
    if (2 * number >= this.#slots.length) this.#growTable();
  }

  /** Where the key is, or belongs. */
  #slotOf(bytes: Uint8Array, start: number, end: number): number {
    const mask = this.#slots.length - 1;
    let slot = hashOfBytes(bytes, start, end) & mask;
    while (this.#slots[slot] !== 0 && !this.#isAt(this.#slots[slot], bytes, start, end)) slot = (slot + 1) & mask;
    return slot;
  }

  #isAt(number: number, bytes: Uint8Array, start: number, end: number): boolean {
    const first = this.#ends[number - 1];
    if (this.#ends[number] - first !== end - start) return false;
    for (let i = start; i < end; i++) if (this.#texts[first + i - start] !== bytes[i]) return false;
    return true;
  }

  #growTable(): void {
    const length = 4 * this.#slots.length;
    this.#slots = new Uint32Array(length);
    const [ends, stamps] = [this.#ends, this.#stamps];
    this.#ends = new Uint32Array(length);
    this.#ends.set(ends);
    this.#stamps = new BigUint64Array(length);
    this.#stamps.set(stamps);
    for (let number = 1; number <= this.size; number++)
      this.#slots[this.#slotOf(this.#texts, this.#ends[number - 1], this.#ends[number])] = number;
  }
}

function grown(bytes: Buffer, needed: number): Buffer<ArrayBuffer> {
  const larger = Buffer.alloc(Math.max(needed, 2 * bytes.length));
  bytes.copy(larger);
  return larger;
}

/** FNV-1a, with the finalizer of integers: keys often differ in their last bytes. */
function hashOfBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return hashOf(hash, end - start);
}
