import type { OrderKey } from "@sluice/query";
import { comparePicked } from "../compare-picked.ts";
import type { SearchCall } from "./search-answer.ts";
import type { Hit } from "./top-hits.ts";

/** The hits of each query in the order of their fields; those that are equal in it stay in that of their scores. */
export async function orderedHits(
  hits: readonly Hit[][],
  order: readonly OrderKey[],
  { collection, deps, order: { schema } }: SearchCall,
): Promise<readonly Hit[][]> {
  if (order.length === 0) return hits;
  const { rows, sources, turns } = deps;
  const all = hits.flat();
  const compare = await comparePicked({ collection, schema, order }, rows, sources.parts, sources.pick(all), deps);
  const ordered: Hit[][] = [];
  let from = 0;
  for (const { length } of hits) {
    const places = Array.from({ length }, (_, i) => from + i).sort(compare);
    ordered.push(places.map((place) => all[place]));
    from += length;
    if (turns.isDue) await turns.next();
  }
  return ordered;
}
