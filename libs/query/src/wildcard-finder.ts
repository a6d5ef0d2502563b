/** Stands in a segment for exactly one character; no byte of UTF-8 has this value. */
export const ANY_CHARACTER = 256;

/**
 * Finds a run of bytes and ANY_CHARACTERs in UTF-8 with all its possible starts at once: bit i of the state says that the
 * units up to i match the bytes just read (the Shift-And automaton). A byte costs one operation for 32 units, whatever the
 * text; a search that starts anew at each byte costs the whole run each time.
 */
export class WildcardFinder {
  readonly #units: number;
  readonly #words: number;
  /** `#words` words for each byte: the units that it can be. An ANY_CHARACTER can begin with every byte that begins one. */
  readonly #masks: Uint32Array;
  /** The ANY_CHARACTERs, which last until their character ends. */
  readonly #any: Uint32Array;
  readonly #state: Uint32Array;

  constructor(segment: Uint16Array) {
    this.#units = segment.length;
    this.#words = Math.ceil(segment.length / 32);
    this.#masks = new Uint32Array(256 * this.#words);
    this.#any = new Uint32Array(this.#words);
    this.#state = new Uint32Array(this.#words);
    for (const [i, unit] of segment.entries()) this.#add(unit, i >>> 5, 1 << (i & 31));
  }

  #add(unit: number, word: number, bit: number): void {
    if (unit !== ANY_CHARACTER) {
      this.#masks[unit * this.#words + word] |= bit;
      return;
    }
    this.#any[word] |= bit;
    for (let byte = 0; byte < 256; byte++) if (!isContinuation(byte)) this.#masks[byte * this.#words + word] |= bit;
  }

  /** Behind the first occurrence within `[at, end)`, whose ends are ends of characters; -1 when there is none. */
  find(data: Uint8Array, at: number, end: number): number {
    const last = this.#words - 1;
    const done = 1 << ((this.#units - 1) & 31);
    this.#state.fill(0);
    /** Words that may hold anything: in most texts few starts are under way, and they are young. */
    let used = 0;
    for (let i = at; i < end; i++) {
      used = this.#step(data[i], Math.min(used + 1, last));
      const isWhole = i + 1 === end || !isContinuation(data[i + 1]);
      if (isWhole && used === last && (this.#state[last] & done) !== 0) return i + 1;
    }
    return -1;
  }

  /** Takes one byte; answers the last word of the state that holds anything, or 0. */
  #step(byte: number, top: number): number {
    const state = this.#state;
    const masks = byte * this.#words;
    const isInside = isContinuation(byte);
    let used = 0;
    for (let word = top; word >= 0; word--) {
      const carried = word > 0 ? state[word - 1] >>> 31 : isInside ? 0 : 1;
      const lasting = isInside ? state[word] & this.#any[word] : 0;
      const next = (((state[word] << 1) | carried) & this.#masks[masks + word]) | lasting;
      state[word] = next;
      if (next !== 0 && used === 0) used = word;
    }
    return used;
  }
}

/** Is it a byte that goes on with a character? */
export function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
