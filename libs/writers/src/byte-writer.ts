/** Bytes that grow as they are written. */
export class ByteWriter {
  #bytes: Buffer;
  #view: DataView;
  #length = 0;

  constructor(capacity = 4096) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
    this.#view = viewOf(this.#bytes);
  }

  /** Bytes since it was last cleared. */
  get length(): number {
    return this.#length;
  }

  /** A view, good until the next write. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Begins anew, in the same memory. */
  clear(): void {
    this.#length = 0;
  }

  /**
   * Lets others write in its memory.
   * @param most bytes that they write @param write told where to begin; returns where it ends
   */
  fill(most: number, write: (bytes: Uint8Array, at: number) => number): void {
    this.#reserve(most);
    this.#length = write(this.#bytes, this.#length);
  }

  /** @param value 0 to 255 */
  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Little-endian. */
  uint32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  /** Little-endian. */
  float32(value: number): void {
    this.#reserve(4);
    this.#view.setFloat32(this.#length, value, true);
    this.#length += 4;
  }

  /** Little-endian. */
  float64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** Little-endian. */
  int64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigInt64(this.#length, value, true);
    this.#length += 8;
  }

  /** Characters of ASCII. */
  ascii(text: string): void {
    this.#reserve(text.length);
    if (text.length > 32) this.#bytes.write(text, this.#length, "latin1");
    else for (let i = 0; i < text.length; i++) this.#bytes[this.#length + i] = text.charCodeAt(i);
    this.#length += text.length;
  }

  /** `source[from, to)`, copied. */
  bytes(source: Uint8Array, from = 0, to = source.length): void {
    this.#reserve(to - from);
    if (to - from > 32) this.#bytes.set(source.subarray(from, to), this.#length);
    else for (let i = from; i < to; i++) this.#bytes[this.#length + i - from] = source[i];
    this.#length += to - from;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = viewOf(larger);
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
