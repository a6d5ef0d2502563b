/** A visible segment of one shard of one partition, as the choice of what to merge sees it. */
export interface MergeCandidate<Id> {
  readonly segmentId: Id;
  readonly rowCount: number;
  /** Of its rows in memory; those of a merged segment are the sum. */
  readonly memoryBytes: number;
}

/** What a segment may hold. */
export interface SegmentBounds {
  /** Bytes of rows in memory at which datanodes seal a segment. */
  readonly segmentBytes: number;
  readonly maxRows: number;
}

/**
 * Why segments are looked at. `busy`: more come all the time; `quiet`: none has come for a while; `asked`: somebody wants as
 * few small ones as can be; `forced`: somebody wants everything written anew, as large as `bounds` allow.
 */
export type MergeOccasion = "busy" | "quiet" | "asked" | "forced";

/** Segments below this part of a full one are small. A full one has room for eight that are nearly not. */
const SMALL_PART = 8;
/** Small ones of a tier that are merged while others come; also how much larger the segments of the next tier are. */
const TIER_SEGMENTS = 8;
/** Small ones that may stay in a shard where none comes. */
const LEFT_WHEN_QUIET = 2;
/** What is smaller is merged as often as somebody is quiet: writing it costs less than one object more. */
const TINY_BYTES = 4 << 20;
/** Segments of one merge: their ids stand in records. */
const MAX_MERGE_SOURCES = 4096;

/**
 * Which small segments of a shard of a partition to merge, each list into one segment. Lists are in the order of
 * `candidates`, of two segments at least, within the bounds; no segment is in two. When forced, each segment is in one, if
 * need be alone.
 *
 * What is written again stays within bounds, however the segments come. While others come, small ones wait until a tier has
 * eight, and move up one tier at least, so that a byte is written once a tier. Where it is quiet, all small ones are merged,
 * but for the largest where the others are so little against it that they must wait until they are more.
 */
export function chooseMerges<Id>(
  candidates: readonly MergeCandidate<Id>[],
  bounds: SegmentBounds,
  occasion: MergeOccasion,
): Id[][] {
  const isForced = occasion === "forced";
  const smallBytes = isForced ? Number.POSITIVE_INFINITY : bounds.segmentBytes / SMALL_PART;
  const small = candidates
    .map(({ segmentId, rowCount, memoryBytes }, order) => ({ segmentId, rowCount, memoryBytes, order }))
    .filter(({ memoryBytes }) => memoryBytes < smallBytes)
    .sort((a, b) => a.memoryBytes - b.memoryBytes);
  const chosen = occasion === "busy" ? fullTiers(small) : worthWhile(small, smallBytes, occasion);
  return filled(chosen, bounds)
    .filter((merge) => isForced || merge.length > 1)
    .map((merge) => merge.sort((a, b) => a.order - b.order).map(({ segmentId }) => segmentId));
}

interface Small {
  readonly rowCount: number;
  readonly memoryBytes: number;
}

/** Everything up to the first tier that is full; what lies below it costs little besides. @param small ascending by bytes */
function fullTiers<S extends Small>(small: readonly S[]): readonly S[] {
  const tierOf = ({ memoryBytes }: S) => Math.floor(Math.log2(Math.max(1, memoryBytes)) / Math.log2(TIER_SEGMENTS));
  for (let from = 0; from < small.length; ) {
    const tier = tierOf(small[from]);
    let to = from + 1;
    while (to < small.length && tierOf(small[to]) === tier) to++;
    if (to - from >= TIER_SEGMENTS) return small.slice(0, to);
    from = to;
  }
  return [];
}

/**
 * All small ones, once there are more than may stay. The largest stays out where it is larger than all others by more than a
 * small segment than a tiny one: it then is the only one, since the next would have to be tiny.
 */
function worthWhile<S extends Small>(small: readonly S[], smallBytes: number, occasion: MergeOccasion): readonly S[] {
  if (occasion !== "quiet") return small;
  if (small.length <= LEFT_WHEN_QUIET) return [];
  const largest = small[small.length - 1];
  const rest = small.slice(0, -1);
  const restBytes = rest.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  const isTiny = largest.memoryBytes < TINY_BYTES;
  return isTiny || largest.memoryBytes <= (restBytes * smallBytes) / TINY_BYTES ? small : rest;
}

/** Lists as long as fit; what does not fit at all is alone. */
function filled<S extends Small>(small: readonly S[], { segmentBytes, maxRows }: SegmentBounds): S[][] {
  const merges: S[][] = [];
  let [bytes, rows] = [0, 0];
  for (const one of small) {
    const open = merges.at(-1);
    bytes += one.memoryBytes;
    rows += one.rowCount;
    if (open && open.length < MAX_MERGE_SOURCES && bytes <= segmentBytes && rows <= maxRows) open.push(one);
    else {
      merges.push([one]);
      [bytes, rows] = [one.memoryBytes, one.rowCount];
    }
  }
  return merges;
}
