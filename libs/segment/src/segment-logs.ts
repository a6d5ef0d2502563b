import { DataType, type FieldSchema, ROW_ID_FIELD, TIMESTAMP_FIELD } from "@sluice/schema";
import type { SegmentPlace } from "./segment-keys.ts";

/** Logs of one field, in order. The n-th logs of all fields hold the same rows. Arrays are parallel. */
export interface FieldLogs {
  readonly fieldId: number;
  readonly logIds: readonly bigint[];
  readonly rowCounts: readonly number[];
  /** Of the objects. */
  readonly sizesBytes: readonly number[];
}

/** A segment as its readers need it. Plain data. */
export interface SegmentLogs extends SegmentPlace {
  readonly rowCount: number;
  /** RowID, Timestamp, then the fields in the order of the schema at the time of writing. */
  readonly insertLogs: readonly FieldLogs[];
  /** Of the primary key. */
  readonly statsLogs: readonly FieldLogs[];
}

/** A segment that is written completely and takes no more rows. Plain data: it crosses threads. */
export interface SealedSegment extends SegmentLogs {
  readonly vchannel: string;
  /** Bytes of all its objects. */
  readonly sizeBytes: number;
  /** Bytes of its rows in memory. */
  readonly memoryBytes: number;
  /** Hybrid timestamp of every row. */
  readonly timestamp: bigint;
  /** Inclusive bounds; text by its UTF-8 bytes. */
  readonly minPk: bigint | string;
  readonly maxPk: bigint | string;
}

/** Rows of a bucket are those of one shard and one partition; each of its segments belongs to both. */
export interface SegmentBucket {
  readonly vchannel: string;
  readonly partitionId: bigint;
}

/** Ids from the datacoord. Each call leaves the process. */
export interface SegmentIds {
  /** A new segment for each bucket, recorded before the call resolves; parallel to `buckets`. */
  segments(buckets: readonly SegmentBucket[]): Promise<readonly bigint[]>;
  /** The first of `count` consecutive log ids, which no one else gets. Later calls give greater ones. */
  logIds(count: number): Promise<bigint>;
}

/** The system field that numbers rows, in the form of a schema's field. */
export const rowIdField: FieldSchema = systemField(ROW_ID_FIELD, "RowID");
/** The system field with the rows' hybrid timestamps. */
export const timestampField: FieldSchema = systemField(TIMESTAMP_FIELD, "Timestamp");

function systemField(fieldId: number, name: string): FieldSchema {
  return {
    fieldId,
    name,
    dataType: DataType.Int64,
    elementType: DataType.None,
    isPrimaryKey: false,
    isPartitionKey: false,
    autoId: false,
    isDynamic: false,
    nullable: false,
    defaultValue: undefined,
    dim: 0,
    maxLength: 0,
    maxCapacity: 0,
    isFunctionOutput: false,
    typeParams: {},
  };
}
