import type { Turns } from "@sluice/async";
import type { CollectionSchema } from "@sluice/schema";
import { bindPredicate } from "./bind/bind.ts";
import { type BindContext, fail, MAX_WORK } from "./bind/context.ts";
import { ELEMENT_FILTER, elementFilterOf } from "./bind/element-filter.ts";
import { CONSTANT } from "./bind/logic.ts";
import { sampledOf } from "./bind/sample.ts";
import { Filter } from "./compiled-filter.ts";
import type { TemplateValue } from "./constant.ts";
import { compileSelector } from "./evaluate/compile.ts";
import { FilterError, planError } from "./filter-error.ts";
import type { Node } from "./parse/ast.ts";
import { checkTemplates } from "./parse/bounds.ts";
import { parseExpression } from "./parse/parser.ts";
import { checkTimezone } from "./timezone.ts";

/** What a request says of its expression besides the text. */
export interface FilterOptions {
  /** IANA zone of ISO text without offset: the request's `timezone`. Absent: the collection's, else UTC. */
  readonly timezone?: string;
  /** Whose plan it is, for the error text: Delete says "failed to create delete plan". */
  readonly purpose?: "query" | "delete";
  /** What is read may be elements of struct arrays: of anything else `element_filter` is refused. */
  readonly mayBeOfElements?: boolean;
}

/**
 * Compiles a filter expression. Every mistake in it is found here, from schema and literals alone.
 * @throws {StatusError} 1100 in the words of Milvus: `failed to create query plan: cannot parse expression: <text>: <cause>:
 *   query plan failed: invalid parameter`, with the place behind the cause
 */
export function compileFilter(
  text: string,
  schema: CollectionSchema,
  templates: ReadonlyMap<string, TemplateValue> = new Map(),
  options: FilterOptions = {},
): Filter {
  const steps = compileSteps(text, schema, templates, options);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** As `compileFilter`, with turns of the event loop between its steps: each takes time for an expression of megabytes. */
export async function compileFilterInTurns(
  text: string,
  schema: CollectionSchema,
  templates: ReadonlyMap<string, TemplateValue>,
  options: FilterOptions,
  turns: Turns,
): Promise<Filter> {
  const steps = compileSteps(text, schema, templates, options);
  for (;;) {
    const step = steps.next();
    if (turns.isDue) await turns.next();
    if (step.done) return step.value;
  }
}

function* compileSteps(
  text: string,
  schema: CollectionSchema,
  templates: ReadonlyMap<string, TemplateValue>,
  options: FilterOptions,
): Generator<undefined, Filter, void> {
  try {
    if (options.timezone) checkTimezone(options.timezone);
    if (/^[ \t\r\n]*$/.test(text)) return new Filter(text, schema, CONSTANT.true, compileSelector(CONSTANT.true));
    checkTemplates(templates.values());
    yield;
    const timezone = options.timezone || schema.timezone || "UTC";
    const tree = parseCached(text, schema);
    yield;
    const base: BindContext = { text, schema, templates, timezone, work: MAX_WORK };
    const { condition, part } = sampledOf(tree, base);
    const elementFilter = part === undefined ? elementFilterOf(tree) : undefined;
    if (elementFilter && !options.mayBeOfElements) fail(OF_ROWS, elementFilter);
    const context: BindContext = { ...base, elementFilter };
    const predicate = condition ? bindPredicate(condition, context) : CONSTANT.true;
    yield;
    const select = compileSelector(predicate);
    yield;
    return new Filter(text, schema, predicate, select, part, context.elements);
  } catch (error) {
    if (error instanceof FilterError) throw planError(text, error, options.purpose ?? "query");
    throw error;
  }
}

const OF_ROWS = `${ELEMENT_FILTER} is for queries and searches, which answer elements: rows that have such an element are found by match_any`;

/** Trees of short texts, least recently used first: clients send the same text with other template values. */
const parsed = new Map<string, Node>();
const CACHE_ENTRIES = 256;
const CACHE_TEXT = 4096;

function parseCached(text: string, schema: CollectionSchema): Node {
  const words = mixedCaseKeywords(schema);
  if (words.size > 0 || text.length > CACHE_TEXT) return parseExpression(text, words);
  const tree = parsed.get(text) ?? parseExpression(text);
  parsed.delete(text);
  parsed.set(text, tree);
  if (parsed.size > CACHE_ENTRIES) parsed.delete(parsed.keys().next().value!);
  return tree;
}

/** Fields such as `Like`: Milvus knows keywords in lower and in UPPER case only, so there it is a name. */
function mixedCaseKeywords(schema: CollectionSchema): Set<string> {
  const names = schema.fields.map(({ name }) => name);
  const words = names.filter((name) => /^(and|or|not|in|like|exists)$/i.test(name));
  return new Set(words.filter((name) => name !== name.toLowerCase() && name !== name.toUpperCase()));
}
