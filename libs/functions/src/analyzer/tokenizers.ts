import { excerpt } from "@sluice/errors";
import { AnalyzerError } from "./analyzer-error.ts";
import { codePointAt, isAlphanumeric, lengthAt } from "./characters.ts";
import { jiebaWords, type WordFinder } from "./jieba.ts";

/** Where a token stands: half-open, in bytes. One object for all tokens of a text. */
export interface Span {
  start: number;
  end: number;
}

/** Finds the first token of `bytes[at, end)`, UTF-8, and says in `span` where it stands; false: there is none. */
export type Tokenizer = (bytes: Uint8Array, at: number, end: number, span: Span) => boolean;

const asciiWords = Uint8Array.from({ length: 128 }, (_, code) =>
  /[0-9A-Za-z]/.test(String.fromCharCode(code)) ? 1 : 0,
);

/** Maximal runs of letters and digits; all else separates. A run of CJK is one token. */
export const standardTokenizer: Tokenizer = (bytes, at, end, span) => {
  let start = -1;
  for (let i = at; i < end; ) {
    const first = bytes[i];
    const length = first < 128 ? 1 : lengthAt(first);
    const isWord =
      first < 128 ? asciiWords[first] === 1 : i + length <= end && isAlphanumeric(codePointAt(bytes, i, length));
    if (isWord && start < 0) start = i;
    else if (!isWord && start >= 0) return found(span, start, i);
    i += length;
  }
  return start >= 0 && found(span, start, end);
};

/** Runs between ASCII white space: blank, tab, line feed, form feed, carriage return. */
const whitespaceTokenizer: Tokenizer = (bytes, at, end, span) => {
  let start = at;
  while (start < end && isWhite(bytes[start])) start++;
  let stop = start;
  while (stop < end && !isWhite(bytes[stop])) stop++;
  return stop > start && found(span, start, stop);
};

function isWhite(byte: number): boolean {
  return byte === 32 || byte === 9 || byte === 10 || byte === 12 || byte === 13;
}

function found(span: Span, start: number, end: number): true {
  span.start = start;
  span.end = end;
  return true;
}

/** Tokenizers that need a dictionary or a model of a language. */
const withDictionary = new Set(["icu", "lindera", "language_identifier", "thai", "grpc"]);

/** How the tokens of a text are found: one after the other, or all at once where they may overlap. */
export type TokenFinder = { readonly tokenizer: Tokenizer } | { readonly words: WordFinder };

/** @param params name, or an object with `type` @throws {AnalyzerError} */
export function tokenizerOf(params: unknown): TokenFinder {
  const name = nameOf(params);
  if (name === "standard") return { tokenizer: standard(params) };
  if (name === "whitespace") return { tokenizer: whitespaceTokenizer };
  if (name === "jieba") return { words: jiebaWords(params) };
  if (withDictionary.has(name))
    throw new AnalyzerError(
      `tokenizer ${name} is not supported by this server: it needs a dictionary (split the text before the import and use whitespace)`,
    );
  throw new AnalyzerError(`unsupported tokenizer: ${excerpt(name)}`);
}

function nameOf(params: unknown): string {
  if (typeof params === "string") return params;
  if (params === undefined) throw new AnalyzerError("tokenizer name or type must be set");
  if (typeof params !== "object" || params === null || Array.isArray(params))
    throw new AnalyzerError("tokenizer name should be string or dict");
  const { type } = params as { type?: unknown };
  if (type === undefined) throw new AnalyzerError("costum tokenizer must set type");
  if (typeof type !== "string") throw new AnalyzerError("tokenizer type should be string");
  return type;
}

/** Boundaries of UAX #29 give other tokens: asked for, they are not passed over. */
function standard(params: unknown): Tokenizer {
  const { uax29 } = (typeof params === "object" ? params : {}) as { uax29?: unknown };
  if (uax29 === undefined || uax29 === false) return standardTokenizer;
  throw new AnalyzerError("the option uax29 of the standard tokenizer is not supported by this server (leave it out)");
}
