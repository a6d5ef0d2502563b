import { Damage } from "../damage.ts";
import type { FixedDecoder, Resettable } from "./value-decoder.ts";

/** BYTE_STREAM_SPLIT: first bytes of all values, then second bytes, and so on. Source: parquet-format, Encodings.md. */
export class ByteStreamSplitDecoder implements FixedDecoder, Resettable {
  readonly #width: number;
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;
  #stride = 0;
  #next = 0;

  constructor(width: number) {
    this.#width = width;
  }

  reset(bytes: Uint8Array, start: number, end: number): void {
    if ((end - start) % this.#width !== 0) throw new Damage("a page of split bytes holds no whole number of values");
    this.#bytes = bytes;
    this.#start = start;
    this.#stride = (end - start) / this.#width;
    this.#next = 0;
  }

  read(count: number, out: Uint8Array, at: number): void {
    if (count > this.#stride - this.#next) throw new Damage("the values of a page end early");
    const width = this.#width;
    for (let k = 0; k < width; k++) {
      const from = this.#start + k * this.#stride + this.#next;
      for (let i = 0; i < count; i++) out[at + i * width + k] = this.#bytes[from + i];
    }
    this.#next += count;
  }
}
