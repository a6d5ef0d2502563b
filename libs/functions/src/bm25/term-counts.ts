import { type Column, isNull, type VarColumn } from "@sluice/columns";
import { type Analyzer, analyzerOf, tokensOf } from "../analyzer/analyzer.ts";
import { DROPPED, TokenNumbers } from "../analyzer/token-numbers.ts";
import { termId } from "./term-id.ts";

/** Up to so many terms insertion is the fastest sort, and costs no view. */
const FEW_TERMS = 32;

/** What a BM25 function makes of a column of text: of each row, how often each term occurs. */
export class TermCounts {
  readonly #tokens: TokenNumbers;

  /** @param analyzerParams as `analyzerOf` */
  constructor(analyzerParams: string) {
    this.#tokens = new TokenNumbers(analyzerOf(analyzerParams), termId);
  }

  /**
   * Sparse vectors (uint32 term, float32 count, little-endian, ascending by term), in memory of their own; a row without terms,
   * or without text, is empty and not null.
   */
  column(text: Column, rowCount: number): VarColumn {
    const { offsets, data } = text as VarColumn;
    const ends = new Uint32Array(rowCount + 1);
    const rows = new Pairs(offsets[rowCount] - offsets[0]);
    for (let row = 0; row < rowCount; row++) {
      if (!isNull(text, row)) this.#addRow(data, offsets[row], offsets[row + 1], rows);
      ends[row + 1] = rows.sizeBytes;
    }
    return { kind: "var", offsets: ends, data: rows.bytes(), validity: undefined };
  }

  #addRow(data: Uint8Array, start: number, end: number, rows: Pairs): void {
    const found = this.#tokens.scan(data, start, end);
    const terms = this.#tokens.numbers;
    let count = 0;
    for (let i = 0; i < found; i++) if (terms[i] !== DROPPED) terms[count++] = terms[i];
    sort(terms, count);
    for (let i = 0; i < count; ) {
      const first = i;
      while (i < count && terms[i] === terms[first]) i++;
      rows.add(terms[first], i - first);
    }
  }
}

/** The terms of a query with how often each occurs, ascending. */
export function queryTerms(analyzer: Analyzer, text: string): { terms: Uint32Array; counts: Float32Array } {
  const counts = new Map<number, number>();
  for (const token of tokensOf(analyzer, text)) {
    const id = termId(token.text);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const terms = Uint32Array.from(counts.keys()).sort();
  return { terms, counts: Float32Array.from(terms, (term) => counts.get(term) ?? 0) };
}

function sort(terms: Uint32Array, count: number): void {
  if (count > FEW_TERMS) {
    terms.subarray(0, count).sort();
    return;
  }
  for (let i = 1; i < count; i++) {
    const term = terms[i];
    let at = i;
    for (; at > 0 && terms[at - 1] > term; at--) terms[at] = terms[at - 1];
    terms[at] = term;
  }
}

/** Pairs of term and count, in memory that grows. */
class Pairs {
  #words: Uint32Array<ArrayBuffer>;
  #floats: Float32Array;
  #count = 0;

  /** @param textBytes of the rows: most tokens take five and more, and some come again */
  constructor(textBytes: number) {
    this.#words = new Uint32Array(2 * Math.ceil(textBytes / 5) + 64);
    this.#floats = new Float32Array(this.#words.buffer);
  }

  get sizeBytes(): number {
    return 8 * this.#count;
  }

  add(term: number, count: number): void {
    if (2 * this.#count === this.#words.length) this.#grow();
    this.#words[2 * this.#count] = term;
    this.#floats[2 * this.#count++ + 1] = count;
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.#words.buffer, 0, this.sizeBytes);
  }

  #grow(): void {
    const words = new Uint32Array(2 * this.#words.length);
    words.set(this.#words);
    this.#words = words;
    this.#floats = new Float32Array(words.buffer);
  }
}
