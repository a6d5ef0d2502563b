import { compareKeys, type Filter } from "@sluice/query";
import type { SegmentKeyStats, SegmentLogs } from "@sluice/segment";
import type { SegmentCache } from "./cache/segment-cache.ts";

/** Longer lists meet a key of nearly every segment, and looking all of theirs up takes longer than one turn. */
const MAX_LOOKED_UP = 16_384;

/** False when no row of the segment has a primary key that the filter asks for. Statistics are read only if that can tell. */
export async function mayHoldKeys(filter: Filter, segment: SegmentLogs, cache: SegmentCache): Promise<boolean> {
  if (filter.isAlwaysFalse) return false;
  const { primaryKeyCandidates: candidates, primaryKeyRange: range } = filter;
  if ((!candidates && !range) || segment.statsLogs.length === 0) return true;
  const stats = await cache.stats(segment);
  const isShort = candidates !== undefined && candidates.length <= MAX_LOOKED_UP;
  if (isShort && !candidates.some((key) => isInside(key, stats) && stats.bloom.mayContain(key))) return false;
  const isBelow = range?.high !== undefined && compareKeys(range.high, stats.minPk) < 0;
  const isAbove = range?.low !== undefined && compareKeys(range.low, stats.maxPk) > 0;
  return !isBelow && !isAbove;
}

function isInside(key: bigint | string, { minPk, maxPk }: SegmentKeyStats): boolean {
  return compareKeys(key, minPk) >= 0 && compareKeys(key, maxPk) <= 0;
}
