/** Greatest geometry: a million points. Its text may claim four times as many bytes as it has itself. */
export const MAX_WKB_BYTES = 16 << 20;

/** Well-known binary, in memory that doubles up to the limit. */
export class WkbWriter {
  length = 0;
  #view = new DataView(new ArrayBuffer(256));

  /** A copy of what was written. */
  bytes(): Uint8Array {
    return new Uint8Array(this.#view.buffer.slice(0, this.length));
  }

  /** @throws {RangeError} beyond `MAX_WKB_BYTES` */
  uint8(value: number): void {
    this.#reserve(1);
    this.#view.setUint8(this.length++, value);
  }

  /** Little-endian. @throws {RangeError} beyond `MAX_WKB_BYTES` */
  uint32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.length, value, true);
    this.length += 4;
  }

  /** Over one that was written: a count that is known behind what it counts. */
  setUint32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  /** Little-endian. @throws {RangeError} beyond `MAX_WKB_BYTES` */
  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  #reserve(bytes: number): void {
    if (this.length + bytes <= this.#view.byteLength) return;
    if (this.length + bytes > MAX_WKB_BYTES) throw new RangeError(`a geometry takes more than ${MAX_WKB_BYTES} bytes`);
    const grown = new Uint8Array(2 * this.#view.byteLength);
    grown.set(new Uint8Array(this.#view.buffer));
    this.#view = new DataView(grown.buffer);
  }
}
