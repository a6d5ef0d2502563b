import { type Token, tokensOf } from "@sluice/functions";
import { DataType } from "@sluice/schema";
import { analyzerOf } from "../analyzer.ts";
import type { CallNode } from "../parse/ast.ts";
import type { Predicate } from "../plan.ts";
import { argumentsOf, boundedInteger } from "./arguments.ts";
import { isString } from "./columns.ts";
import { type ColumnRef, fail, type Operand, placed } from "./context.ts";
import type { BindIn } from "./elements.ts";

/** Each is compared with each word of a text. */
const MAX_SLOP_WORDS = 256;
const MAX_FUZZY_WORDS = 32;

/** `text_match(FIELD, "words")`. @throws {FilterError} */
export function bindTextMatch(node: CallNode, bind: BindIn): Predicate {
  const [target, query] = argumentsOf(node, bind, 2, 2, "minimum_should_match");
  const field = textColumn(target);
  const minimum = node.named.get("minimum_should_match");
  const atLeast = minimum ? boundedInteger(node, bind(minimum), "minimum_should_match", 1n, 1000n) : 1;
  const tokens = queryTokens(field, query);
  return { kind: "textMatch", field, tokens: [...new Set(tokens.map(({ text }) => text))], atLeast, distance: 0 };
}

/** `text_match_fuzzy(FIELD, "words", max_edit_distance = 1)`. @throws {FilterError} */
export function bindFuzzy(node: CallNode, bind: BindIn): Predicate {
  const [target, query] = argumentsOf(node, bind, 2, 2, "max_edit_distance");
  const field = textColumn(target);
  const given = node.named.get("max_edit_distance");
  if (!given) return fail(`${node.name} needs max_edit_distance=n, 0, 1 or 2`, node);
  const distance = boundedInteger(node, bind(given), "max_edit_distance", 0n, 2n);
  const tokens = [...new Set(queryTokens(field, query).map(({ text }) => text))];
  if (distance > 0 && tokens.length > MAX_FUZZY_WORDS)
    fail(
      `${node.name} takes up to ${MAX_FUZZY_WORDS} words, but got ${tokens.length} (look for a part of them)`,
      query.node,
    );
  return { kind: "textMatch", field, tokens, atLeast: 1, distance };
}

/** `phrase_match(FIELD, "words in order", slop)`. @throws {FilterError} */
export function bindPhrase(node: CallNode, bind: BindIn): Predicate {
  const [target, query, slop] = argumentsOf(node, bind, 2, 3, "slop");
  const field = textColumn(target);
  const named = node.named.get("slop");
  const given = slop ?? (named && bind(named));
  const distance = given ? boundedInteger(node, given, "slop", 0n, 2n ** 32n - 1n) : 0;
  const tokens = queryTokens(field, query);
  if (distance > 0 && tokens.length > MAX_SLOP_WORDS)
    fail(
      `phrase_match with a slop takes up to ${MAX_SLOP_WORDS} words, but got ${tokens.length} (look for a part of them)`,
      query.node,
    );
  if ("words" in analyzerOf(field.schema))
    fail(
      `phrase_match is not supported with words that overlap, as jieba finds them in field "${field.schema.name}" (use text_match)`,
      target.node,
    );
  return { kind: "phrase", field, tokens, slop: distance };
}

function textColumn(target: Operand): ColumnRef {
  const column = target.kind === "column" ? target.column : undefined;
  const textual = column?.kind === "scalar" && (isString(column.type) || column.type === DataType.Text);
  if (!column || !textual) return fail("text match operation on non-string is unsupported", target.node);
  if (column.schema.typeParams.enable_match?.toLowerCase() !== "true") {
    fail(`field "${column.schema.name}" does not enable match`, target.node);
  }
  return column;
}

function queryTokens(column: ColumnRef, query: Operand): Token[] {
  if (query.kind === "constant" && typeof query.value === "string") {
    const { value } = query;
    return placed(query.node, () => tokensOf(analyzerOf(column.schema), value));
  }
  return fail("the query of a text match must be a string", query.node);
}
