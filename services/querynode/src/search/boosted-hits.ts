import type { Filter } from "@sluice/query";
import type { Boosting } from "./boost.ts";
import { isDistance, type Metric } from "./metrics.ts";
import { placeKey, type RandomScore, randomNumber, valueKey } from "./random-score.ts";
import type { SearchCall } from "./search-answer.ts";
import type { Hit } from "./top-hits.ts";
import { columnsOfHits } from "./values-of-hits.ts";

/** Hits of queries with the weights that they are boosted by, the best first, ties by primary key. */
export async function boostedHits(
  lists: readonly (readonly Hit[])[],
  boosting: Boosting,
  metric: Metric,
  call: SearchCall,
): Promise<Hit[][]> {
  const { sources, turns } = call.deps;
  const weights = await weightsOf(lists.flat(), boosting, call);
  let at = 0;
  const boosted = (hit: Hit): Hit => {
    const weight = weights[at++];
    return weight === undefined ? hit : { ...hit, score: combined(hit.score, weight, boosting.boostMode) };
  };
  const sign = isDistance(metric) ? 1 : -1;
  const better = (a: Hit, b: Hit) =>
    (a.score - b.score) * sign || sources.compareKeys(a.source, a.row, b.source, b.row);
  const found: Hit[][] = [];
  for (const hits of lists) {
    found.push(hits.map(boosted).sort(better));
    if (turns.isDue) await turns.next();
  }
  return found;
}

/** Of each hit what its boosts say together, in float32 as in Milvus; undefined of one that none is for. */
async function weightsOf(
  hits: readonly Hit[],
  { boosts, functionMode }: Boosting,
  call: SearchCall,
): Promise<(number | undefined)[]> {
  const weights: (number | undefined)[] = hits.map(() => undefined);
  for (const { weight, filter, random } of boosts) {
    const passes = filter && (await passing(hits, filter, call));
    const drawn = random && (await drawnFor(hits, random, call));
    for (const [i, known] of weights.entries()) {
      if (passes && passes[i] === 0) continue;
      const own = Math.fround(drawn ? drawn[i] * Math.fround(weight) : weight);
      weights[i] = known === undefined ? own : combined(known, own, functionMode);
    }
  }
  return weights;
}

function combined(a: number, b: number, mode: Boosting["boostMode"]): number {
  const other = Math.fround(b);
  return Math.fround(mode === "multiply" ? a * other : a + other);
}

/** A number from 0 to 1 for each hit. */
async function drawnFor(
  hits: readonly Hit[],
  { seed, field }: RandomScore,
  { collection, order, deps }: SearchCall,
): Promise<Float32Array> {
  if (field === undefined) return Float32Array.from(hits, (hit) => randomNumber(placeKey(deps.sources, hit), seed));
  const { columns, rows } = await columnsOfHits(hits, [collection.fields[field]], order.schema, deps);
  const keyOf = (i: number) => valueKey(columns[0][rows.sourceOf[i]], rows.rowOf[i]);
  return Float32Array.from(hits, (_, i) => randomNumber(keyOf(i), seed));
}

/** 1 of the hits that a filter is true for. */
async function passing(
  hits: readonly Hit[],
  filter: Filter,
  { collection, order, deps }: SearchCall,
): Promise<Uint8Array> {
  const fields = filter.fields.map((index) => collection.fields[index]);
  const { columns: taken, wanted, rows } = await columnsOfHits(hits, fields, order.schema, deps);
  const passes = wanted.map(({ length }) => new Uint8Array(length));
  for (const [source, { length }] of wanted.entries()) {
    if (length === 0) continue;
    const columns = new Map(filter.fields.map((index, f) => [index, taken[f][source]]));
    const found = filter.draw(await filter.evaluateInTurns(columns, length, deps.turns));
    for (const row of found) passes[source][row] = 1;
  }
  return Uint8Array.from(hits, (_, i) => passes[rows.sourceOf[i]][rows.rowOf[i]]);
}
