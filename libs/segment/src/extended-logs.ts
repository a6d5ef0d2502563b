import { type FieldLogs, type StoredSegment, timestampField } from "@sluice/schema";
import { bm25LogKey, deltaLogKey, insertLogKey, type SegmentPlace, statsLogKey } from "./segment-keys.ts";

/** A segment whose rows go, with more fields, into a new one. */
export interface ExtendSource {
  readonly segment: StoredSegment;
  /** Hybrid timestamp from which on its rows count; undefined where its timestamp column says it row by row. */
  readonly timestamp: bigint | undefined;
}

/** Where the logs of a new segment lie. */
export interface NewLogs {
  readonly source: ExtendSource;
  readonly place: SegmentPlace;
  readonly vchannel: string;
  /** Those that the source has, RowID and Timestamp first, then the new ones. */
  readonly fieldIds: readonly number[];
  /** Of each part, the id of its first field's log; the other fields follow. */
  readonly firstIds: readonly bigint[];
  readonly statsIds: readonly (readonly bigint[])[];
  readonly bm25Ids: readonly (readonly bigint[])[];
  readonly deltaIds: readonly (readonly bigint[])[];
  /** Parallel to `fieldIds`, a size a part. */
  readonly sizesBytes: readonly number[][];
}

/** An object that the storage copies as it is. */
interface LogCopy {
  readonly from: string;
  readonly to: string;
  readonly sizeBytes: number;
}

/** What a new segment has of its source: all logs, but for those of the times of rows where these are written anew. */
export function copiesFor(logs: NewLogs): LogCopy[] {
  const { segment } = logs.source;
  const { statsLogs, bm25Logs = [], deltaLogs = [] } = segment;
  const deltaKey = (of: SegmentPlace, _fieldId: number, logId: bigint) => deltaLogKey(of, logId);
  return [
    ...insertCopies(logs),
    ...copiesOf(logs, statsLogs, logs.statsIds, statsLogKey),
    ...copiesOf(logs, bm25Logs, logs.bm25Ids, bm25LogKey),
    ...copiesOf(logs, deltaLogs, logs.deltaIds, deltaKey),
  ];
}

function insertCopies({ source: { segment, timestamp }, place, firstIds }: NewLogs): LogCopy[] {
  return segment.insertLogs.flatMap(({ fieldId, logIds, sizesBytes }, i) =>
    fieldId === timestampField.fieldId && timestamp !== undefined
      ? []
      : logIds.map((id, part) => ({
          from: insertLogKey(segment, fieldId, id),
          to: insertLogKey(place, fieldId, firstIds[part] + BigInt(i)),
          sizeBytes: sizesBytes[part],
        })),
  );
}

function copiesOf(
  { source: { segment }, place }: NewLogs,
  lists: readonly FieldLogs[],
  ids: readonly (readonly bigint[])[],
  keyOf: typeof statsLogKey,
): LogCopy[] {
  return lists.flatMap(({ fieldId, logIds, sizesBytes }, i) =>
    logIds.map((id, n) => ({
      ...{ from: keyOf(segment, fieldId, id), to: keyOf(place, fieldId, ids[i][n]), sizeBytes: sizesBytes[n] },
    })),
  );
}

/** The new segment, when all its logs are there. @param newBytes of the new values in memory */
export function extendedSegment(logs: NewLogs, newBytes: number): StoredSegment {
  const { source, place, vchannel } = logs;
  const { segment, timestamp } = source;
  const { rowCount, deletedRows } = segment;
  const insertLogs = insertLogsOf(logs);
  const statsLogs = segment.statsLogs.map((list, i): FieldLogs => ({ ...list, logIds: logs.statsIds[i] }));
  const bm25Logs = segment.bm25Logs?.map((list, i): FieldLogs => ({ ...list, logIds: logs.bm25Ids[i] }));
  const deltaLogs = segment.deltaLogs?.map((list, i): FieldLogs => ({ ...list, logIds: logs.deltaIds[i] }));
  const sizes = [...insertLogs, ...statsLogs, ...(bm25Logs ?? [])].flatMap(({ sizesBytes }) => sizesBytes);
  const [min, max] = timestamp === undefined ? boundsOf(segment) : [timestamp, timestamp];
  return {
    ...{ ...place, vchannel, rowCount, insertLogs, statsLogs, ...(bm25Logs && { bm25Logs }) },
    ...(deltaLogs && { deltaLogs, deletedRows }),
    sizeBytes: sizes.reduce((sum, size) => sum + size, 0),
    memoryBytes: segment.memoryBytes + newBytes,
    timestamp: max,
    rowTimestamps: { min, max },
  };
}

function insertLogsOf({ source, fieldIds, firstIds, sizesBytes }: NewLogs): FieldLogs[] {
  const { rowCounts } = source.segment.insertLogs[0];
  return fieldIds.map((fieldId, i) => {
    const logIds = firstIds.map((first) => first + BigInt(i));
    return { fieldId, logIds, rowCounts, sizesBytes: sizesBytes[i] };
  });
}

/** Least and greatest hybrid timestamp of a segment's rows. */
export function boundsOf({ rowTimestamps, timestamp }: StoredSegment): [min: bigint, max: bigint] {
  return rowTimestamps ? [rowTimestamps.min, rowTimestamps.max] : [timestamp, timestamp];
}
