const [COMMA, COLON] = [0x2c, 0x3a];
const [OPEN_OBJECT, OPEN_LIST] = [0x7b, 0x5b];
const NULL = Buffer.from("null");
const FIRST_BYTES = 4096;

/**
 * What is left of objects and lists of a row when the values that fields take out of them are gone: JSON text, of one row at a
 * time. Members go; elements of lists become null, so that the others keep their places.
 */
export class RestText {
  bytes: Uint8Array = new Uint8Array(FIRST_BYTES);
  length = 0;

  /** Begins an object or a list. Answers where, for `cancel` when nothing is left of it. */
  open(bracket: number): number {
    const start = this.length;
    this.#put(bracket);
    return start;
  }

  /** @param bracket as that of `open` is */
  close(bracket: number): void {
    this.#put(bracket);
  }

  /** Begins a member with its key, as it is written. Answers where, for `cancel`. */
  key(from: Uint8Array, start: number, end: number): number {
    const begin = this.length;
    this.#separate();
    this.#copy(from, start, end);
    this.#put(COLON);
    return begin;
  }

  /** Begins an element of a list. */
  element(): void {
    this.#separate();
  }

  /** A value of a list or of the member that was begun, as it is written. */
  value(from: Uint8Array, start: number, end: number): void {
    this.#copy(from, start, end);
  }

  /** In the place of an element that a field took. */
  null(): void {
    this.#copy(NULL, 0, NULL.length);
  }

  /** Takes back all from `start` on. */
  cancel(start: number): void {
    this.length = start;
  }

  #separate(): void {
    const last = this.bytes[this.length - 1];
    if (last !== OPEN_OBJECT && last !== OPEN_LIST) this.#put(COMMA);
  }

  #put(byte: number): void {
    this.#reserve(1);
    this.bytes[this.length++] = byte;
  }

  #copy(from: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    this.bytes.set(from.subarray(start, end), this.length);
    this.length += end - start;
  }

  /** A row is bounded, and so is this. */
  #reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array(2 * (this.length + more));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}
