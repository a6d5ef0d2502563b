import { copyShort, LONG_BYTES, viewOf } from "@sluice/kernels";
import { TooLarge } from "../damage.ts";
import { newMemory, type PageMemory } from "../pages/page-memory.ts";

/** More than this cannot be one column of a batch: as much as the greatest array of texts has. */
const MAX_BATCH_BYTES = 1 << 28;

/** Values of any length, one after the other: the form of a `VarColumn`, growing. It is used again and again. */
export class BytesSink {
  data = new Uint8Array(0);
  /** `count + 1` offsets. */
  offsets = new Uint32Array(1);
  count = 0;
  /** Decoders stop behind the first value with which this many bytes are reached. */
  softLimit = Number.POSITIVE_INFINITY;
  readonly #maxBytes: number;
  readonly #memory: PageMemory;
  #view = viewOf(this.data);
  /** Of the offsets, as it was taken. */
  #offsetBytes: Uint8Array<ArrayBuffer> | undefined;

  /** @param maxBytes below 2^32, since offsets are uint32 @param memory that it lies in: in the thread's arena kernels work on it */
  constructor(maxBytes = MAX_BATCH_BYTES, memory = newMemory) {
    this.#maxBytes = maxBytes;
    this.#memory = memory;
  }

  /** Of `data`. */
  get view(): DataView {
    return this.#view;
  }

  /** Bytes of all values. */
  get length(): number {
    return this.offsets[this.count];
  }

  /** Whether decoders stop here, see `softLimit`. */
  get isFull(): boolean {
    return this.length >= this.softLimit;
  }

  /** Forgets the values and keeps the memory. */
  clear(): void {
    this.count = 0;
  }

  /** Appends `source[start, end)` as one value. @param view of the source, from who appends many */
  append(source: Uint8Array, start: number, end: number, view?: DataView): void {
    const at = this.open(end - start);
    if (end - start > LONG_BYTES) this.data.set(source.subarray(start, end), at);
    else if (view) copyShort(view, start, this.#view, at, end - start);
    else for (let i = start; i < end; i++) this.data[at + i - start] = source[i];
  }

  /** Appends one value of `size` bytes, which the caller writes to `data` from the answered offset on. */
  open(size: number): number {
    const at = this.offsets[this.count];
    this.reserve(at + size);
    if (this.count + 2 > this.offsets.length) this.reserveValues(this.count + 1);
    this.offsets[++this.count] = at + size;
    return at;
  }

  /** Makes room for `size` bytes in all. @throws {TooLarge} for more than it may hold */
  reserve(size: number): void {
    if (size <= this.data.length) return;
    if (size > this.#maxBytes) throw new TooLarge("a column in memory", this.#maxBytes);
    const grown = this.#memory.take(Math.min(this.#maxBytes, Math.max(size, this.data.length * 2, 1024)));
    grown.set(this.data.subarray(0, this.length));
    this.#memory.give(this.data);
    this.data = grown;
    this.#view = viewOf(grown);
  }

  /** Forgets the first `count` values; the others move to the front. */
  dropFront(count: number): void {
    const start = this.offsets[count];
    this.data.copyWithin(0, start, this.length);
    for (let i = count; i <= this.count; i++) this.offsets[i - count] = this.offsets[i] - start;
    this.count -= count;
  }

  /** Makes room for `count` values in all. */
  reserveValues(count: number): void {
    if (count < this.offsets.length) return;
    const memory = this.#memory.take(4 * Math.max(count + 1, this.offsets.length * 2, 256));
    const grown = new Uint32Array(memory.buffer, memory.byteOffset, memory.length / 4);
    grown.set(this.offsets.subarray(0, this.count + 1));
    this.#giveOffsets();
    [this.offsets, this.#offsetBytes] = [grown, memory];
  }

  /** Gives its memory back, and has no values any more. More may come. */
  release(): void {
    this.#memory.give(this.data);
    this.#giveOffsets();
    [this.data, this.offsets, this.count] = [new Uint8Array(0), new Uint32Array(1), 0];
    this.#view = viewOf(this.data);
  }

  #giveOffsets(): void {
    if (this.#offsetBytes) this.#memory.give(this.#offsetBytes);
    this.#offsetBytes = undefined;
  }
}
