import { TooLarge } from "@sluice/parquet";
import { MAX_ROW_BYTES } from "./format.ts";

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const HEX = Buffer.from("0123456789abcdef");

/** One text under construction, in memory that is used again. */
export class TextOut {
  bytes = new Uint8Array(1024);
  length = 0;

  /** Begins anew, in the same memory. */
  clear(): void {
    this.length = 0;
  }

  /** The text is `null`. */
  get isNull(): boolean {
    return this.length === 4 && this.bytes[0] === 0x6e;
  }

  /** @param byte 0 to 255 */
  byte(byte: number): void {
    this.#reserve(1);
    this.bytes[this.length++] = byte;
  }

  /** @param text of ASCII alone, which is not checked */
  ascii(text: string): void {
    this.#reserve(text.length);
    for (let i = 0; i < text.length; i++) this.bytes[this.length++] = text.charCodeAt(i);
  }

  /** In UTF-8, without quotes or escapes. */
  text(text: string): void {
    const bytes = Buffer.from(text);
    this.copy(bytes, 0, bytes.length);
  }

  /** `source[start, end)`, as it is. */
  copy(source: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    this.bytes.set(source.subarray(start, end), this.length);
    this.length += end - start;
  }

  /** UTF-8 as a JSON string, with its quotes. */
  jsonString(source: Uint8Array, start: number, end: number): void {
    this.#reserve(6 * (end - start) + 2);
    const { bytes } = this;
    let at = this.length;
    bytes[at++] = QUOTE;
    for (let i = start; i < end; i++) {
      const byte = source[i];
      if (byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH) bytes[at++] = byte;
      else {
        bytes[at++] = BACKSLASH;
        if (byte >= 0x20) bytes[at++] = byte;
        else at = writeEscape(bytes, at, byte);
      }
    }
    bytes[at++] = QUOTE;
    this.length = at;
  }

  /** `00112233-4455-6677-8899-aabbccddeeff`. */
  uuid(source: Uint8Array, start: number): void {
    for (let i = 0; i < 16; i++) {
      if (i === 4 || i === 6 || i === 8 || i === 10) this.byte(0x2d);
      const byte = source[start + i];
      this.byte(HEX[byte >>> 4]);
      this.byte(HEX[byte & 15]);
    }
  }

  /** @throws {TooLarge} */
  #reserve(size: number): void {
    const needed = this.length + size;
    if (needed <= this.bytes.length) return;
    if (this.length > MAX_ROW_BYTES) throw new TooLarge("the text of a row", MAX_ROW_BYTES);
    const grown = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}

/**
 * A float as JSON. NaN, which JSON does not have, is null, as in what pandas, polars and others write.
 * @throws {RangeError} for infinities
 */
export function writeFloat(value: number, out: TextOut): void {
  if (Number.isNaN(value)) out.ascii("null");
  else if (!Number.isFinite(value)) throw new RangeError(`it holds ${value}, which JSON does not have`);
  else out.ascii(Object.is(value, -0) ? "-0" : String(value));
}

/** Behind the backslash: `n` and its kind, or `u` and four digits. */
function writeEscape(bytes: Uint8Array, at: number, byte: number): number {
  const letter = "btn\0fr".charCodeAt(byte - 8);
  if (letter > 0) {
    bytes[at] = letter;
    return at + 1;
  }
  bytes.set([0x75, 0x30, 0x30, HEX[byte >>> 4], HEX[byte & 15]], at);
  return at + 5;
}
