import { StatusError } from "@sluice/errors";
import { type CollectionSchema, primaryKeyIndex } from "@sluice/schema";
import { compileRowFilter, type RowFilter } from "../compile-query.ts";
import type { Search, SearchDeps } from "./search.ts";
import type { SearchSources } from "./search-sources.ts";
import type { Hit, TopHits } from "./top-hits.ts";

/** Hits whose keys are looked up at once. */
const MAX_KEYS = 8192;

/** Ranks the rows of a search: so many of each query. */
export type Rank = (search: Search, count: number) => Promise<readonly TopHits[]>;

/** The filter of a search and a condition besides. Undefined where a name cannot stand in an expression. */
export async function narrowedFilter(
  { filter: { text, collection } }: Search,
  condition: string,
  { turns }: SearchDeps,
): Promise<RowFilter | undefined> {
  const expr = text.expr.trim() === "" ? condition : `(${condition}) and (${text.expr})`;
  try {
    return await compileRowFilter({ ...text, expr }, collection, turns);
  } catch (error) {
    if (error instanceof StatusError) return undefined;
    throw error;
  }
}

/** Hits without rows whose key has a better one in the whole search: a key is one hit. @param found of each query */
export async function bestOfKeys(
  whole: Search,
  found: readonly (readonly Hit[])[],
  deps: SearchDeps,
  rank: Rank,
): Promise<readonly (readonly Hit[])[]> {
  const { sources } = deps;
  const keys = [...new Set(found.flat().map(({ source, row }) => sources.keyAt(source, row)))];
  const best = found.map(() => new Set<string>());
  for (let from = 0; from < keys.length; from += MAX_KEYS) {
    const chunk = keys.slice(from, from + MAX_KEYS);
    const filter = await narrowedFilter(whole, keyCondition(chunk, whole.filter.collection), deps);
    if (!filter) throw new Error("a list of keys is an expression");
    const tops = await allOf({ ...whole, filter }, 2 * chunk.length, rank);
    for (const [query, top] of tops.entries()) for (const hit of top.sorted()) best[query].add(placeOf(hit, sources));
  }
  return found.map((hits, query) => hits.filter((hit) => best[query].has(placeOf(hit, sources))));
}

async function allOf(search: Search, count: number, rank: Rank): Promise<readonly TopHits[]> {
  const tops = await rank(search, count);
  return tops.some(({ isFull }) => isFull) ? allOf(search, 4 * count, rank) : tops;
}

/** The same however often a row is found. */
function placeOf({ source, row }: Hit, sources: SearchSources): string {
  const { segmentId, insertLogs } = sources.parts[source];
  return `${segmentId}/${insertLogs[0].logIds[0]}/${sources.rowAt(source, row)}`;
}

function keyCondition(keys: readonly (bigint | string)[], collection: CollectionSchema): string {
  const { name } = collection.fields[primaryKeyIndex(collection)];
  return `${name} in [${keys.map((key) => (typeof key === "bigint" ? String(key) : JSON.stringify(key))).join(",")}]`;
}
