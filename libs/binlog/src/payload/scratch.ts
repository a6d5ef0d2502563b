/** Memory that is used again and again and only grows. One call's bytes live until the next call. */
export class Scratch {
  #bytes = new Uint8Array(0);

  /** `length` bytes of any content; byteOffset is 0. */
  take(length: number): Uint8Array {
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(Math.max(length, 2 * this.#bytes.length, 1 << 16));
    return this.#bytes.subarray(0, length);
  }

  owns(bytes: Uint8Array): boolean {
    return bytes.buffer === this.#bytes.buffer;
  }
}
