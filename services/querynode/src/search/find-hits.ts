import type { Column } from "@sluice/columns";
import type { FieldSchema } from "@sluice/schema";
import type { JsonPath } from "@sluice/values";
import { present } from "../nodes/gone.ts";
import { readCall, type ShareReads } from "../nodes/shares.ts";
import { AnswerBudget } from "../segment-rows.ts";
import { type TakenRows, takenRows } from "../take-rows.ts";
import type { VisibleSegment } from "../unexpired.ts";
import { type GroupValues, grouped } from "./group-hits.ts";
import type { GroupBy } from "./group-params.ts";
import { valueText } from "./group-values.ts";
import { rankRows, topsOf } from "./rank-rows.ts";
import { addRanked, rankOrder } from "./ranked-message.ts";
import type { Search, SearchDeps } from "./search.ts";
import type { Hit, TopHits } from "./top-hits.ts";

/**
 * The hits of each query vector, the best first, before offset and limit are applied to groups or hits. Exact: every row that
 * passes the filter is compared.
 */
export async function findHits(search: Search, deps: SearchDeps): Promise<Hit[][]> {
  const hits = await nearest(search, deps);
  return hits.map((found, query) => (search.nulls?.has(query) ? [] : found));
}

async function nearest(search: Search, deps: SearchDeps): Promise<Hit[][]> {
  const { topK, offset, groupBy } = search.params;
  const wanted = topK + offset;
  // Rows with equal keys are one hit, and groups have members that nobody wants: where that leaves too few, more are kept.
  for (let limit = wanted * (groupBy?.size ?? 1); ; limit *= 2) {
    const tops = await rankEverywhere(search, deps, limit);
    const sorted: Hit[][] = [];
    for (const top of tops) {
      sorted.push(top.sorted());
      if (deps.turns.isDue) await deps.turns.next();
    }
    const values = groupBy && (await valuesOf(sorted.flat(), groupBy, search, deps));
    const hits: Hit[][] = [];
    let isShort = false;
    for (const [query, top] of tops.entries()) {
      const groups = groupBy && values && grouped(sorted[query], groupBy, values, { wanted, offset });
      if (top.isFull && (groups ? !groups.isComplete : sorted[query].length < wanted)) isShort = true;
      hits.push(groups ? groups.hits : sorted[query].slice(offset, wanted));
    }
    if (!isShort) return hits;
  }
}

/** The best rows of all nodes, as if one had compared all of them: each gives as many as are wanted of all. */
async function rankEverywhere(search: Search, deps: SearchDeps, limit: number): Promise<TopHits[]> {
  const tops = topsOf(search, deps, limit);
  const reads: ShareReads<VisibleSegment> = {
    own: (segments, signal) => rankRows(search, { ...deps, rows: deps.rows.own, segments, signal }, limit, tops),
    other: async (node, segments, signal) => {
      const answer = present(await node.rankRows(rankOrder(search, segments, limit), readCall(signal)));
      addRanked(answer, search.filter.collection, { tops, segments, sources: deps.sources });
    },
  };
  await deps.rows.each(deps.segments, reads, deps.signal);
  return tops;
}

/** Of hits, the values that they are grouped by. */
export async function valuesOf(
  hits: readonly Hit[],
  { field, path, beside = [] }: GroupBy,
  { filter: { collection, text } }: Pick<Search, "filter">,
  deps: SearchDeps,
): Promise<GroupValues> {
  const fields = [field, ...beside].map((index) => collection.fields[index]);
  const { rows, columns } = await columnsOfHits(hits, fields, text.schema, deps);
  const textOf = (column: readonly Column[], i: number, at?: JsonPath) =>
    valueText(column[rows.sourceOf[i]], rows.rowOf[i], at);
  const [first, ...others] = columns;
  // With its length a value is told from what follows it.
  const ofOthers = (i: number) => others.map((column) => textOf(column, i)).map((one) => `${one.length}:${one}`);
  return new Map(hits.map((hit, i) => [hit, [...ofOthers(i), textOf(first, i, path)].join("")]));
}

/** What hits have in some fields: of each field the columns of all parts, and where the hits are there. */
export async function columnsOfHits(
  hits: readonly Hit[],
  fields: readonly FieldSchema[],
  schema: Buffer,
  { rows: from, sources, turns, signal }: SearchDeps,
  budget = new AnswerBudget(Number.POSITIVE_INFINITY),
): Promise<TakenRows & { readonly columns: readonly (readonly Column[])[] }> {
  const { wanted, rows } = takenRows(sources.pick(hits), sources.parts.length);
  const columns = await from.take(
    sources.parts.map((part, i) => ({ part, rows: wanted[i] })),
    { fields, schema },
    { turns, signal, budget },
  );
  return { columns, wanted, rows };
}
