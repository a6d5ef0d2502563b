import { excerpt } from "@sluice/errors";
import { AnalyzerError } from "./analyzer-error.ts";
import { englishStem } from "./english-stem.ts";
import { filtersOf, lowercase, stopFilter, stopWordsOf, type TokenFilter } from "./filters.ts";
import { jiebaWords, WORD_NUMBERS } from "./jieba.ts";
import { type Span, standardTokenizer, type TokenFinder, tokenizerOf } from "./tokenizers.ts";

/** How text becomes tokens. What a filter makes of a token depends on the token alone, so it can be remembered. */
export type Analyzer = TokenFinder & {
  /** One after the other; undefined: the token is dropped. */
  readonly filter: TokenFilter;
};

/** A token, and where it stands in the text that it comes from. */
export interface Token {
  readonly text: string;
  /** In UTF-8 bytes, half-open: of what stands in the text, before the filters. */
  readonly start: number;
  readonly end: number;
  /** Among the tokens of the text, those that were dropped counted too; of words that may overlap, the first character. */
  readonly position: number;
  /** How many positions it takes: 1; of words that may overlap, its characters. */
  readonly positionLength: number;
}

const known = new Map<string, Analyzer>();
/** Analyzers that are kept: descriptions of fields repeat, those of clients need not. */
const MAX_KNOWN = 256;
/** Of one description: each that is kept holds its text and its stop words. What a record keeps of a field is no longer either. */
const MAX_PARAMS_BYTES = 64 * 1024;

/**
 * The analyzer that `analyzer_params` describe. Source: around-import §4.6; tantivy's tokenizers and filters.
 * @param params JSON text; empty: the standard one
 * @throws {AnalyzerError} also for what needs a dictionary, and for more than 64 KiB
 */
export function analyzerOf(params: string): Analyzer {
  const there = known.get(params);
  if (there) return there;
  if (known.size >= MAX_KNOWN) known.clear();
  const analyzer = build(parse(params));
  known.set(params, analyzer);
  return analyzer;
}

/** All tokens of a text, in order. For queries and for what is shown: an object a token. */
export function tokensOf(analyzer: Analyzer, text: string): Token[] {
  const bytes = Buffer.from(text);
  const tokens: Token[] = [];
  const add = (start: number, end: number, position: number, positionLength: number) => {
    const filtered = analyzer.filter(bytes.toString("utf8", start, end));
    if (filtered !== undefined) tokens.push({ text: filtered, start, end, position, positionLength });
  };
  if ("words" in analyzer) {
    const places = analyzer.words(text);
    for (let i = 0; i < places.length; i += WORD_NUMBERS) add(places[i], places[i + 1], places[i + 2], places[i + 3]);
    return tokens;
  }
  const span: Span = { start: 0, end: 0 };
  for (let at = 0, position = 0; analyzer.tokenizer(bytes, at, bytes.length, span); at = span.end, position++)
    add(span.start, span.end, position, 1);
  return tokens;
}

function parse(text: string): Readonly<Record<string, unknown>> {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_PARAMS_BYTES)
    throw new AnalyzerError(`analyzer params has ${bytes} bytes, more than ${MAX_PARAMS_BYTES}: list fewer stop words`);
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new AnalyzerError(`analyzer params is no JSON: ${excerpt(text)}`);
  }
  throw new AnalyzerError("params should be a json map");
}

function build(params: Readonly<Record<string, unknown>>): Analyzer {
  if (Object.keys(params).length === 0) return builtIn("standard", params);
  if (params.type !== undefined) {
    if (typeof params.type !== "string") throw new AnalyzerError("analyzer type shoud be string");
    return builtIn(params.type, params);
  }
  const finder = tokenizerOf(params.tokenizer);
  const other = Object.keys(params).find((key) => key !== "tokenizer" && key !== "filter");
  if (other !== undefined) throw new AnalyzerError(`unknown analyzer option key: ${excerpt(other)}`);
  return { ...finder, filter: inTurn(filtersOf(params.filter)) };
}

/** Filters that do what the analyzer does anyway: examples of clients name them beside its type. */
function isIdle(type: string, filter: unknown): boolean {
  const lowers = type === "standard" || type === "english";
  return lowers && Array.isArray(filter) && filter.every((one) => one === "lowercase");
}

/** The English one stems first and drops stop words of the stems then, as Milvus does: `this` becomes `this`, `being` `be`. */
function builtIn(type: string, params: Readonly<Record<string, unknown>>): Analyzer {
  const other = Object.keys(params).find(
    (key) => key !== "type" && key !== "stop_words" && !(key === "filter" && isIdle(type, params.filter)),
  );
  if (other !== undefined)
    throw new AnalyzerError(
      `unknown analyzer option key: ${excerpt(other)} (beside a type only stop_words may stand: name tokenizer and filter instead)`,
    );
  const own = params.stop_words === undefined ? [] : [stopFilter(stopWordsOf(params.stop_words))];
  switch (type) {
    case "standard":
      return { tokenizer: standardTokenizer, filter: inTurn([lowercase, ...own]) };
    case "english":
      return {
        tokenizer: standardTokenizer,
        filter: inTurn([lowercase, englishStem, stopFilter(stopWordsOf(["_english_"])), ...own]),
      };
    case "chinese":
      return { words: jiebaWords({}), filter: inTurn([...filtersOf(["cnalphanumonly"]), ...own]) };
    case "arabic":
    case "thai":
      throw new AnalyzerError(
        `analyzer ${type} is not supported by this server: it needs a dictionary (split the text before the import and use {"tokenizer": "whitespace"})`,
      );
    default:
      throw new AnalyzerError(`unknown build-in analyzer type: ${excerpt(type)}`);
  }
}

function inTurn(filters: readonly TokenFilter[]): TokenFilter {
  return (token) => {
    let text: string | undefined = token;
    for (let i = 0; i < filters.length && text !== undefined; i++) text = filters[i](text);
    return text;
  };
}
