import { takePlainTexts, viewOf } from "@sluice/kernels";
import { Damage } from "../damage.ts";
import type { BytesSink } from "./bytes-sink.ts";
import type { BytesDecoder, FixedDecoder, Resettable } from "./value-decoder.ts";

/** Values that are appended one by one before the kernel is tried again: one that had no room made some. */
const APPENDED = 64;

/** PLAIN values of equal width: one copy. */
export class PlainFixedDecoder implements FixedDecoder, Resettable {
  readonly #width: number;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  constructor(width: number) {
    this.#width = width;
  }

  reset(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  read(count: number, out: Uint8Array, at: number): void {
    const size = count * this.#width;
    if (size > this.#end - this.#at) throw new Damage("the values of a page end early");
    out.set(this.#bytes.subarray(this.#at, this.#at + size), at);
    this.#at += size;
  }

  /** The same where they are, in the memory of the page; undefined where they are not aligned, and nothing is read. */
  view(count: number, alignment: number): Uint8Array | undefined {
    const size = count * this.#width;
    if (size > this.#end - this.#at) throw new Damage("the values of a page end early");
    if ((this.#bytes.byteOffset + this.#at) % alignment !== 0) return undefined;
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }
}

/** PLAIN booleans: one bit each, lowest first. */
export class PlainBoolDecoder implements FixedDecoder, Resettable {
  #bytes: Uint8Array = new Uint8Array(0);
  #bit = 0;
  #endBit = 0;

  reset(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#bit = start * 8;
    this.#endBit = end * 8;
  }

  read(count: number, out: Uint8Array, at: number): void {
    if (count > this.#endBit - this.#bit) throw new Damage("the values of a page end early");
    for (let i = 0; i < count; i++, this.#bit++)
      out[at + i] = (this.#bytes[Math.floor(this.#bit / 8)] >>> (this.#bit % 8)) & 1;
  }
}

/** PLAIN byte arrays: four bytes of length before each. */
export class PlainBytesDecoder implements BytesDecoder, Resettable {
  #bytes: Uint8Array = new Uint8Array(0);
  #view = viewOf(this.#bytes);
  #at = 0;
  #end = 0;

  reset(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#at = start;
    this.#end = end;
  }

  read(count: number, sink: BytesSink): number {
    let done = 0;
    while (done < count && !sink.isFull)
      done += this.#take(count - done, sink) || this.#append(Math.min(APPENDED, count - done), sink);
    return done;
  }

  /** By the kernel, as far as it goes. */
  #take(count: number, sink: BytesSink): number {
    const taken = takePlainTexts(this.#bytes, this.#at, this.#end, count, sink);
    const before = sink.length;
    sink.count += taken;
    this.#at += 4 * taken + sink.length - before;
    return taken;
  }

  /** One by one. @throws {Damage} */
  #append(count: number, sink: BytesSink): number {
    const [bytes, view, end] = [this.#bytes, this.#view, this.#end];
    let [done, at] = [0, this.#at];
    for (; done < count && !sink.isFull; done++) {
      const start = at + 4;
      if (start > end) throw new Damage("the values of a page end early");
      const length = view.getUint32(at, true);
      if (length > end - start) throw new Damage(`a value of ${length} bytes exceeds its page`);
      sink.append(bytes, start, start + length, view);
      at = start + length;
    }
    this.#at = at;
    return done;
  }
}

/** Little-endian; where it lies is not checked. */
export function uint32(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}
