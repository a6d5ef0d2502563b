import { viewOf } from "@sluice/kernels";
import { Damage } from "../damage.ts";
import type { BytesSink } from "./bytes-sink.ts";
import { DeltaBinaryPackedDecoder } from "./delta-binary-packed.ts";
import type { BytesDecoder, FixedDecoder, Resettable } from "./value-decoder.ts";

/** A stream of lengths in DELTA_BINARY_PACKED, one at a time. */
class Lengths {
  readonly #packed = new DeltaBinaryPackedDecoder(4);
  readonly #one = new Int32Array(1);

  /** Starts at `start` and answers where the lengths end. */
  reset(bytes: Uint8Array, start: number, end: number): number {
    this.#packed.reset(bytes, start, end);
    const behind = this.#packed.skipAll();
    this.#packed.reset(bytes, start, end);
    return behind;
  }

  next(): number {
    this.#packed.readWords(1, this.#one);
    if (this.#one[0] < 0) throw new Damage(`a value of ${this.#one[0]} bytes`);
    return this.#one[0];
  }
}

/** DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes. */
export class DeltaLengthDecoder implements BytesDecoder, Resettable {
  readonly #lengths = new Lengths();
  #bytes: Uint8Array = new Uint8Array(0);
  #view = viewOf(this.#bytes);
  #at = 0;
  #end = 0;

  reset(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#end = end;
    this.#at = this.#lengths.reset(bytes, start, end);
  }

  read(count: number, sink: BytesSink): number {
    let done = 0;
    for (; done < count && !sink.isFull; done++) {
      const length = this.#lengths.next();
      if (length > this.#end - this.#at) throw new Damage(`a value of ${length} bytes exceeds its page`);
      sink.append(this.#bytes, this.#at, this.#at + length, this.#view);
      this.#at += length;
    }
    return done;
  }
}

/** DELTA_BYTE_ARRAY: how much of the value before is repeated, and what follows. Also for values of equal width. */
export class DeltaBytesDecoder implements BytesDecoder, FixedDecoder, Resettable {
  readonly #width: number | undefined;
  readonly #prefixes = new Lengths();
  readonly #suffixes = new Lengths();
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  #last = new Uint8Array(64);
  #lastView = viewOf(this.#last);
  #lastLength = 0;

  /** @param width of FIXED_LEN_BYTE_ARRAY values; undefined for byte arrays */
  constructor(width?: number) {
    this.#width = width;
  }

  reset(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#end = end;
    this.#at = this.#suffixes.reset(bytes, this.#prefixes.reset(bytes, start, end), end);
    this.#lastLength = 0;
  }

  read(count: number, target: BytesSink | Uint8Array, at = 0): number {
    if (target instanceof Uint8Array) return this.#readFixed(count, target, at);
    let done = 0;
    for (; done < count && !target.isFull; done++) {
      this.#next();
      target.append(this.#last, 0, this.#lastLength, this.#lastView);
    }
    return done;
  }

  #readFixed(count: number, out: Uint8Array, at: number): number {
    for (let i = 0; i < count; i++) {
      this.#next();
      if (this.#lastLength !== this.#width)
        throw new Damage(`a value of ${this.#lastLength} bytes, expected ${this.#width}`);
      out.set(this.#last.subarray(0, this.#lastLength), at + i * this.#lastLength);
    }
    return count;
  }

  #next(): void {
    const prefix = this.#prefixes.next();
    const suffix = this.#suffixes.next();
    if (prefix > this.#lastLength) throw new Damage(`a value repeats ${prefix} bytes of one of ${this.#lastLength}`);
    if (suffix > this.#end - this.#at) throw new Damage(`a value of ${suffix} bytes exceeds its page`);
    this.#reserve(prefix + suffix);
    this.#last.set(this.#bytes.subarray(this.#at, this.#at + suffix), prefix);
    this.#lastLength = prefix + suffix;
    this.#at += suffix;
  }

  #reserve(size: number): void {
    if (size <= this.#last.length) return;
    const grown = new Uint8Array(size * 2);
    grown.set(this.#last.subarray(0, this.#lastLength));
    this.#last = grown;
    this.#lastView = viewOf(grown);
  }
}
