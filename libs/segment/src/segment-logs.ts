import {
  DataType,
  type FieldSchema,
  type LogLists,
  ROW_ID_FIELD,
  type StoredSegment,
  TIMESTAMP_FIELD,
} from "@sluice/schema";
import type { SegmentPlace } from "./segment-keys.ts";

/** A segment as its readers need it. Plain data. */
export interface SegmentLogs extends SegmentPlace, LogLists {
  readonly rowCount: number;
}

/** A segment that is written completely and takes no more rows. Plain data: it crosses threads. */
export interface SealedSegment extends StoredSegment {
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
