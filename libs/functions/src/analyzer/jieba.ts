import { createRequire } from "node:module";
import type * as NodeJieba from "@node-rs/jieba";
import { excerpt } from "@sluice/errors";
import { AnalyzerError } from "./analyzer-error.ts";

/**
 * Where the words of a text stand, which may overlap: for each one its first byte of UTF-8, the byte behind it, its first character,
 * and how many it has.
 */
export type WordFinder = (text: string) => Uint32Array;

/** Numbers for each word that a `WordFinder` finds. */
export const WORD_NUMBERS = 4;

interface JiebaParams {
  /** Whether words that stand in longer ones are found too, before them. */
  readonly isSearch: boolean;
  /** Whether words that the dictionary has not are guessed. */
  readonly hmm: boolean;
}

/** One a thread, from when it is first asked for: its dictionary takes some 60 MB, which nobody pays who has no text of Chinese. */
let loaded: NodeJieba.Jieba | undefined;

/** Words as jieba-rs finds them. Source: Milvus, `jieba_tokenizer.rs`. @throws {AnalyzerError} for options that are not known */
export function jiebaWords(params: unknown): WordFinder {
  const read = jiebaParams(typeof params === "object" ? { ...params } : {});
  return (text) => wordsOf(text, (loaded ??= load()), read);
}

function jiebaParams({ type: _, ...options }: Readonly<Record<string, unknown>>): JiebaParams {
  const { mode = "search", hmm = true, dict = ["_default_"], ...others } = options;
  const [other] = Object.keys(others);
  if (other !== undefined) throw new AnalyzerError(`unknown option of the jieba tokenizer: ${excerpt(other)}`);
  if (mode !== "exact" && mode !== "search")
    throw new AnalyzerError('jieba tokenizer mode must be "exact" or "search"');
  if (typeof hmm !== "boolean") throw new AnalyzerError("jieba tokenizer hmm must be boolean");
  if (!Array.isArray(dict)) throw new AnalyzerError("jieba tokenizer dict must be array");
  if (dict.length !== 1 || dict[0] !== "_default_")
    throw new AnalyzerError(
      'words of your own in dict are not supported by this server: leave dict out, or say ["_default_"]',
    );
  return { isSearch: mode === "search", hmm };
}

function load(): NodeJieba.Jieba {
  const require = createRequire(import.meta.url);
  try {
    const { Jieba } = require("@node-rs/jieba") as typeof NodeJieba;
    return Jieba.withDict((require("@node-rs/jieba/dict") as { dict: Uint8Array }).dict);
  } catch (cause) {
    throw new AnalyzerError(
      `tokenizer jieba cannot be loaded, since @node-rs/jieba is not there for this platform: ${(cause as Error).message}`,
    );
  }
}

function wordsOf(text: string, jieba: NodeJieba.Jieba, { isSearch, hmm }: JiebaParams): Uint32Array {
  const words = jieba.cut(text, hmm);
  const found = isSearch ? jieba.cutForSearch(text, hmm) : words;
  const places = new Uint32Array(WORD_NUMBERS * found.length);
  let [next, char, byte] = [0, 0, 0];
  for (const word of words) {
    const ends = byteEnds(word);
    // The words inside of it stand before it: by their length, and of one length from left to right.
    for (let inner = new InnerWords(word); ; next++) {
      const isWhole = found[next] === word;
      const [first, length] = isWhole ? [0, ends.length - 1] : inner.place(found[next]);
      places.set([byte + ends[first], byte + ends[first + length], char + first, length], WORD_NUMBERS * next);
      if (isWhole) break;
    }
    next++;
    char += ends.length - 1;
    byte += ends[ends.length - 1];
  }
  return places;
}

/** Bytes of UTF-8 before each character of a word, and of all of it. */
function byteEnds(word: string): number[] {
  const ends = [0];
  for (const char of word) ends.push(ends[ends.length - 1] + Buffer.byteLength(char));
  return ends;
}

/** Where the words stand that jieba has found inside of a longer one. */
class InnerWords {
  readonly #chars: readonly string[];
  #length = 0;
  #first = -1;

  constructor(word: string) {
    this.#chars = [...word];
  }

  /** Of the next one, its first character and how many it has. */
  place(inner: string): readonly [first: number, length: number] {
    const chars = [...inner];
    if (chars.length !== this.#length) this.#first = -1;
    this.#length = chars.length;
    do this.#first++;
    while (this.#first < this.#chars.length && !chars.every((char, i) => char === this.#chars[this.#first + i]));
    return [this.#first, chars.length];
  }
}
