import type { milvus } from "@sluice/rpc";
import type { CollectionSchema } from "@sluice/schema";
import { refuse } from "../metrics.ts";
import type { SearchParams } from "../search-params.ts";
import { type Chain, chainOf } from "./chain-of.ts";

/** The chain that the hits of a search go through, if one does. @throws {StatusError} 1100 */
export function chainBehind(
  { functionChains, functionScore }: milvus.SearchRequest,
  { iterator }: SearchParams,
  collection: CollectionSchema,
): Chain | undefined {
  const chain = chainOf(functionChains, collection);
  if (chain && (functionScore?.functions.length ?? 0) > 0)
    refuse("function_score and function_chains cannot be used together: invalid parameter");
  if (chain && iterator)
    refuse("function_chains is not supported with search iterators: sort the hits in the client: invalid parameter");
  return chain;
}
