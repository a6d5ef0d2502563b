import { takeNumberedTexts } from "@sluice/kernels";
import { Damage } from "../damage.ts";
import { newMemory, type PageMemory } from "../pages/page-memory.ts";
import { BytesSink } from "./bytes-sink.ts";
import { RleDecoder } from "./rle.ts";
import type { BytesDecoder, FixedDecoder, Resettable } from "./value-decoder.ts";

/** Indexes decoded at a time. */
const STEP = 1024;

/** The distinct values of a column chunk; values of equal width lie in `fixed`, 8-byte aligned, others in `bytes`. */
export class Dictionary {
  size = 0;
  fixed = new Uint8Array(0);
  readonly bytes: BytesSink;

  constructor(memory: PageMemory = newMemory) {
    this.bytes = new BytesSink(undefined, memory);
  }
}

/** Indexes into a dictionary: one byte of bit width, then runs. */
class IndexDecoder {
  readonly indexes = new Int32Array(STEP);
  readonly #runs = new RleDecoder();
  /** Of `indexes`, those that were decoded ahead. */
  #from = 0;
  #to = 0;

  reset(bytes: Uint8Array, start: number, end: number): void {
    if (start < end) this.#runs.reset(bytes, start + 1, end, bytes[start]);
    else this.#runs.reset(bytes, start, end, 0);
    this.#from = this.#to = 0;
  }

  /** Fills `indexes` with the next `count`, all of them below `size`. */
  next(count: number, size: number): void {
    this.#runs.read(count, this.indexes, 0);
    for (let i = 0; i < count; i++) {
      if (this.indexes[i] >>> 0 >= size)
        throw new Damage(`index ${this.indexes[i] >>> 0} into a dictionary of ${size} values`);
    }
  }

  /** Some of the next `count`, one at least, as of `next`; they stay the next ones until `pass` is called. @param count one at least */
  ahead(count: number, size: number): Int32Array {
    if (this.#from === this.#to) {
      [this.#from, this.#to] = [0, Math.min(STEP, count)];
      this.next(this.#to, size);
    }
    return this.indexes.subarray(this.#from, Math.min(this.#to, this.#from + count));
  }

  pass(count: number): void {
    this.#from += count;
  }
}

/** Indexes of a page as values of equal width. @throws {Damage} for an index that the dictionary does not have */
export class DictionaryFixedDecoder implements FixedDecoder, Resettable {
  readonly #width: number;
  readonly #dictionary: Dictionary;
  readonly #indexes = new IndexDecoder();

  constructor(width: number, dictionary: Dictionary) {
    this.#width = width;
    this.#dictionary = dictionary;
  }

  reset(bytes: Uint8Array, start: number, end: number): void {
    this.#indexes.reset(bytes, start, end);
  }

  read(count: number, out: Uint8Array, at: number): void {
    for (let done = 0; done < count; done += STEP) {
      const step = Math.min(STEP, count - done);
      this.#indexes.next(step, this.#dictionary.size);
      gather(this.#dictionary.fixed, this.#width, this.#indexes.indexes, step, out, at + done * this.#width);
    }
  }
}

/** Copies the values with these indexes: words of 32 bits where the width allows it. */
function gather(
  values: Uint8Array,
  width: number,
  indexes: Int32Array,
  count: number,
  out: Uint8Array,
  at: number,
): void {
  if (width % 4 === 0 && (out.byteOffset + at) % 4 === 0) {
    const from = new Int32Array(values.buffer, values.byteOffset, values.length >>> 2);
    const to = new Int32Array(out.buffer, out.byteOffset + at, (count * width) >>> 2);
    const words = width / 4;
    if (words === 1) for (let i = 0; i < count; i++) to[i] = from[indexes[i]];
    else
      for (let i = 0; i < count; i++) for (let k = 0; k < words; k++) to[i * words + k] = from[indexes[i] * words + k];
  } else {
    for (let i = 0; i < count; i++)
      for (let k = 0; k < width; k++) out[at + i * width + k] = values[indexes[i] * width + k];
  }
}

/** Indexes of a page as values of any length. @throws {Damage} for an index that the dictionary does not have */
export class DictionaryBytesDecoder implements BytesDecoder, Resettable {
  readonly #dictionary: Dictionary;
  readonly #indexes = new IndexDecoder();

  constructor(dictionary: Dictionary) {
    this.#dictionary = dictionary;
  }

  reset(bytes: Uint8Array, start: number, end: number): void {
    this.#indexes.reset(bytes, start, end);
  }

  read(count: number, sink: BytesSink): number {
    const { bytes, size } = this.#dictionary;
    let done = 0;
    while (done < count && !sink.isFull) {
      const indexes = this.#indexes.ahead(count - done, size);
      const taken = takeNumberedTexts(indexes, bytes, sink);
      sink.count += taken;
      const passed = taken || appendAll(indexes, bytes, sink);
      this.#indexes.pass(passed);
      done += passed;
    }
    return done;
  }
}

/** One by one, until the sink is full. */
function appendAll(indexes: Int32Array, { data, offsets, view }: BytesSink, sink: BytesSink): number {
  let done = 0;
  for (; done < indexes.length && !sink.isFull; done++)
    sink.append(data, offsets[indexes[done]], offsets[indexes[done] + 1], view);
  return done;
}
