import type { ImportError } from "@sluice/errors";
import { malformed } from "../one-file.ts";
import { addressAt, type Hdf5File, uint16At, uint32At } from "./hdf5-file.ts";

/** What a data set, or an attribute, has of each text: its length, the heap that it lies in, and its number there. */
export const REFERENCE_BYTES = 16;
const HEAP_HEAD_BYTES = 16;
const OBJECT_BYTES = 16;

/** Collections of texts; the last one is kept, since texts of rows that follow each other lie together. */
export class TextHeaps {
  readonly #file: Hdf5File;
  #address = -1;
  #objects = new Map<number, Uint8Array>();

  constructor(file: Hdf5File) {
    this.#file = file;
  }

  /** @param at where the reference to the text begins @throws {ImportError} `malformed_file` */
  async text(references: DataView, at: number): Promise<Uint8Array> {
    const length = uint32At(references, at);
    if (length === 0) return new Uint8Array();
    const text = await this.#object(addressAt(references, at + 4), uint32At(references, at + 12));
    if (length > text.length) throw longerThanKept(length);
    return text.subarray(0, length);
  }

  async #object(address: number, number: number): Promise<Uint8Array> {
    if (address !== this.#address) {
      this.#objects = await this.#load(address);
      this.#address = address;
    }
    const found = this.#objects.get(number);
    if (found) return found;
    throw malformed(`a text is number ${number} of a heap that has not so many`, this.#file.base + address);
  }

  async #load(address: number): Promise<Map<number, Uint8Array>> {
    const head = await this.#file.readSigned(address, HEAP_HEAD_BYTES, "GCOL", "a heap of texts");
    const size = addressAt(head, 8);
    const view = await this.#file.read(address, size, "a heap of texts");
    const objects = new Map<number, Uint8Array>();
    for (let at = HEAP_HEAD_BYTES; at + OBJECT_BYTES <= size; ) {
      const number = uint16At(view, at);
      const bytes = addressAt(view, at + 8);
      // Number 0 is the room that is left.
      if (number === 0) break;
      if (at + OBJECT_BYTES + bytes > size)
        throw malformed("a text is longer than its heap", this.#file.base + address);
      objects.set(number, new Uint8Array(view.buffer, view.byteOffset + at + OBJECT_BYTES, bytes));
      at += OBJECT_BYTES + Math.ceil(bytes / 8) * 8;
    }
    return objects;
  }
}

/** What is thrown for a text whose length says more than there is. */
export function longerThanKept(length: number): ImportError {
  return malformed(`a text of ${length} bytes is longer than what was kept of it`, 0);
}
