import { varint } from "./definition-levels.ts";

/**
 * Definition or repetition levels of a V1 page, as runs of the RLE hybrid: a level that repeats costs two or three bytes,
 * however often. Source: parquet-format `Encodings.md`.
 */
export class LevelRuns {
  #bytes = new Uint8Array(1024);
  #length = 4;
  #level = 0;
  #count = 0;

  /** The same level `count` times more. */
  add(level: number, count: number): void {
    if (count === 0) return;
    if (level === this.#level) {
      this.#count += count;
      return;
    }
    this.#flush();
    this.#level = level;
    this.#count = count;
  }

  /** Repetition levels of so many lists of `items` elements each, one after the other: 0, and 1 for every element but the first. */
  addLists(lists: number, items: number): void {
    if (lists === 0 || items === 1) {
      this.add(0, lists);
      return;
    }
    // Runs of a list end where the next one begins.
    this.#flush();
    const from = this.#length;
    this.add(0, 1);
    this.add(1, items - 1);
    this.#flush();
    this.#repeat(from, lists);
  }

  /** What stands from `from` on, `times` times in a row: twice as much with each copy. */
  #repeat(from: number, times: number): void {
    const end = from + (this.#length - from) * times;
    this.#reserve(end);
    while (this.#length < end) {
      const bytes = Math.min(this.#length - from, end - this.#length);
      this.#bytes.copyWithin(this.#length, from, from + bytes);
      this.#length += bytes;
    }
  }

  /** With their length in front. Nothing is to be added any more. */
  finish(): Uint8Array {
    this.#flush();
    new DataView(this.#bytes.buffer).setUint32(0, this.#length - 4, true);
    return this.#bytes.subarray(0, this.#length);
  }

  #flush(): void {
    if (this.#count === 0) return;
    this.#reserve(this.#length + 16);
    if (this.#count < 64) this.#bytes[this.#length++] = this.#count * 2;
    else for (const byte of varint(this.#count * 2)) this.#bytes[this.#length++] = byte;
    // Levels of tables are below 8: one byte holds them.
    this.#bytes[this.#length++] = this.#level;
    this.#count = 0;
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(length, this.#bytes.length * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
