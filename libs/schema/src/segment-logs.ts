import { type CollectionSchema, FIRST_USER_FIELD } from "./collection-schema.ts";

/** Logs of one field, in order. The n-th logs of all fields hold the same rows. Arrays are parallel. */
export interface FieldLogs {
  readonly fieldId: number;
  readonly logIds: readonly bigint[];
  readonly rowCounts: readonly number[];
  /** Of the objects. */
  readonly sizesBytes: readonly number[];
}

/**
 * What is stored of a segment, a list for each kind of log, in one form for writers, records and readers. Another kind
 * (deletes, indexes) is another list here: the compiler then names its record, its message and its readers.
 */
export interface LogLists {
  /** RowID, Timestamp, then the fields in the order of the schema at the time of writing. */
  readonly insertLogs: readonly FieldLogs[];
  /** Of the primary key. */
  readonly statsLogs: readonly FieldLogs[];
  /** Of each BM25 output: its terms and how many rows contain them. Absent = none. */
  readonly bm25Logs?: readonly FieldLogs[];
  /** Deletes of its rows, of all changes so far: one list, of the primary key, whose row counts are deletes. Absent: none. */
  readonly deltaLogs?: readonly FieldLogs[];
  /** Rows that these delete. */
  readonly deletedRows?: number;
}

/** A segment that is written completely, in the form in which it is recorded and sent. Plain data. */
export interface StoredSegment extends LogLists {
  readonly segmentId: bigint;
  readonly collectionId: bigint;
  readonly partitionId: bigint;
  readonly vchannel: string;
  readonly rowCount: number;
  /** Of all its objects. */
  readonly sizeBytes: number;
  /** Of its rows in memory. */
  readonly memoryBytes: number;
  /** Hybrid timestamp of every row; where they differ the greatest. */
  readonly timestamp: bigint;
  /**
   * Of a merged segment: since when its rows count, hybrid and inclusive; which row since when, its timestamp column says. The
   * rows of others count from the change on that added them.
   */
  readonly rowTimestamps?: { readonly min: bigint; readonly max: bigint };
}

/** A segment that can be read. */
export interface VisibleSegment extends StoredSegment {
  /** Hybrid timestamp of the change that made it visible. */
  readonly commitTs: bigint;
}

/** The same without the logs of fields that were dropped since they were written. */
export function withLogsOf<S extends LogLists>(
  segment: S,
  { fields }: Pick<CollectionSchema, "fields">,
): Omit<S, "insertLogs" | "bm25Logs"> & Pick<LogLists, "insertLogs" | "bm25Logs"> {
  const ids = new Set(fields.map(({ fieldId }) => fieldId));
  const kept = (lists: readonly FieldLogs[]) =>
    lists.filter(({ fieldId }) => fieldId < FIRST_USER_FIELD || ids.has(fieldId));
  const { insertLogs, bm25Logs, ...others } = segment;
  return { ...others, insertLogs: kept(insertLogs), ...(bm25Logs && { bm25Logs: kept(bm25Logs) }) };
}
