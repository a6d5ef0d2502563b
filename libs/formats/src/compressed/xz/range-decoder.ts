/** Chances are of 2048; a symbol moves one by a 32nd of what is left. */
const CHANCE_BITS = 11;
const EVEN = 1 << (CHANCE_BITS - 1);
const MOVE_BITS = 5;
const INIT_BYTES = 5;

/**
 * Bits of a range code, each by the chance that is learnt of it. Numbers are kept as signed ones of 32 bits, which V8 holds
 * without allocation. Source: LZMA SDK 23.01, `lzma-specification.txt`.
 */
export class RangeDecoder {
  readonly chances: Uint16Array;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #range = -1;
  #code = 0;

  constructor(chanceCount: number) {
    this.chances = new Uint16Array(chanceCount);
  }

  /** Bytes up to here were taken in. */
  get at(): number {
    return this.#at;
  }

  /** Whether the code has ended as encoders end it. */
  get isFinished(): boolean {
    return this.#code === 0;
  }

  /** All chances are even again. */
  forget(): void {
    this.chances.fill(EVEN);
  }

  /** Begins a code. @returns whether its first bytes are those of one */
  start(bytes: Uint8Array, at: number): boolean {
    this.#bytes = bytes;
    this.#at = at + INIT_BYTES;
    this.#range = -1;
    this.#code = (bytes[at + 1] << 24) | (bytes[at + 2] << 16) | (bytes[at + 3] << 8) | bytes[at + 4];
    return bytes[at] === 0 && this.#code !== -1;
  }

  /** One bit by the chance with this number. Bytes behind the end are what is found there: whoever calls looks at `at`. */
  bit(chance: number): number {
    let range = this.#range;
    let code = this.#code;
    if (range >>> 24 === 0) {
      range <<= 8;
      code = (code << 8) | this.#bytes[this.#at++];
    }
    const chances = this.chances;
    const known = chances[chance];
    const bound = Math.imul(range >>> CHANCE_BITS, known);
    if (code >>> 0 < bound >>> 0) {
      chances[chance] = known + ((2 * EVEN - known) >> MOVE_BITS);
      this.#range = bound;
      this.#code = code;
      return 0;
    }
    chances[chance] = known - (known >> MOVE_BITS);
    this.#range = (range - bound) | 0;
    this.#code = (code - bound) | 0;
    return 1;
  }

  /** Bits from the highest on, each by a chance of its own that depends on those before. */
  tree(chance: number, width: number): number {
    let node = 1;
    for (let i = 0; i < width; i++) node = (node << 1) | this.bit(chance + node);
    return node - (1 << width);
  }

  /** As `tree`, from the lowest bit on. */
  reverseTree(chance: number, width: number): number {
    let node = 1;
    let value = 0;
    for (let i = 0; i < width; i++) {
      const bit = this.bit(chance + node);
      node = (node << 1) | bit;
      value |= bit << i;
    }
    return value;
  }

  /** Bits of which nothing is known. */
  even(width: number): number {
    let value = 0;
    for (let i = 0; i < width; i++) {
      this.#normalize();
      this.#range >>>= 1;
      const isOne = this.#code >>> 0 >= this.#range >>> 0;
      if (isOne) this.#code = (this.#code - this.#range) | 0;
      value = (value << 1) | (isOne ? 1 : 0);
    }
    return value;
  }

  /** At the end of a code, as its encoder did. */
  finish(): void {
    this.#normalize();
  }

  #normalize(): void {
    if (this.#range >>> 24 !== 0) return;
    this.#range <<= 8;
    this.#code = (this.#code << 8) | this.#bytes[this.#at++];
  }
}
