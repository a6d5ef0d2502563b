import { compareScalars, type Scalar } from "../compare-scalars.ts";
import { scalarsOfHits } from "../hit-values.ts";
import type { SearchCall } from "../search-answer.ts";
import type { Hit } from "../top-hits.ts";
import { type Chain, type ChainStep, ID, SCORE } from "./chain-of.ts";

/** Hits of one query, and what they have in columns that steps read and write. */
interface Frame {
  readonly hits: readonly Hit[];
  readonly columns: ReadonlyMap<string, readonly Scalar[]>;
}

/** The hits of each query as a chain leaves them: in its order, with its scores, those that it leaves. */
export async function chainedHits(
  hits: readonly Hit[][],
  { steps, fields }: Chain,
  call: SearchCall,
): Promise<readonly Hit[][]> {
  const { sources, turns } = call.deps;
  const read = [...new Set(fields.values())];
  const values = await scalarsOfHits(hits.flat(), read, call);
  const chained: Hit[][] = [];
  let start = 0;
  for (const ofQuery of hits) {
    const end = start + ofQuery.length;
    const own = Array.from(fields, ([name, field]) => [name, (values.get(field) ?? []).slice(start, end)] as const);
    const columns = new Map<string, readonly Scalar[]>([
      [ID, ofQuery.map(({ source, row }) => sources.keyAt(source, row))],
      [SCORE, ofQuery.map(({ score }) => Math.fround(score))],
      ...own,
    ]);
    chained.push(scored(steps.reduce(taken, { hits: ofQuery, columns })));
    start = end;
    if (turns.isDue) await turns.next();
  }
  return chained;
}

/** A score that nothing was made of is 0, as in Milvus. */
function scored({ hits, columns }: Frame): Hit[] {
  return hits.map((hit, i) => ({ ...hit, score: Number(columns.get(SCORE)?.[i] ?? 0) }));
}

function taken(frame: Frame, step: ChainStep): Frame {
  if (step.does === "map") return mapped(frame, step);
  const places = [...frame.hits.keys()];
  return step.does === "sort" ? picked(frame, sorted(places, frame, step)) : picked(frame, limited(places, step));
}

function mapped({ hits, columns }: Frame, { inputs, output, make }: ChainStep & { readonly does: "map" }): Frame {
  const read = inputs.map((name) => columns.get(name) ?? []);
  const made = hits.map((_, i) => {
    const value = make(read.map((column) => numberOf(column[i])));
    return value === null ? null : Math.fround(value);
  });
  return { hits, columns: new Map([...columns, [output, made]]) };
}

function numberOf(value: Scalar): number | null {
  return value === null ? null : Number(value);
}

/** Nulls count as the least; ties keep their order, or are in that of a column. */
function sorted(
  places: number[],
  { columns }: Frame,
  { column, tie, descending }: ChainStep & { readonly does: "sort" },
): readonly number[] {
  const values = columns.get(column) ?? [];
  const ties = tie === undefined ? undefined : columns.get(tie);
  const ascending = { descending: false, nullsFirst: true };
  const way = { descending, nullsFirst: !descending };
  return places.sort(
    (a, b) => compareScalars(values[a], values[b], way) || (ties ? compareScalars(ties[a], ties[b], ascending) : 0),
  );
}

function limited(
  places: readonly number[],
  { limit, offset }: ChainStep & { readonly does: "limit" },
): readonly number[] {
  return places.slice(offset, offset + limit);
}

function picked({ hits, columns }: Frame, places: readonly number[]): Frame {
  const all = Array.from(columns, ([name, values]) => [name, places.map((place) => values[place])] as const);
  return { hits: places.map((place) => hits[place]), columns: new Map(all) };
}
