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

  /** With their length in front. Nothing is to be added any more. */
  finish(): Uint8Array {
    this.#flush();
    new DataView(this.#bytes.buffer).setUint32(0, this.#length - 4, true);
    return this.#bytes.subarray(0, this.#length);
  }

  #flush(): void {
    if (this.#count === 0) return;
    if (this.#length + 16 > this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    if (this.#count < 64) this.#bytes[this.#length++] = this.#count * 2;
    else for (const byte of varint(this.#count * 2)) this.#bytes[this.#length++] = byte;
    // Levels of tables are below 8: one byte holds them.
    this.#bytes[this.#length++] = this.#level;
    this.#count = 0;
  }
}
