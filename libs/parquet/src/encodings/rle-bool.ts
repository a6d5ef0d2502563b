import { Damage } from "../damage.ts";
import { uint32 } from "./plain.ts";
import { RleDecoder } from "./rle.ts";
import type { FixedDecoder, Resettable } from "./value-decoder.ts";

/** RLE booleans: four bytes of length, then runs of one bit. */
export class RleBoolDecoder implements FixedDecoder, Resettable {
  readonly #runs = new RleDecoder();

  reset(bytes: Uint8Array, start: number, end: number): void {
    if (start === end) {
      this.#runs.reset(bytes, start, end, 1); // A page of nulls.
      return;
    }
    if (end - start < 4) throw new Damage("the values of a page end early");
    const length = uint32(bytes, start);
    if (length > end - start - 4) throw new Damage(`booleans of ${length} bytes exceed their page`);
    this.#runs.reset(bytes, start + 4, start + 4 + length, 1);
  }

  read(count: number, out: Uint8Array, at: number): void {
    this.#runs.read(count, out, at);
  }
}
