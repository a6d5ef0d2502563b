/** Whose the memory of columns is, where it has an end; it may come with any content. */
export interface ColumnMemory {
  /** At an offset that is a multiple of 8. */
  take(length: number): Uint8Array<ArrayBuffer>;
}

/** Grow-only memory for values of equal width, with a view for each width laid over it once, not once a use. */
export class FixedBuffer {
  bytes = new Uint8Array(0);
  int8 = new Int8Array(0);
  int16 = new Int16Array(0);
  uint16 = new Uint16Array(0);
  int32 = new Int32Array(0);
  uint32 = new Uint32Array(0);
  int64 = new BigInt64Array(0);
  float32 = new Float32Array(0);
  float64 = new Float64Array(0);

  readonly #memory: ColumnMemory | undefined;

  constructor(memory?: ColumnMemory) {
    this.#memory = memory;
  }

  /** Makes room for `size` bytes; `keep` bytes at the front survive. */
  reserve(size: number, keep = 0): void {
    if (size <= this.bytes.length) return;
    const length = Math.ceil(Math.max(size, Math.min(this.bytes.length * 2, size * 2)) / 8) * 8;
    const bytes = this.#memory?.take(length) ?? new Uint8Array(length);
    bytes.set(this.bytes.subarray(0, keep));
    this.#lay(bytes);
  }

  #lay(bytes: Uint8Array<ArrayBuffer>): void {
    const { buffer, byteOffset, length } = bytes;
    this.bytes = bytes;
    this.int8 = new Int8Array(buffer, byteOffset, length);
    this.int16 = new Int16Array(buffer, byteOffset, length >>> 1);
    this.uint16 = new Uint16Array(buffer, byteOffset, length >>> 1);
    this.int32 = new Int32Array(buffer, byteOffset, length >>> 2);
    this.uint32 = new Uint32Array(buffer, byteOffset, length >>> 2);
    this.int64 = new BigInt64Array(buffer, byteOffset, length >>> 3);
    this.float32 = new Float32Array(buffer, byteOffset, length >>> 2);
    this.float64 = new Float64Array(buffer, byteOffset, length >>> 3);
  }
}
