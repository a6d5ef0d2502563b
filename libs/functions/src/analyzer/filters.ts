import { excerpt } from "@sluice/errors";
import { AnalyzerError } from "./analyzer-error.ts";
import { asciiFolding } from "./ascii-folding.ts";
import { stemmerOf } from "./stemmers.ts";
import { otherStopWordLists, stopWordList } from "./stop-words.ts";

/** What becomes of a token; undefined: it is dropped. */
export type TokenFilter = (token: string) => string | undefined;

const upperCase = /\p{Changes_When_Lowercased}/gu;

/** Lower case per code point: a final sigma is like any other. */
export const lowercase: TokenFilter = (token) => token.replace(upperCase, (letter) => letter.toLowerCase());

/** Decimal digits, but for those that Milvus leaves as they are: N'Ko, Sinhala Lith, and all beyond 16 bits. */
const digits = /[\p{Nd}--[\u07c0-\u07c9\u0de6-\u0def\u{10000}-\u{10ffff}]]/gv;
const digit = /\p{Nd}/u;

/** A script's digits follow one another from a code point that ends, in hexadecimal, in 0 or in 6. */
const decimalDigits: TokenFilter = (token) =>
  token.replace(digits, (found) => {
    const code = found.charCodeAt(0);
    const low = code & 15;
    return String(low < 10 && digit.test(String.fromCharCode(code - low)) ? low : low - 6);
  });

const keep =
  (isKept: (token: string) => boolean): TokenFilter =>
  (token) =>
    isKept(token) ? token : undefined;

/** Filters without parameters. */
const named: Readonly<Record<string, TokenFilter>> = {
  lowercase,
  asciifolding: asciiFolding,
  alphanumonly: keep((token) => /^[0-9A-Za-z]*$/.test(token)),
  removepunct: keep((token) => !/[\p{P}\s]/u.test(token)),
  decimaldigit: decimalDigits,
  cncharonly: keep((token) => /\p{Script=Han}/u.test(token)),
  cnalphanumonly: keep((token) => /[\p{Script=Han}a-zA-Z0-9]/u.test(token)),
};
/** Filters that this server has not, and what to do without them. */
const absent: Readonly<Record<string, string>> = {
  decompounder: "split compounds before the import",
  synonym: "write one word for all its synonyms before the import",
  pinyin: "write the readings into the text before the import",
  regex: "drop such words before the import, or name them as stop words",
};

/** Each costs a call a token, and one more of a kind hardly does anything. */
const MAX_FILTERS = 64;

/** @param list of `filter` @throws {AnalyzerError} */
export function filtersOf(list: unknown): TokenFilter[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw new AnalyzerError("filter params should be array");
  if (list.length > MAX_FILTERS) throw new AnalyzerError(`${list.length} filters are more than ${MAX_FILTERS}`);
  return list.map((one) => (typeof one === "string" ? namedFilter(one) : describedFilter(one)));
}

function namedFilter(name: string): TokenFilter {
  if (Object.hasOwn(named, name)) return named[name];
  refuseAbsent(name);
  throw new AnalyzerError(`build analyzer failed, filter not found :${excerpt(name)}`);
}

function describedFilter(params: unknown): TokenFilter {
  const { type, ...own } = (typeof params === "object" && params !== null ? params : {}) as Readonly<
    Record<string, unknown>
  >;
  if (type === undefined) throw new AnalyzerError("no type field in filter params");
  if (typeof type !== "string") throw new AnalyzerError("filter type should be string");
  switch (type) {
    case "length":
      return lengthFilter(own.max);
    case "stop":
      return stopFilter(own.stop_words === undefined ? refuseFile(own) : stopWordsOf(own.stop_words));
    case "stemmer":
      return stemmer(own.language);
    default:
      refuseAbsent(type);
      throw new AnalyzerError(`unsupport filter type: ${excerpt(type)}`);
  }
}

function refuseAbsent(name: string): void {
  if (!Object.hasOwn(absent, name)) return;
  throw new AnalyzerError(`filter ${name} is not supported by this server (${absent[name]})`);
}

/** Keeps tokens of at most so many bytes. */
function lengthFilter(max: unknown): TokenFilter {
  if (typeof max !== "number" || !Number.isInteger(max) || max < 0)
    throw new AnalyzerError("lenth max param was none or not uint");
  return keep((token) => token.length <= max && Buffer.byteLength(token) <= max);
}

function refuseFile(own: Readonly<Record<string, unknown>>): [] {
  if (own.stop_words_file === undefined) return [];
  throw new AnalyzerError("stop_words_file is not supported by this server (give the words as stop_words)");
}

/** Exact matches are dropped. */
export function stopFilter(words: readonly string[]): TokenFilter {
  const stopped = new Set(words);
  return keep((token) => !stopped.has(token));
}

/** Words, and the lists that names such as `_english_` stand for. @throws {AnalyzerError} */
export function stopWordsOf(list: unknown): string[] {
  if (!Array.isArray(list)) throw new AnalyzerError("filter stop_words should be array");
  return list.flatMap((word) => {
    if (typeof word !== "string") throw new AnalyzerError("filter stop_words item should be string");
    const list = stopWordList(word);
    if (list) return list;
    if (otherStopWordLists.has(word))
      throw new AnalyzerError(`stop words ${word} are not known to this server (list the words themselves)`);
    return [word];
  });
}

function stemmer(language: unknown): TokenFilter {
  if (typeof language !== "string") throw new AnalyzerError("stemmer language field should be string");
  const stem = stemmerOf(language);
  if (stem) return stem;
  throw new AnalyzerError(`create stemmer failed : unsupport language: ${excerpt(language)}`);
}
