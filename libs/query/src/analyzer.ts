import type { FieldSchema } from "@sluice/schema";
import { FilterError } from "./filter-error.ts";

/** Splits text into its tokens, in order, with repetitions. */
export type Analyzer = (text: string) => string[];

const standardTokens = /[\p{Alphabetic}\p{N}]+/gu;
const upperCase = /\p{Changes_When_Lowercased}/gu;

/**
 * The analyzer that a field's `analyzer_params` describe: the standard one (maximal runs of letters and digits, in lower
 * case), with or without stop words. Milvus builds the same one from an absent text, `{}` and `{"type": "standard"}`.
 * @throws {FilterError} for every other analyzer, by name: its tokens would differ from those of a real server
 */
export function analyzerOf(field: FieldSchema): Analyzer {
  const { type, stopWords } = readParams(field);
  if (type !== "standard")
    throw new FilterError(`text match with the analyzer of field "${field.name}" is not supported: ${type}`);
  return stopWords.size === 0
    ? standardAnalyzer
    : (text) => standardAnalyzer(text).filter((token) => !stopWords.has(token));
}

/** Lower case per code point: a final sigma is like any other. */
function standardAnalyzer(text: string): string[] {
  const tokens = text.match(standardTokens) ?? [];
  return tokens.map((token) => token.replace(upperCase, (letter) => letter.toLowerCase()));
}

function readParams(field: FieldSchema): { type: string; stopWords: ReadonlySet<string> } {
  const text = field.typeParams.analyzer_params ?? "";
  if (text.trim() === "") return { type: "standard", stopWords: new Set() };
  const params = parseObject(text, field);
  const { type = "standard", stop_words: words = [], ...rest } = params;
  const others = Object.keys(rest);
  const listed = Array.isArray(words) && words.every((word) => typeof word === "string" && !word.startsWith("_"));
  if (others.length > 0 || !listed) return { type: others[0] ?? "stop_words", stopWords: new Set() };
  return { type: String(type), stopWords: new Set(words as string[]) };
}

function parseObject(text: string, field: FieldSchema): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw new FilterError(`analyzer_params of field "${field.name}" is not a JSON object`);
}
