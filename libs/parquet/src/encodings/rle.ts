import { Damage } from "../damage.ts";

/** Positions are kept in bits of 32. */
const MAX_BYTES = 1 << 28;

/**
 * Reader of the RLE / bit-packed hybrid: levels, dictionary indexes, booleans. Runs stay runs as long as the caller asks for
 * runs, so that a page of equal levels costs one step. Source: parquet-format, Encodings.md.
 */
export class RleDecoder {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  #width = 0;
  #mask = 0;
  /** Entries left of the current run. */
  #left = 0;
  #isPacked = false;
  /** Value of a repeated run. */
  #value = 0;
  /** Next bit of a packed run. */
  #bit = 0;

  /** Reads `bytes[start, end)`; `width` bits a value, 0 to 32. */
  reset(bytes: Uint8Array, start: number, end: number, width: number): void {
    if (width > 32) throw new Damage(`a bit width of ${width} is not possible`);
    if (end - start > MAX_BYTES) throw new Damage(`levels or indexes of ${end - start} bytes`);
    this.#bytes = bytes.subarray(start, end);
    this.#at = 0;
    this.#end = end - start;
    this.#width = width;
    this.#mask = width === 32 ? -1 : (1 << width) - 1;
    this.#isPacked = false;
    this.#value = 0;
    // Values of no bits are all 0; some writers then leave out the runs too.
    this.#left = width === 0 && start === end ? Number.POSITIVE_INFINITY : 0;
  }

  /** The next value. @throws {Damage} when there is none */
  next(): number {
    if (this.#left === 0) this.#nextRun();
    this.#left--;
    return this.#isPacked ? this.#unpack() : this.#value;
  }

  /** Writes the next `count` values. @throws {Damage} when there are fewer */
  read(count: number, out: Int32Array | Uint8Array, at: number): void {
    let done = 0;
    while (done < count) {
      if (this.#left === 0) this.#nextRun();
      const step = Math.min(this.#left, count - done);
      if (!this.#isPacked) out.fill(this.#value, at + done, at + done + step);
      else this.#unpackSome(step, out, at + done);
      this.#left -= step;
      done += step;
    }
  }

  /** Takes values as long as they equal `value`, `limit` at most, and answers how many. @throws {Damage} at the end */
  takeEqual(value: number, limit: number): number {
    let taken = 0;
    while (taken < limit) {
      if (this.#left === 0) this.#nextRun();
      const most = Math.min(this.#left, limit - taken);
      const step = this.#isPacked ? this.#equalPacked(value, most) : this.#value === value ? most : 0;
      this.#left -= step;
      taken += step;
      if (step < most) break;
    }
    return taken;
  }

  /** Where the next run begins, if none is open; else -1. */
  get place(): number {
    return this.#left === 0 ? this.#at : -1;
  }

  /**
   * Steps over copies of the whole runs since `place`, `limit` at most, and answers how many: the same bytes stand for the same
   * values. 0 within a run.
   */
  takeCopies(place: number, limit: number): number {
    const length = this.#at - place;
    if (this.#left > 0 || length <= 0) return 0;
    const bytes = this.#bytes;
    const most = Math.min(this.#end, this.#at + limit * length);
    let same = this.#at;
    while (same < most && bytes[same] === bytes[same - length]) same++;
    const copies = Math.floor((same - this.#at) / length);
    this.#at += copies * length;
    return copies;
  }

  /** Leading values of a packed run that equal `value`, and steps over them. */
  #equalPacked(value: number, most: number): number {
    if (this.#width === 1 && value <= 1) return this.#equalBits(value, most);
    let count = 0;
    for (; count < most; count++) {
      const before = this.#bit;
      if (this.#unpack() === value) continue;
      this.#bit = before;
      break;
    }
    return count;
  }

  /** The same of levels of one bit, up to eight at a time: of lists, one that is 0 and seven that are not stand in each byte. */
  #equalBits(value: number, most: number): number {
    const flip = value === 0 ? 0 : 0xff;
    let count = 0;
    while (count < most) {
      const shift = this.#bit & 7;
      const different = (this.#bytes[this.#bit >>> 3] ^ flip) >>> shift;
      const equal = different === 0 ? 8 - shift : 31 - Math.clz32(different & -different);
      const step = Math.min(equal, most - count);
      this.#bit += step;
      count += step;
      if (different !== 0) break;
    }
    return count;
  }

  #unpackSome(count: number, out: Int32Array | Uint8Array, at: number): void {
    const width = this.#width;
    if (width > 25) {
      for (let i = 0; i < count; i++) out[at + i] = this.#unpack();
      return;
    }
    // At most 25 bits and the 7 before them lie in four bytes.
    const bytes = this.#bytes;
    const mask = this.#mask;
    let bit = this.#bit;
    for (let i = at; i < at + count; i++, bit += width) {
      const byte = bit >>> 3;
      const word = bytes[byte] | (bytes[byte + 1] << 8) | (bytes[byte + 2] << 16) | (bytes[byte + 3] << 24);
      out[i] = (word >>> (bit & 7)) & mask;
    }
    this.#bit = bit;
  }

  #unpack(): number {
    const byte = this.#bit >>> 3;
    const shift = this.#bit & 7;
    const bytes = this.#bytes;
    this.#bit += this.#width;
    let value = bytes[byte] >>> shift;
    // Bytes behind the end are undefined, which the shifts take as 0; the run's length keeps them out of every value.
    if (shift + this.#width > 8) value |= (bytes[byte + 1] << (8 - shift)) | (bytes[byte + 2] << (16 - shift));
    if (shift + this.#width > 24)
      value |= (bytes[byte + 3] << (24 - shift)) | (shift > 0 ? bytes[byte + 4] << (32 - shift) : 0);
    return value & this.#mask;
  }

  #nextRun(): void {
    const header = this.#varint();
    if ((header & 1) === 1) {
      const groups = (header - 1) / 2;
      const packedBytes = Math.min(groups * this.#width, this.#end - this.#at);
      this.#isPacked = true;
      // Some writers cut the last group short: what the bytes do hold counts.
      this.#left = this.#width === 0 ? groups * 8 : Math.floor((packedBytes * 8) / this.#width);
      this.#bit = this.#at * 8;
      this.#at += packedBytes;
    } else {
      this.#isPacked = false;
      this.#left = header / 2;
      this.#value = this.#repeatedValue();
    }
    if (this.#left === 0) throw new Damage("a run of levels or indexes is empty");
  }

  #repeatedValue(): number {
    const bytes = (this.#width + 7) >>> 3;
    if (bytes > this.#end - this.#at) throw ended();
    let value = 0;
    for (let i = 0; i < bytes; i++) value |= this.#bytes[this.#at++] << (8 * i);
    if ((value & this.#mask) !== value)
      throw new Damage(`a run repeats ${value}, which does not fit into ${this.#width} bits`);
    return value;
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
      if (this.#at >= this.#end) throw ended();
      const byte = this.#bytes[this.#at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new Damage("a run is longer than 32 bits can say");
  }
}

function ended(): Damage {
  return new Damage("levels or indexes end early");
}
