import { excerpt } from "@sluice/errors";
import { compileFilterInTurns, type Filter } from "@sluice/query";
import type { milvus, schema } from "@sluice/rpc";
import { refuse } from "./metrics.ts";
import type { SearchCall } from "./search-answer.ts";
import type { SearchParams } from "./search-params.ts";

// Scores that are raised or lowered where a filter is true. Source: Milvus, internal/core/src/rescores, exec/operator/RescoresNode.cpp.

type Mode = "multiply" | "sum";

/** What rows of a filter are boosted by. */
export interface Boost {
  readonly weight: number;
  /** Undefined: all rows. */
  readonly filter: Filter | undefined;
}

/** How boosts change the scores of the nearest hits. */
export interface Boosting {
  readonly boosts: readonly Boost[];
  /** How the weights of one hit go together. */
  readonly functionMode: Mode;
  /** How they go together with its score. */
  readonly boostMode: Mode;
}

/** What the rankers of one search say, where they are boosts; undefined where there are others, or none. @throws {StatusError} 1100 */
export async function boostingOf(
  { functionScore: score }: milvus.SearchRequest,
  { groupBy, iterator }: SearchParams,
  call: SearchCall,
): Promise<Boosting | undefined> {
  if (!score?.functions.some((ranker) => nameOf(ranker) === "boost")) return undefined;
  const other = score.functions.find((ranker) => nameOf(ranker) !== "boost");
  if (other)
    refuse(`boost rankers go together with no other one, but got ${excerpt(nameOf(other))}: invalid parameter`);
  if (groupBy)
    refuse("a boost ranker is not supported with group_by_field: group hits in the client: invalid parameter");
  if (iterator) refuse("a boost ranker is not supported with iterators: ask for more hits at once: invalid parameter");
  const params = new Map(score.params.map(({ key, value }) => [key.toLowerCase(), value]));
  const boosts: Boost[] = [];
  for (const ranker of score.functions) boosts.push(await boostOf(ranker, call));
  return { boosts, functionMode: modeOf(params, "function_mode"), boostMode: modeOf(params, "boost_mode") };
}

function nameOf({ params, name }: schema.FunctionSchema): string {
  return (params.find(({ key }) => key.toLowerCase() === "reranker")?.value ?? name).toLowerCase();
}

async function boostOf(ranker: schema.FunctionSchema, { collection, timezone, deps }: SearchCall): Promise<Boost> {
  const params = new Map(ranker.params.map(({ key, value }) => [key.toLowerCase(), value]));
  if (params.has("random_score"))
    refuse(
      "random_score of a boost ranker is not supported: draw rows by the filter random_sample, or shuffle hits in the client: invalid parameter",
    );
  const text = params.get("weight") ?? refuse("must set weight params for weight scorer: invalid parameter");
  const weight = Number(text);
  if (text.trim() === "" || !Number.isFinite(weight))
    refuse(`param weight:${excerpt(text)} is not a number: invalid parameter`);
  const filter = params.get("filter") ?? "";
  if (filter.trim() === "") return { weight, filter: undefined };
  return { weight, filter: await compileFilterInTurns(filter, collection, new Map(), { timezone }, deps.turns) };
}

function modeOf(params: ReadonlyMap<string, string>, name: string): Mode {
  const text = params.get(name) ?? "multiply";
  const mode = text.toLowerCase();
  if (mode === "multiply" || mode === "sum") return mode;
  return refuse(`unknown ${name}: ${excerpt(text)}, use multiply or sum: invalid parameter`);
}
