import { type Column, type FixedColumn, isNull, type VarColumn } from "@sluice/columns";
import { MinHasher } from "@sluice/kernels";
import { analyzerOf } from "../analyzer/analyzer.ts";
import { DROPPED, TokenNumbers } from "../analyzer/token-numbers.ts";
import type { MinHashParams } from "./min-hash-params.ts";
import { mersenneTwister64 } from "./mt19937-64.ts";

const PRIME = (1n << 61n) - 1n;
/** Different tokens that are held at once; beyond, all are forgotten. */
const MAX_TOKENS = 1 << 16;
/** Hashes of shingles, after which others may go on: some ten ms. */
const STEP_HASHES = 1 << 22;

/** What a MinHash function makes of a column of text: signatures, which are alike where the sets of shingles are. */
export class Signatures {
  readonly #params: MinHashParams;
  readonly #hasher: MinHasher;
  readonly #words: Words | undefined;

  /** @param analyzerParams of the text, which splits it where shingles are of words */
  constructor(params: MinHashParams, analyzerParams: string) {
    this.#params = params;
    this.#hasher = new MinHasher(permutations(params), params.hashFunction === "sha1");
    this.#words = params.tokenLevel === "word" ? new Words(analyzerParams) : undefined;
  }

  /**
   * `4 * num_hashes` bytes a row, in memory of their own. Of no text it is as of text without shingles: all ones. Pauses after some
   * ten ms each, inside a row too.
   */
  *column(text: Column, rowCount: number): Generator<void, FixedColumn> {
    const { offsets, data } = text as VarColumn;
    const width = 4 * this.#params.numHashes;
    const signatures = new Uint8Array(rowCount * width);
    const stepShingles = Math.ceil(STEP_HASHES / this.#params.numHashes);
    let left = stepShingles;
    for (let row = 0; row < rowCount; row++) {
      const end = isNull(text, row) ? offsets[row] : offsets[row + 1];
      const count = this.#shingles(data, offsets[row], end);
      const signature = this.#hasher.begin(count);
      for (let first = 0; first < count; ) {
        const next = Math.min(count, first + left);
        this.#hasher.add(first, next);
        left -= next - first;
        first = next;
        if (left > 0) continue;
        left = stepShingles;
        yield;
      }
      signatures.set(signature, row * width);
    }
    return { kind: "fixed", width, data: signatures, validity: undefined };
  }

  /** Lays a text's shingles out for the hasher, and answers how many there are. */
  #shingles(data: Uint8Array, start: number, end: number): number {
    return this.#words ? this.#ofWords(this.#words, data, start, end) : this.#ofBytes(data, start, end);
  }

  /** Every so many bytes; of a shorter text all of it. */
  #ofBytes(data: Uint8Array, start: number, end: number): number {
    const length = end - start;
    const size = Math.min(this.#params.shingleSize, length);
    const count = length === 0 ? 0 : length - size + 1;
    const { text, spans } = this.#hasher.reserve(length, Math.max(1, count));
    for (let i = 0; i < length; i++) text[i] = data[start + i];
    for (let i = 0; i < count; i++) {
      spans[2 * i] = i;
      spans[2 * i + 1] = i + size;
    }
    return count;
  }

  /** So many tokens, one behind the other without a sign between them; of fewer all of them. */
  #ofWords(words: Words, data: Uint8Array, start: number, end: number): number {
    const tokens = words.scan(data, start, end);
    const size = Math.min(this.#params.shingleSize, tokens);
    const count = tokens === 0 ? 0 : tokens - size + 1;
    const { text, spans } = this.#hasher.reserve(words.totalBytes, tokens + 1);
    for (let i = 0, at = 0; i < tokens; i++) {
      const token = words.at(i);
      text.set(token, at);
      // Where a token begins, the shingle does that it is the first of; where it ends, that of which it is the last.
      if (i < count) spans[2 * i] = at;
      at += token.length;
      if (i >= size - 1) spans[2 * (i - size + 1) + 1] = at;
    }
    return count;
  }
}

/** Factor and summand of each permutation. */
function permutations({ seed, numHashes }: MinHashParams): BigUint64Array {
  const numbers = mersenneTwister64(seed, 2 * numHashes);
  return BigUint64Array.from(numbers, (number, i) => (i % 2 === 0 ? (number % (PRIME - 1n)) + 1n : number % PRIME));
}

/** The tokens of a text after the filters, as bytes, each different one made once. */
class Words {
  readonly #analyzerParams: string;
  #numbers: TokenNumbers;
  #tokens: Uint8Array[] = [];
  /** Of the last text, without tokens that were dropped. */
  totalBytes = 0;

  constructor(analyzerParams: string) {
    this.#analyzerParams = analyzerParams;
    this.#numbers = this.#numbering();
  }

  #numbering(): TokenNumbers {
    this.#tokens = [];
    const places = new Map<string, number>();
    return new TokenNumbers(analyzerOf(this.#analyzerParams), (token) => {
      const known = places.get(token) ?? this.#tokens.push(Buffer.from(token)) - 1;
      places.set(token, known);
      return known;
    });
  }

  /** How many tokens the text has. */
  scan(data: Uint8Array, start: number, end: number): number {
    if (this.#tokens.length > MAX_TOKENS) this.#numbers = this.#numbering();
    const found = this.#numbers.scan(data, start, end);
    const { numbers } = this.#numbers;
    let count = 0;
    this.totalBytes = 0;
    for (let i = 0; i < found; i++) {
      if (numbers[i] === DROPPED) continue;
      numbers[count++] = numbers[i];
      this.totalBytes += this.#tokens[numbers[i]].length;
    }
    return count;
  }

  /** A token of the last text. */
  at(index: number): Uint8Array {
    return this.#tokens[this.#numbers.numbers[index]];
  }
}
