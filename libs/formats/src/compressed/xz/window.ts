import { Undecodable } from "../own-decoding.ts";

/** What was decoded last, that later parts repeat: a ring, which grows to its size with what it holds. */
export class Window {
  readonly #size: number;
  #bytes = new Uint8Array(0);
  #at = 0;
  /** Bytes that may be repeated. */
  #held = 0;

  /** @param sizeBytes at least what is decoded before `take` */
  constructor(sizeBytes: number) {
    this.#size = sizeBytes;
  }

  /** Bytes that may be repeated. */
  get held(): number {
    return this.#held;
  }

  /** Nothing of what is there may be repeated any more. */
  forget(): void {
    this.#held = 0;
  }

  /** Before so many bytes are put: the ring is a line until it is full. */
  reserve(count: number): void {
    const wanted = Math.min(this.#size, this.#at + count);
    if (wanted <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.min(this.#size, Math.max(wanted, 2 * this.#bytes.length)));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }

  /** There must be room, see `reserve`. */
  put(byte: number): void {
    this.#bytes[this.#at++] = byte;
    if (this.#at === this.#size) this.#at = 0;
    this.#held++;
  }

  /** @param distance 0: the last one */
  before(distance: number): number {
    const at = this.#at - 1 - distance;
    return this.#bytes[at < 0 ? at + this.#size : at];
  }

  /** @throws {Undecodable} for what was never there, or is there no more */
  repeat(distance: number, count: number): void {
    const size = this.#size;
    if (distance >= this.#held || distance >= size) throw new Undecodable("it repeats what was not there");
    const bytes = this.#bytes;
    let to = this.#at;
    let from = to - 1 - distance;
    if (from < 0) from += size;
    this.#held += count;
    for (let i = 0; i < count; i++) {
      bytes[to++] = bytes[from++];
      if (to === size) to = 0;
      if (from === size) from = 0;
    }
    this.#at = to;
  }

  /** Bytes as they are. */
  append(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const part = bytes.subarray(from, from + this.#size - this.#at);
      this.#bytes.set(part, this.#at);
      this.#at = (this.#at + part.length) % this.#size;
      from += part.length;
    }
    this.#held += bytes.length;
  }

  /** A copy of the last bytes. */
  take(count: number): Uint8Array {
    const begin = this.#at - count;
    if (begin >= 0) return this.#bytes.slice(begin, this.#at);
    const target = new Uint8Array(count);
    target.set(this.#bytes.subarray(begin + this.#size, this.#size));
    target.set(this.#bytes.subarray(0, this.#at), -begin);
    return target;
  }
}
