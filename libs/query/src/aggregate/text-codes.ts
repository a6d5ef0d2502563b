import type { VarColumn } from "@sluice/columns";
import { hashBytes } from "../hash.ts";

/** Slots at the start; half of them at most are taken. */
const FIRST_SLOTS = 64;

/** Numbers distinct texts from 0, in the order in which they come, by their UTF-8 bytes. */
export class TextCodes {
  /** All of them, one behind the other; text `code` is `#bytes[#offsets[code], #offsets[code + 1])`. */
  #bytes = new Uint8Array(1024);
  #offsets = new Uint32Array(FIRST_SLOTS + 1);
  /** Code of the text in each slot, plus 1; 0 = free. */
  #slots = new Int32Array(FIRST_SLOTS);
  #count = 0;

  /** Codes that were given, reserved ones included. */
  get count(): number {
    return this.#count;
  }

  /** Of texts and tables, room that is free included. */
  get usedBytes(): number {
    return this.#bytes.byteLength + this.#offsets.byteLength + this.#slots.byteLength;
  }

  /** The code of `data[start, end)`, a new one if it has none yet. */
  codeOf(data: Uint8Array, start: number, end: number): number {
    const known = this.#slots[this.#find(data, start, end)];
    if (known > 0) return known - 1;
    this.#makeRoom(end - start);
    this.#slots[this.#find(data, start, end)] = this.#count + 1;
    const at = this.#offsets[this.#count];
    this.#bytes.set(data.subarray(start, end), at);
    this.#offsets[++this.#count] = at + end - start;
    return this.#count - 1;
  }

  /** A code that no text has; it stands for an empty one. */
  reserve(): number {
    this.#makeRoom(0);
    this.#offsets[this.#count + 1] = this.#offsets[this.#count];
    return this.#count++;
  }

  /** The texts in the order of their codes. */
  column(): VarColumn {
    const offsets = this.#offsets.slice(0, this.#count + 1);
    return { kind: "var", offsets, data: this.#bytes.slice(0, offsets[this.#count]), validity: undefined };
  }

  /** For one more text of so many bytes. */
  #makeRoom(length: number): void {
    const needed = this.#offsets[this.#count] + length;
    if (needed > this.#bytes.length) this.#bytes = grown(this.#bytes, Math.max(needed, 2 * this.#bytes.length));
    const before = this.#slots;
    if (2 * this.#count < before.length) return;
    const offsets = new Uint32Array(before.length * 2 + 1);
    offsets.set(this.#offsets);
    this.#offsets = offsets;
    this.#slots = new Int32Array(before.length * 2);
    for (const entry of before)
      if (entry > 0) this.#slots[this.#find(this.#bytes, offsets[entry - 1], offsets[entry])] = entry;
  }

  /** The slot that holds the text, or the free one where it belongs. */
  #find(data: Uint8Array, start: number, end: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hashBytes(data, start, end) & mask;
    for (let entry = slots[slot]; entry > 0; entry = slots[slot]) {
      if (this.#isText(entry - 1, data, start, end)) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #isText(code: number, data: Uint8Array, start: number, end: number): boolean {
    const at = this.#offsets[code];
    const length = end - start;
    if (this.#offsets[code + 1] - at !== length) return false;
    for (let i = 0; i < length; i++) if (data[start + i] !== this.#bytes[at + i]) return false;
    return true;
  }
}

function grown(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(length);
  larger.set(bytes);
  return larger;
}
