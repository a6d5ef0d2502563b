import { type Column, isNull, type VarColumn, varValue } from "@sluice/columns";
import { analyzerOf } from "../analyzer/analyzer.ts";
import type { MultiAnalyzer } from "../analyzer/multi-analyzer.ts";
import { DROPPED, TokenNumbers } from "../analyzer/token-numbers.ts";
import { termId } from "./term-id.ts";

/** Up to so many terms insertion is the fastest sort, and costs no view. */
const FEW_TERMS = 32;

/** What a BM25 function makes of a column of text: of each row, how often each term occurs. */
export class TermCounts {
  readonly #tokens = new Map<string, TokenNumbers>();
  readonly #paramsOf: (name: string) => string;

  /** @param analyzer `analyzer_params`, as `analyzerOf`; or several, of which a name says each row's */
  constructor(analyzer: string | MultiAnalyzer) {
    this.#paramsOf = typeof analyzer === "string" ? () => analyzer : analyzer.paramsOf;
  }

  /**
   * Sparse vectors (uint32 term, float32 count, little-endian, ascending by term), in memory of their own; a row without terms,
   * or without text, is empty and not null.
   * @param names of analyzers, one a row, where there are several
   */
  column(text: Column, rowCount: number, names?: Column): VarColumn {
    const { offsets, data } = text as VarColumn;
    const ends = new Uint32Array(rowCount + 1);
    const rows = new Pairs(offsets[rowCount] - offsets[0]);
    for (let row = 0; row < rowCount; row++) {
      if (!isNull(text, row)) addRow(this.#tokensOf(nameAt(names, row)), data, offsets[row], offsets[row + 1], rows);
      ends[row + 1] = rows.sizeBytes;
    }
    return { kind: "var", offsets: ends, data: rows.bytes(), validity: undefined };
  }

  /** Kept by what describes them: of names there are as many as users like. */
  #tokensOf(name: string): TokenNumbers {
    const params = this.#paramsOf(name);
    const tokens = this.#tokens.get(params) ?? new TokenNumbers(analyzerOf(params), termId);
    this.#tokens.set(params, tokens);
    return tokens;
  }
}

function nameAt(names: Column | undefined, row: number): string {
  if (!names || isNull(names, row)) return "";
  return Buffer.from(varValue(names as VarColumn, row)).toString("utf8");
}

function addRow(tokens: TokenNumbers, data: Uint8Array, start: number, end: number, rows: Pairs): void {
  const found = tokens.scan(data, start, end);
  const terms = tokens.numbers;
  let count = 0;
  for (let i = 0; i < found; i++) if (terms[i] !== DROPPED) terms[count++] = terms[i];
  sort(terms, count);
  for (let i = 0; i < count; ) {
    const first = i;
    while (i < count && terms[i] === terms[first]) i++;
    rows.add(terms[first], i - first);
  }
}

/** Terms of a text with how often each occurs, ascending. */
export interface TermsOfText {
  readonly terms: Uint32Array;
  readonly counts: Float32Array;
}

/** The terms of texts that are searched for. @param texts UTF-8 @param analyzerParams as `analyzerOf` */
export function queryTerms(analyzerParams: string, texts: readonly Uint8Array[]): TermsOfText[] {
  const offsets = new Uint32Array(texts.length + 1);
  for (const [i, { length }] of texts.entries()) offsets[i + 1] = offsets[i] + length;
  const column = { kind: "var", offsets, data: Buffer.concat(texts), validity: undefined } as const;
  const { offsets: ends, data } = new TermCounts(analyzerParams).column(column, texts.length);
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length / 4);
  const floats = new Float32Array(words.buffer, words.byteOffset, words.length);
  return texts.map((_, i) => {
    const [first, length] = [ends[i] / 4, (ends[i + 1] - ends[i]) / 8];
    return {
      terms: Uint32Array.from({ length }, (_, k) => words[first + 2 * k]),
      counts: Float32Array.from({ length }, (_, k) => floats[first + 2 * k + 1]),
    };
  });
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
