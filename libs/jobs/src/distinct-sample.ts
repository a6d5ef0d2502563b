/** Hashes that a sample of a report holds at most: the error of an estimate is about 1 / sqrt of it. */
const REPORTED_HASHES = 512;
/** The same while rows are counted: below it the count is exact. 16 bytes each, with the room that a hash table needs. */
const COUNTED_HASHES = 1 << 21;

/** A sample as plain data. */
export interface DistinctSampleRecord {
  /** Values that were counted. */
  readonly values: number;
  /** Different ones among them: exact, or estimated. */
  readonly distinct: number;
  readonly isEstimate: boolean;
  /** Hashes whose lowest `level` bits are 0: pairs of high and low word. For merging only. */
  readonly level: number;
  readonly hashes: readonly number[];
}

/** Where tables lie; for one who counts again and again. */
export interface SampleMemory {
  /** Bytes of any content. */
  take(length: number): Uint8Array<ArrayBuffer>;
  /** Bytes that `take` gave, which are not used again. */
  give(bytes: Uint8Array<ArrayBuffer>): void;
}

const newMemory: SampleMemory = { take: (length) => new Uint8Array(length), give() {} };
const FIRST_WORDS = 2048;

/**
 * How many of the values of a stream are different: exact while their hashes fit, then by keeping only those hashes that end
 * in enough zero bits, each of which stands for 2^level values. Source: Wegman's adaptive sampling (Flajolet, 1990).
 */
export class DistinctSample {
  /**
   * Open addressing over pairs of words, as int32, which engines compare fastest; a free place has both 0, the hash of both 0 is
   * counted as 1.
   */
  #table: Int32Array<ArrayBuffer>;
  #size = 0;
  #level = 0;
  #values = 0;
  #repeats = 0;
  readonly #limit: number;
  readonly #memory: SampleMemory;

  /** @param limit hashes that are kept */
  constructor(limit = COUNTED_HASHES, memory = newMemory) {
    this.#limit = limit;
    this.#memory = memory;
    this.#table = emptyTable(FIRST_WORDS, memory);
  }

  /** Gives its memory back. It is not used again. */
  release(): void {
    this.#memory.give(bytesOf(this.#table));
  }

  /** Values that were certainly met before: all of them, or at least so many once `isWhole` is false. */
  get repeats(): number {
    return this.#repeats;
  }

  /** Whether every hash is kept. */
  get isWhole(): boolean {
    return this.#level === 0;
  }

  /** Counts a value by its hash of 64 bits. */
  add(high: number, low: number): void {
    this.#values++;
    this.#keep(high | 0, low === 0 && high === 0 ? 1 : low | 0);
  }

  /** Bits of the low word that hashes which are kept have not. Grows with what is added. */
  get mask(): number {
    return (1 << this.#level) - 1;
  }

  /**
   * Counts values, of whose hashes those that have a bit of `mask` may be missing.
   * @param words high and low word of each hash
   */
  addSome(values: number, words: Int32Array): void {
    this.#values += values;
    for (let i = 0; i < words.length; i += 2)
      this.#keep(words[i], words[i] === 0 && words[i + 1] === 0 ? 1 : words[i + 1]);
  }

  #keep(high: number, low: number): void {
    if ((low & this.mask) !== 0) return;
    if (!this.#put(high, low)) {
      this.#repeats++;
      return;
    }
    if (this.#size > this.#limit) this.#thin();
    else if (4 * this.#size > this.#table.length) this.#grow();
  }

  /** False where the table has it. */
  #put(high: number, low: number): boolean {
    const table = this.#table;
    const mask = table.length / 2 - 1;
    let at = 2 * ((high ^ (low >>> 7)) & mask);
    while (table[at] !== 0 || table[at + 1] !== 0) {
      if (table[at] === high && table[at + 1] === low) return false;
      at = (at + 2) & (2 * mask);
    }
    table[at] = high;
    table[at + 1] = low;
    this.#size++;
    return true;
  }

  #thin(): void {
    while (this.#size > this.#limit && this.#level < 31) {
      this.#level++;
      this.#putAgain();
    }
  }

  /**
   * Leaves out what is not of the present level, without more memory: from behind a free place on, what is taken out and put again
   * finds a place at or before its own.
   */
  #putAgain(): void {
    const table = this.#table;
    const places = table.length / 2;
    const first = this.#freePlace();
    for (let step = 1; step < places; step++) {
      const at = 2 * ((first + step) & (places - 1));
      const high = table[at];
      const low = table[at + 1];
      if (high === 0 && low === 0) continue;
      table[at] = table[at + 1] = 0;
      this.#size--;
      if ((low & this.mask) === 0) this.#put(high, low);
    }
  }

  #freePlace(): number {
    let place = 0;
    while (this.#table[2 * place] !== 0 || this.#table[2 * place + 1] !== 0) place++;
    return place;
  }

  #grow(): void {
    const old = this.#table;
    this.#table = emptyTable(2 * old.length, this.#memory);
    this.#size = 0;
    for (let i = 0; i < old.length; i += 2) if (old[i] !== 0 || old[i + 1] !== 0) this.#put(old[i], old[i + 1]);
    this.#memory.give(bytesOf(old));
  }

  /** The count so far, with a sample that is small enough for a report. */
  record(): DistinctSampleRecord {
    const [distinct, isEstimate] = [this.#size * 2 ** this.#level, this.#level > 0];
    const small = new DistinctSample(REPORTED_HASHES);
    small.#level = this.#level;
    this.#each((high, low) => small.#keep(high, low));
    const hashes: number[] = [];
    small.#each((high, low) => hashes.push(high >>> 0, low >>> 0));
    return { values: this.#values, distinct, isEstimate, level: small.#level, hashes };
  }

  #each(take: (high: number, low: number) => void): void {
    for (let i = 0; i < this.#table.length; i += 2)
      if (this.#table[i] !== 0 || this.#table[i + 1] !== 0) take(this.#table[i], this.#table[i + 1]);
  }

  /** Of several streams: exact when there is one, or when all samples are whole. */
  static merge(records: readonly DistinctSampleRecord[]): DistinctSampleRecord {
    if (records.length === 1) return records[0];
    const all = new DistinctSample(REPORTED_HASHES);
    all.#level = Math.max(...records.map(({ level }) => level));
    for (const { hashes } of records)
      for (let i = 0; i < hashes.length; i += 2) all.#keep(hashes[i] | 0, hashes[i + 1] | 0);
    return { ...all.record(), values: records.reduce((sum, { values }) => sum + values, 0) };
  }
}

function emptyTable(words: number, memory: SampleMemory): Int32Array<ArrayBuffer> {
  const { buffer, byteOffset } = memory.take(4 * words).fill(0);
  return new Int32Array(buffer, byteOffset, words);
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
