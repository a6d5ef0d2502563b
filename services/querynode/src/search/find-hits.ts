import { isNull } from "@sluice/columns";
import { primaryKeyIndex } from "@sluice/schema";
import { grouped } from "./group-hits.ts";
import { asAnswered, isDistance, powerOf } from "./metrics.ts";
import { scoreRows } from "./score-rows.ts";
import type { Search, SearchDeps } from "./search.ts";
import type { SearchSources } from "./search-sources.ts";
import { type Hit, TopHits } from "./top-hits.ts";

/**
 * The hits of each query vector, the best first, before offset and limit are applied to groups or hits. Exact: every row that
 * passes the filter is compared.
 */
export async function findHits(search: Search, deps: SearchDeps): Promise<Hit[][]> {
  const { topK, offset, groupBy } = search.params;
  const wanted = topK + offset;
  // Rows with equal keys are one hit, and groups have members that nobody wants: where that leaves too few, more are kept.
  for (let limit = wanted * (groupBy?.size ?? 1); ; limit *= 2) {
    const tops = await rankRows(search, deps, limit);
    const hits: Hit[][] = [];
    let isShort = false;
    for (const top of tops) {
      const sorted = top.sorted();
      const groups = groupBy && (await grouped(sorted, groupBy, wanted, search, deps));
      if (top.isFull && (groups ? !groups.isComplete : sorted.length < wanted)) isShort = true;
      hits.push(groups ? groups.hits : sorted.slice(offset, wanted));
    }
    if (!isShort) return hits;
  }
}

async function rankRows(search: Search, deps: SearchDeps, limit: number): Promise<TopHits[]> {
  const { filter, params, queries } = search;
  const { rows, segments, sources, turns, signal } = deps;
  const { collection } = filter;
  const [field, key] = [collection.fields[params.field], collection.fields[primaryKeyIndex(collection)]];
  const sign = isDistance(params.metric) ? 1 : -1;
  const power = powerOf(params.roundDecimal);
  const tops = Array.from(
    { length: queries.count },
    () => new TopHits(limit, isDistance(params.metric), power === 0 ? 0 : 1 / power, sources.compareKeys),
  );
  for await (const { part, rows: found } of rows.matches(filter, segments, signal)) {
    const column = await rows.column(part, field);
    const present = column.validity ? found.filter((row) => !isNull(column, row)) : found;
    const source = await sources.add(part, () => rows.column(part, key));
    const keep = keeper(search, sources);
    await scoreRows(
      field,
      column,
      present,
      queries,
      params.metric,
      (query, first, count, scores) => {
        const top = tops[query];
        let { bound } = top;
        for (let i = 0; i < count; i++) {
          if (sign * scores[i] > bound) continue;
          const row = present[first + i];
          const score = keep(scores[i], source, row);
          if (Number.isNaN(score)) continue;
          top.add(score, source, row);
          bound = top.bound;
        }
      },
      turns,
    );
  }
  return tops;
}

/** The score of a hit as it is answered, or NaN where it is none: outside of the range, or not behind the last page. */
function keeper({ params, after }: Search, sources: SearchSources) {
  const { radius, rangeFilter, roundDecimal, metric } = params;
  const sign = isDistance(metric) ? 1 : -1;
  const power = powerOf(roundDecimal);
  return (raw: number, source: number, row: number): number => {
    const score = asAnswered(raw, power);
    if (radius !== undefined && !((score - radius) * sign < 0)) return Number.NaN;
    if (rangeFilter !== undefined && (score - rangeFilter) * sign < 0) return Number.NaN;
    if (after && !isBehind(score, source, row)) return Number.NaN;
    return score;
  };

  function isBehind(score: number, source: number, row: number): boolean {
    const difference = (score - (after?.score ?? 0)) * sign;
    if (difference !== 0) return difference > 0;
    return after?.key !== undefined && sources.isBehindKey(source, row, after.key);
  }
}
