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

  /** Makes room for `size` bytes; `keep` bytes at the front survive. */
  reserve(size: number, keep = 0): void {
    if (size <= this.bytes.length) return;
    const { buffer } = new Uint8Array(Math.ceil(Math.max(size, Math.min(this.bytes.length * 2, size * 2)) / 8) * 8);
    const bytes = new Uint8Array(buffer);
    bytes.set(this.bytes.subarray(0, keep));
    this.bytes = bytes;
    this.int8 = new Int8Array(buffer);
    this.int16 = new Int16Array(buffer);
    this.uint16 = new Uint16Array(buffer);
    this.int32 = new Int32Array(buffer);
    this.uint32 = new Uint32Array(buffer);
    this.int64 = new BigInt64Array(buffer);
    this.float32 = new Float32Array(buffer);
    this.float64 = new Float64Array(buffer);
  }
}
