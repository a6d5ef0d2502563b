import { asAnswered, isDistance, powerOf } from "./metrics.ts";
import type { Search } from "./search.ts";
import type { SearchSources } from "./search-sources.ts";
import { greatestAs, leastAs } from "./top-hits.ts";

/** Scores, times -1 where more is better, below and above which nothing is a hit: of the range, and of the last page. */
export function limitsOf({ params: { radius, rangeFilter, roundDecimal, metric }, after }: Search) {
  const sign = isDistance(metric) ? 1 : -1;
  const power = powerOf(roundDecimal);
  const below = (score = -sign * Number.POSITIVE_INFINITY) => leastAs(sign * score, power);
  const above = (score = sign * Number.POSITIVE_INFINITY) => greatestAs(sign * score, power);
  return { floor: Math.max(below(rangeFilter), below(after?.score)), ceiling: above(radius) };
}

/** The score of a hit as it is answered, or NaN where it is none: outside of the range, or not behind the last page. */
export function keeper({ params, after }: Search, sources: SearchSources) {
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
    const last = after?.score ?? 0;
    // Not by their difference: that of infinities is no number.
    if (score !== last) return sign > 0 ? score > last : score < last;
    return after?.key !== undefined && sources.isBehindKey(source, row, after.key, after.element);
  }
}
