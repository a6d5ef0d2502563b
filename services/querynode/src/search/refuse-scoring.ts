import { excerpt } from "@sluice/errors";
import { type milvus, schema } from "@sluice/rpc";
import { refuse } from "./metrics.ts";

/** What is made of the hits of one search, when it is one of several, whose hits are ranked together. @throws {StatusError} 1100 */
export function refuseOfOne({ highlighter, searchAggregation, functionChains }: milvus.SearchRequest): void {
  refuseChains({ functionChains });
  if (highlighter)
    refuse(
      "a highlighter of one search among several is not supported: mark words by a search of its own over the keys of its hits: invalid parameter",
    );
  if (searchAggregation) refuse("search aggregation is not supported for hybrid search: invalid parameter");
}

/** A ranker of one of several searches. @throws {StatusError} 1100 */
export function refuseInnerRanker({ functionScore: score }: milvus.SearchRequest): void {
  if (score && score.functions.length > 0)
    refuse(
      `unsupported reranker ${excerpt(rerankerOf(score))} of one search among several, which takes boost: rank them together, by rrf, weighted or decay: invalid parameter`,
    );
}

/** Steps behind several searches. @throws {StatusError} 1100 */
export function refuseChains({ functionChains }: Pick<milvus.HybridSearchRequest, "functionChains">): void {
  if (functionChains.length > 0)
    refuse(
      "function_chains is not supported for hybrid search yet: rank by rrf, weighted or decay, or take the steps in the client: invalid parameter",
    );
}

/** @throws {StatusError} 1100 for more than one: which would come first is said nowhere */
export function onlyRanker(score: schema.FunctionScore | undefined): schema.FunctionSchema | undefined {
  const functions = rankersOf(score);
  if (functions.length <= 1) return functions[0];
  return refuse(
    `${functions.length} rankers in one search are not supported: name one, rrf, weighted or decay: invalid parameter`,
  );
}

/** @throws {StatusError} 1100 for a function that ranks nothing */
export function rankersOf(score: schema.FunctionScore | undefined): readonly schema.FunctionSchema[] {
  const functions = score?.functions ?? [];
  const other = functions.find(({ type }) => type !== schema.FunctionType.Rerank);
  if (other)
    refuse(
      `function ${excerpt(other.name)} of a search is not rerank function: its type must be Rerank: invalid parameter`,
    );
  return functions;
}

function rerankerOf({ functions: [first] }: schema.FunctionScore): string {
  return first.params.find(({ key }) => key === "reranker")?.value ?? first.name;
}
