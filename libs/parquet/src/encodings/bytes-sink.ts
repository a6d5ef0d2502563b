import { Damage } from "../damage.ts";

/** More than this cannot be one column of a batch: offsets are uint32, and no machine should have to hold it. */
const MAX_BYTES = 1 << 30;

/** Values of any length, one after the other: the form of a `VarColumn`, growing. Nothing is freed: it is used again. */
export class BytesSink {
  data = new Uint8Array(0);
  /** `count + 1` offsets. */
  offsets = new Uint32Array(1);
  count = 0;
  /** Decoders stop behind the first value with which this many bytes are reached. */
  softLimit = Number.POSITIVE_INFINITY;

  get length(): number {
    return this.offsets[this.count];
  }

  get isFull(): boolean {
    return this.length >= this.softLimit;
  }

  clear(): void {
    this.count = 0;
  }

  /** Appends `source[start, end)` as one value. */
  append(source: Uint8Array, start: number, end: number): void {
    const at = this.open(end - start);
    if (end - start < 32) for (let i = start; i < end; i++) this.data[at + i - start] = source[i];
    else this.data.set(source.subarray(start, end), at);
  }

  /** Appends one value of `size` bytes, which the caller writes to `data` from the answered offset on. */
  open(size: number): number {
    const at = this.offsets[this.count];
    this.reserve(at + size);
    if (this.count + 2 > this.offsets.length) this.#growOffsets();
    this.offsets[++this.count] = at + size;
    return at;
  }

  /** Makes room for `size` bytes in all. @throws {Damage} for more than one batch may hold */
  reserve(size: number): void {
    if (size <= this.data.length) return;
    if (size > MAX_BYTES) throw new Damage(`the values of one batch exceed ${MAX_BYTES} bytes`);
    const grown = new Uint8Array(Math.min(MAX_BYTES, Math.max(size, this.data.length * 2, 1024)));
    grown.set(this.data.subarray(0, this.length));
    this.data = grown;
  }

  /** Forgets the first `count` values; the others move to the front. */
  dropFront(count: number): void {
    const start = this.offsets[count];
    this.data.copyWithin(0, start, this.length);
    for (let i = count; i <= this.count; i++) this.offsets[i - count] = this.offsets[i] - start;
    this.count -= count;
  }

  #growOffsets(): void {
    const grown = new Uint32Array(Math.max(this.offsets.length * 2, 256));
    grown.set(this.offsets);
    this.offsets = grown;
  }
}
