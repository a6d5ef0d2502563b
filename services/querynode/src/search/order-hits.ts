import type { Column } from "@sluice/columns";
import { compareRows, type OrderedRow, type OrderKey } from "@sluice/query";
import { AnswerBudget } from "../segment-rows.ts";
import { takenRows } from "../take-rows.ts";
import type { SearchCall } from "./search-answer.ts";
import type { Hit } from "./top-hits.ts";

/** The hits of each query in the order of their fields; those that are equal in it stay in that of their scores. */
export async function orderedHits(
  hits: readonly Hit[][],
  order: readonly OrderKey[],
  { collection, deps, order: { schema } }: SearchCall,
): Promise<readonly Hit[][]> {
  if (order.length === 0) return hits;
  const { rows, sources, turns, signal } = deps;
  const { wanted, rows: picked } = takenRows(sources.pick(hits.flat()), sources.parts.length);
  const taken: Column[][] = await rows.take(
    sources.parts.map((part, i) => ({ part, rows: wanted[i] })),
    { fields: order.map(({ field }) => collection.fields[field]), schema },
    { turns, signal, budget: new AnswerBudget(Number.POSITIVE_INFINITY) },
  );
  const columns = sources.parts.map((_, i) => new Map(order.map(({ field }, f) => [field, taken[f][i]] as const)));
  const compare = compareRows(order, collection);
  const ordered: Hit[][] = [];
  let at = 0;
  for (const found of hits) {
    const placed = found.map((hit): [Hit, OrderedRow] => {
      const row = { columns: columns[picked.sourceOf[at]], row: picked.rowOf[at] };
      at++;
      return [hit, row];
    });
    ordered.push(placed.sort(([, a], [, b]) => compare(a, b)).map(([hit]) => hit));
    if (turns.isDue) await turns.next();
  }
  return ordered;
}
