import { type Column, type FixedColumn, varValue } from "@sluice/columns";
import { DataType } from "@sluice/schema";

/** Bytes that an entry of a `Map` takes beside its key, about. */
const MAP_ENTRY_BYTES = 64;

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

/** @param pkType Int64, else text */
export function deletedKeys(pkType: DataType): DeletedKeys {
  return pkType === DataType.Int64 ? new DeletedIntegers() : new DeletedTexts();
}

const FREE = 0n;

/** Open addressing over the two halves of a key: nothing is made for a row that is looked up and not found. */
class DeletedIntegers implements DeletedKeys {
  size = 0;
  #keys = new BigInt64Array(1024);
  #halves = new Int32Array(this.#keys.buffer);
  /** 0: the slot is free. No delete is as old as that. */
  #stamps = new BigUint64Array(1024);

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

/** Keys by their UTF-8 bytes, a character each: no text is decoded for a row. */
class DeletedTexts implements DeletedKeys {
  bytes = 0;
  readonly #stamps = new Map<string, bigint>();

  get size(): number {
    return this.#stamps.size;
  }

  add(key: bigint | string, timestamp: bigint): void {
    const bytes = Buffer.from(String(key)).toString("latin1");
    const before = this.#stamps.get(bytes);
    if (before === undefined) this.bytes += bytes.length + MAP_ENTRY_BYTES;
    if (before === undefined || timestamp > before) this.#stamps.set(bytes, timestamp);
  }

  timestampOf(keys: Column, row: number): bigint | undefined {
    if (keys.kind !== "var") return undefined;
    const { buffer, byteOffset, length } = varValue(keys, row);
    return this.#stamps.get(Buffer.from(buffer, byteOffset, length).toString("latin1"));
  }
}
