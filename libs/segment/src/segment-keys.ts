/** Where a segment's objects lie: the layout of Milvus, so that its tools find them. Source: binlog format, §1. */
export interface SegmentPlace {
  readonly collectionId: bigint;
  readonly partitionId: bigint;
  readonly segmentId: bigint;
}

/** One log of one field. */
export function insertLogKey(place: SegmentPlace, fieldId: number, logId: bigint): string {
  return `${insertLogPrefix(place)}${fieldId}/${logId}`;
}

/** One log of statistics of the primary keys. */
export function statsLogKey(place: SegmentPlace, pkFieldId: number, logId: bigint): string {
  return `${statsLogPrefix(place)}${pkFieldId}/${logId}`;
}

/** One log of statistics of a BM25 output. */
export function bm25LogKey(place: SegmentPlace, fieldId: number, logId: bigint): string {
  return `${bm25LogPrefix(place)}${fieldId}/${logId}`;
}

/** All insert logs of a segment; ends in `/`, which Milvus's import needs. */
function insertLogPrefix({ collectionId, partitionId, segmentId }: SegmentPlace): string {
  return `insert_log/${collectionId}/${partitionId}/${segmentId}/`;
}

function statsLogPrefix({ collectionId, partitionId, segmentId }: SegmentPlace): string {
  return `stats_log/${collectionId}/${partitionId}/${segmentId}/`;
}

function bm25LogPrefix({ collectionId, partitionId, segmentId }: SegmentPlace): string {
  return `bm25_stats/${collectionId}/${partitionId}/${segmentId}/`;
}

/** One log of deletes of a segment's rows. */
export function deltaLogKey(place: SegmentPlace, logId: bigint): string {
  return `${deltaLogPrefix(place)}${logId}`;
}

/** All delta logs. */
export const DELTA_LOGS_PREFIX = "delta_log/";

/** What a key of a delta log says; undefined for another key. */
export function deltaLogOf(key: string): (SegmentPlace & { readonly logId: bigint }) | undefined {
  if (!/^delta_log(\/\d+){4}$/.test(key)) return undefined;
  const [collectionId, partitionId, segmentId, logId] = key.split("/").slice(1).map(BigInt);
  return { collectionId, partitionId, segmentId, logId };
}

function deltaLogPrefix({ collectionId, partitionId, segmentId }: SegmentPlace): string {
  return `${DELTA_LOGS_PREFIX}${collectionId}/${partitionId}/${segmentId}/`;
}

/** Every object of a segment has one of these prefixes: what garbage collection lists. */
export function segmentPrefixes(collectionId: bigint, partitionId: bigint, segmentId: bigint): string[] {
  const place = { collectionId, partitionId, segmentId };
  return [insertLogPrefix(place), statsLogPrefix(place), bm25LogPrefix(place), deltaLogPrefix(place)];
}
