import { excerpt } from "@sluice/errors";
import { compileFilterInTurns, type Filter, type TemplateValue } from "@sluice/query";
import type { milvus, schema } from "@sluice/rpc";
import { templateValues } from "../template-values.ts";
import { refuse } from "./metrics.ts";
import { type RandomScore, randomScoreOf } from "./random-score.ts";
import { rankersOf } from "./refuse-scoring.ts";
import type { SearchCall } from "./search-answer.ts";
import type { SearchParams } from "./search-params.ts";

// Scores that are raised or lowered where a filter is true. Source: Milvus, internal/core/src/rescores, exec/operator/RescoresNode.cpp.

type Mode = "multiply" | "sum";

/** What rows of a filter are boosted by. */
export interface Boost {
  readonly weight: number;
  /** Undefined: all rows. */
  readonly filter: Filter | undefined;
  /** Numbers from 0 to 1 that the weight is multiplied by, one a row; undefined: none. */
  readonly random: RandomScore | undefined;
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
  { functionScore: score, exprTemplateValues }: milvus.SearchRequest,
  { groupBy, iterator }: SearchParams,
  call: SearchCall,
): Promise<Boosting | undefined> {
  const rankers = rankersOf(score);
  if (!score || !rankers.some((ranker) => nameOf(ranker) === "boost")) return undefined;
  const other = rankers.find((ranker) => nameOf(ranker) !== "boost");
  if (other)
    refuse(`boost rankers go together with no other one, but got ${excerpt(nameOf(other))}: invalid parameter`);
  if (groupBy)
    refuse("a boost ranker is not supported with group_by_field: group hits in the client: invalid parameter");
  if (iterator) refuse("a boost ranker is not supported with iterators: ask for more hits at once: invalid parameter");
  const params = new Map(score.params.map(({ key, value }) => [key.toLowerCase(), value]));
  const templates = await templateValues(exprTemplateValues, call.deps.turns);
  const boosts: Boost[] = [];
  for (const ranker of rankers) boosts.push(await boostOf(ranker, templates, call));
  return { boosts, functionMode: modeOf(params, "function_mode"), boostMode: modeOf(params, "boost_mode") };
}

function nameOf({ params, name }: schema.FunctionSchema): string {
  return (params.find(({ key }) => key.toLowerCase() === "reranker")?.value ?? name).toLowerCase();
}

async function boostOf(
  ranker: schema.FunctionSchema,
  templates: ReadonlyMap<string, TemplateValue>,
  { collection, timezone, deps }: SearchCall,
): Promise<Boost> {
  const params = new Map(ranker.params.map(({ key, value }) => [key.toLowerCase(), value]));
  const draw = params.get("random_score");
  const random = draw === undefined ? undefined : randomScoreOf(draw, collection);
  const text = params.get("weight") ?? refuse("must set weight params for weight scorer: invalid parameter");
  const weight = Number(text);
  if (text.trim() === "" || !Number.isFinite(weight))
    refuse(`param weight:${excerpt(text)} is not a number: invalid parameter`);
  const filter = params.get("filter") ?? "";
  if (filter.trim() === "") return { weight, filter: undefined, random };
  const compiled = await compileFilterInTurns(filter, collection, templates, { timezone }, deps.turns);
  return { weight, filter: compiled, random };
}

function modeOf(params: ReadonlyMap<string, string>, name: string): Mode {
  const text = params.get(name) ?? "multiply";
  const mode = text.toLowerCase();
  if (mode === "multiply" || mode === "sum") return mode;
  return refuse(`unknown ${name}: ${excerpt(text)}, use multiply or sum: invalid parameter`);
}
