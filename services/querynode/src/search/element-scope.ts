import { excerpt } from "@sluice/errors";
import type { milvus } from "@sluice/rpc";
import { isDistance, type Metric, refuse } from "./metrics.ts";
import type { Search } from "./search.ts";
import { paramsOf } from "./search-params.ts";
import type { SearchSources } from "./search-sources.ts";
import { searchedStruct } from "./searched-elements.ts";
import type { Hit } from "./top-hits.ts";

// Elements among the hits of several searches. Source: Milvus, internal/proxy/task_search.go and what it calls.

const strategies = ["max", "sum", "avg", "topk_sum", "topk_avg"] as const;

/** What the scores of a row's elements make of it. */
export interface Collapse {
  readonly strategy: (typeof strategies)[number];
  /** So many of the best count. */
  readonly topK: number;
}

const BEST: Collapse = { strategy: "max", topK: Number.POSITIVE_INFINITY };

/** The struct array whose elements are the hits of all searches; undefined: rows are. */
export function commonStruct(searches: readonly Search[]): string | undefined {
  const structs = new Set(searches.map(searchedStruct));
  return structs.size === 1 ? [...structs][0] : undefined;
}

/**
 * How the elements that one of several searches finds become rows; undefined where it finds rows, or all find the same elements.
 * @param struct of all searches
 * @throws {StatusError} 1100
 */
export function collapseOf(
  request: milvus.SearchRequest,
  search: Search,
  struct: string | undefined,
): Collapse | undefined {
  const text = paramsOf(request).get("element_scope");
  const isOfElements = searchedStruct(search) !== undefined;
  if (text !== undefined && !isOfElements)
    refuse(
      "element_scope is only supported for element-level search on struct array vector sub-fields: invalid parameter",
    );
  if (text !== undefined && struct !== undefined)
    refuse("element_scope is not allowed for same-struct element-level hybrid search: invalid parameter");
  if (!isOfElements || struct !== undefined) return undefined;
  return text === undefined ? BEST : parsedScope(text, search.params.metric);
}

function parsedScope(text: string, metric: Metric): Collapse {
  const { collapse } = members("element_scope", parsed(text), ["collapse"]);
  if (collapse === undefined) refuse("element_scope.collapse is required: invalid parameter");
  const { strategy: given, topk } = members("element_scope.collapse", collapse, ["strategy", "topk"]);
  if (given === undefined) refuse("element_scope.collapse.strategy is required: invalid parameter");
  const strategy = strategies.find((one) => one === String(given).trim());
  if (!strategy)
    return refuse(`unsupported element_scope.collapse.strategy: ${excerpt(String(given))}: invalid parameter`);
  if (strategy.endsWith("sum") && isDistance(metric))
    refuse(
      `element_scope.collapse.strategy ${strategy} is only supported for positively related metrics: invalid parameter`,
    );
  return { strategy, topK: topOf(strategy, topk) };
}

function topOf(strategy: string, topk: unknown): number {
  if (!strategy.startsWith("topk"))
    return topk === undefined
      ? Number.POSITIVE_INFINITY
      : refuse("element_scope.collapse.topk is only valid for topk strategies: invalid parameter");
  if (topk === undefined) refuse(`element_scope.collapse.topk is required for strategy ${strategy}: invalid parameter`);
  if (Number.isSafeInteger(topk) && Number(topk) > 0) return Number(topk);
  return refuse("element_scope.collapse.topk must be positive: invalid parameter");
}

function members(name: string, value: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return refuse(`${name} must be a JSON object: invalid parameter`);
  const other = Object.keys(value).find((key) => !known.includes(key));
  if (other !== undefined) refuse(`unsupported ${name} key: ${excerpt(other)}: invalid parameter`);
  return value as Readonly<Record<string, unknown>>;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Hits of one query as rows, the best first, ties by primary key. @param hits elements, the best first */
export function collapsed(
  hits: readonly Hit[],
  { strategy, topK }: Collapse,
  metric: Metric,
  sources: SearchSources,
): Hit[] {
  const rows = Map.groupBy(hits, ({ source, row }) => sources.keyAt(source, row));
  const scored = [...rows.values()].map((elements): Hit => {
    const scores = elements.slice(0, topK).map(({ score }) => score);
    const sum = scores.reduce((all, score) => Math.fround(all + score), 0);
    const average = Math.fround(sum / scores.length);
    const score = strategy === "max" ? scores[0] : strategy.endsWith("sum") ? sum : average;
    return { ...sources.rowHit(elements[0]), score };
  });
  const sign = isDistance(metric) ? 1 : -1;
  return scored.sort((a, b) => (a.score - b.score) * sign || sources.compareKeys(a.source, a.row, b.source, b.row));
}
