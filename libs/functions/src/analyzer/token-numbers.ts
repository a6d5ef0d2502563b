import type { Analyzer } from "./analyzer.ts";
import { WORD_NUMBERS, type WordFinder } from "./jieba.ts";
import type { Span } from "./tokenizers.ts";

/** What a token that the filters drop has for a number. */
export const DROPPED = 0xffffffff;

/** Tokens that are remembered, at least so many; a power of two. */
const FIRST_SLOTS = 1 << 10;
/** Bytes of tokens that are remembered; beyond, all are forgotten. Text of a language has fewer. */
const MAX_TEXT_BYTES = 4 << 20;
/** And no more than so many: of short ones the table is the greater part. */
const MAX_TOKENS = 1 << 18;
/** Longer tokens are looked at anew each time: they hardly come again. */
const MAX_TOKEN_BYTES = 256;

/**
 * Texts as numbers, one for each token. What filters make of a token, and the number of that, is worked out once for each
 * different token and found again by its bytes, so that a text costs a pass over its bytes and no object, whatever the filters.
 */
export class TokenNumbers {
  /** Of the last text, `scan` says how many; those of dropped tokens stand there too. Overwritten by the next text. */
  numbers = new Uint32Array(256);
  readonly #analyzer: Analyzer;
  readonly #numberOf: (token: string) => number;
  readonly #span: Span = { start: 0, end: 0 };
  /** Open addressing: where the token's bytes end, 0 = free; its length; hash; number. */
  #slots = FIRST_SLOTS;
  #table = new Uint32Array(4 * FIRST_SLOTS);
  #count = 0;
  #text = new Uint8Array(16 << 10);
  #textBytes = 0;

  /** @param numberOf of a token that was not dropped, below `DROPPED`; depends on the token alone */
  constructor(analyzer: Analyzer, numberOf: (token: string) => number) {
    this.#analyzer = analyzer;
    this.#numberOf = numberOf;
  }

  /** Numbers the tokens of `bytes[start, end)`, UTF-8, and answers how many there are. */
  scan(bytes: Uint8Array, start: number, end: number): number {
    const analyzer = this.#analyzer;
    if ("words" in analyzer) return this.#scanWords(analyzer.words, bytes, start, end);
    const { tokenizer } = analyzer;
    const span = this.#span;
    let count = 0;
    for (let at = start; tokenizer(bytes, at, end, span); at = span.end) {
      if (count === this.numbers.length) this.#grow();
      this.numbers[count++] = this.#number(bytes, span.start, span.end);
    }
    return count;
  }

  #scanWords(words: WordFinder, bytes: Uint8Array, start: number, end: number): number {
    const places = words(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8"));
    let count = 0;
    for (let i = 0; i < places.length; i += WORD_NUMBERS) {
      if (count === this.numbers.length) this.#grow();
      this.numbers[count++] = this.#number(bytes, start + places[i], start + places[i + 1]);
    }
    return count;
  }

  #grow(): void {
    const numbers = new Uint32Array(2 * this.numbers.length);
    numbers.set(this.numbers);
    this.numbers = numbers;
  }

  #number(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length > MAX_TOKEN_BYTES) return this.#workedOut(bytes, start, end);
    const hash = hashOf(bytes, start, end);
    const table = this.#table;
    for (let slot = hash & (this.#slots - 1); ; slot = (slot + 1) & (this.#slots - 1)) {
      const entry = 4 * slot;
      if (table[entry] === 0) return this.#remember(bytes, start, end, hash);
      if (
        table[entry + 2] === hash &&
        table[entry + 1] === length &&
        this.#isAt(table[entry] - length, bytes, start, length)
      )
        return table[entry + 3];
    }
  }

  #isAt(at: number, bytes: Uint8Array, start: number, length: number): boolean {
    const text = this.#text;
    for (let i = 0; i < length; i++) if (text[at + i] !== bytes[start + i]) return false;
    return true;
  }

  #workedOut(bytes: Uint8Array, start: number, end: number): number {
    const token = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8");
    const filtered = this.#analyzer.filter(token);
    return filtered === undefined ? DROPPED : this.#numberOf(filtered);
  }

  #remember(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const number = this.#workedOut(bytes, start, end);
    if (this.#count === MAX_TOKENS || this.#textBytes + (end - start) > MAX_TEXT_BYTES) this.#forget();
    if (2 * (this.#count + 1) > this.#slots) this.#widen();
    this.#keepText(bytes, start, end);
    this.#insert(this.#textBytes, end - start, hash, number);
    this.#count++;
    return number;
  }

  #keepText(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.#textBytes + end - start;
    if (needed > this.#text.length) {
      const text = new Uint8Array(Math.max(2 * this.#text.length, needed));
      text.set(this.#text);
      this.#text = text;
    }
    for (let i = start; i < end; i++) this.#text[this.#textBytes++] = bytes[i];
  }

  #insert(textEnd: number, length: number, hash: number, number: number): void {
    let slot = hash & (this.#slots - 1);
    while (this.#table[4 * slot] !== 0) slot = (slot + 1) & (this.#slots - 1);
    this.#table[4 * slot] = textEnd;
    this.#table[4 * slot + 1] = length;
    this.#table[4 * slot + 2] = hash;
    this.#table[4 * slot + 3] = number;
  }

  #widen(): void {
    const old = this.#table;
    this.#slots *= 2;
    this.#table = new Uint32Array(4 * this.#slots);
    for (let i = 0; i < old.length; i += 4) if (old[i] !== 0) this.#insert(old[i], old[i + 1], old[i + 2], old[i + 3]);
  }

  #forget(): void {
    this.#table.fill(0);
    this.#count = 0;
    this.#textBytes = 0;
  }
}

/** FNV-1a with its high bits mixed in. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
