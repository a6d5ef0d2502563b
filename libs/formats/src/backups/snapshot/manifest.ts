import { locate } from "@sluice/errors";
import { avroReader, readDatum } from "../../avro/read-datum.ts";
import { type AvroValue, writeDatum } from "../../avro/write-datum.ts";
import { manifestSchema, SNAPSHOT_VERSION } from "./manifest-schema.ts";

/** What the manifest of a segment says, as far as a reader of its rows wants to know it. Ids are decimal text: they pass 2^53. */
export interface SegmentManifest {
  readonly segmentId: string;
  readonly partitionId: string;
  /** Of deletes of other segments' rows, without rows of its own. */
  readonly isL0: boolean;
  readonly rowCount: number;
  readonly storageVersion: number;
  /** Hybrid timestamp that takes the place of those of all rows; 0 = they keep theirs. */
  readonly commitTs: bigint;
  readonly insertLogs: readonly SnapshotLog[];
  readonly deltaLogs: readonly SnapshotLog[];
}

/** One file of logs. */
export interface SnapshotLog {
  /** Of a column, or of a group of columns. */
  readonly fieldId: string;
  readonly path: string;
}

/** `SegmentLevel` of Milvus. */
export const segmentLevels = { l0: 1, l1: 2 } as const;

type Long = number | bigint;

interface ManifestEntry {
  readonly segment_id: Long;
  readonly partition_id: Long;
  readonly segment_level: Long;
  readonly num_of_rows: Long;
  readonly storage_version: Long;
  readonly commit_timestamp?: Long;
  readonly binlog_files: readonly FieldFiles[];
  readonly deltalog_files: readonly FieldFiles[];
}

interface FieldFiles {
  readonly field_id: Long;
  readonly binlogs: readonly { readonly log_path: string }[];
}

/** The bytes of a manifest. @param entry all members of `manifestSchema(SNAPSHOT_VERSION)` */
export function writeManifest(entry: { readonly [member: string]: AvroValue }): Buffer {
  return writeDatum(manifestSchema(SNAPSHOT_VERSION), entry);
}

/**
 * @param version of the snapshot's metadata
 * @throws {ImportError} `malformed_file` with the file
 */
export function readManifest(path: string, bytes: Uint8Array, version: number): SegmentManifest {
  try {
    return manifestOf(readDatum(avroReader(manifestSchema(version)), bytes) as ManifestEntry);
  } catch (error) {
    throw locate(error, { file: path });
  }
}

function manifestOf(entry: ManifestEntry): SegmentManifest {
  return {
    segmentId: String(entry.segment_id),
    partitionId: String(entry.partition_id),
    isL0: Number(entry.segment_level) === segmentLevels.l0,
    rowCount: Number(entry.num_of_rows),
    storageVersion: Number(entry.storage_version),
    commitTs: BigInt.asUintN(64, BigInt(entry.commit_timestamp ?? 0)),
    insertLogs: logsOf(entry.binlog_files),
    deltaLogs: logsOf(entry.deltalog_files),
  };
}

/** Logs without a path are summaries, which segments of storage version 3 have. */
function logsOf(fields: readonly FieldFiles[]): SnapshotLog[] {
  return fields.flatMap(({ field_id, binlogs }) =>
    binlogs.map(({ log_path: path }) => ({ fieldId: String(field_id), path })),
  );
}
