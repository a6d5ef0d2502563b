import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { manifestBytesByAvsc } from "./snapshot-schema.ts";

/** A segment of a snapshot that a test makes; what is left out is empty. */
export interface SnapshotSegment {
  readonly segmentId: bigint;
  readonly isL0?: boolean;
  readonly rowCount?: number;
  readonly storageVersion?: bigint;
  /** That of the snapshot where it is left out. */
  readonly partitionId?: bigint;
  readonly commitTs?: bigint;
}

/** Writes the metadata and manifests of a bundle, with those of storage version 3 that are given, over logs that lie in its `files/`, of partition `_default`. */
export async function writeSnapshot(
  folder: string,
  place: { readonly collectionId: string; readonly partitionId: string },
  schema: object,
  segments: readonly SnapshotSegment[],
  manifests: readonly object[] = [],
): Promise<void> {
  const { collectionId, partitionId } = place;
  const base = `snapshots/${collectionId}`;
  for (const name of ["metadata", "manifests/7"]) await mkdir(join(folder, base, name), { recursive: true });
  for (const segment of segments) {
    const bytes = manifestBytesByAvsc(await entryOf(folder, place, segment));
    await writeFile(join(folder, base, `manifests/7/${segment.segmentId}.avro`), bytes);
  }
  const metadata = {
    ...{
      format_version: 4,
      layout: "SnapshotLayoutSelfContained",
      segment_ids: segments.map((one) => `${one.segmentId}`),
    },
    snapshot_info: { id: "7", collection_id: collectionId, s3_location: `old/${base}/metadata/7.json` },
    collection: { schema, num_shards: "1", partitions: { _default: partitionId } },
    storagev2_manifest_list: manifests,
    manifest_list: segments.map(({ segmentId }) => `old/${base}/manifests/7/${segmentId}.avro`),
  };
  await writeFile(join(folder, base, "metadata/7.json"), JSON.stringify(metadata));
}

async function entryOf(
  folder: string,
  { collectionId, partitionId }: { readonly collectionId: string; readonly partitionId: string },
  { segmentId, isL0 = false, rowCount = 0, storageVersion = 0n, commitTs = 0n, partitionId: own }: SnapshotSegment,
): Promise<object> {
  const position = { channel_name: "c", msg_id: Buffer.of(), msg_group: "", timestamp: 0n };
  const of = (kind: string) => `files/${kind}/${collectionId}/${partitionId}/${segmentId}`;
  const fields = (await namesIn(join(folder, of("insert_log")))).filter((field) => !field.startsWith("_"));
  const inserts = fields.map((field) => logsIn(folder, `${of("insert_log")}/${field}`, BigInt(field)));
  const deletes = await logsIn(folder, of("delta_log"), 0n);
  return {
    ...{
      segment_id: segmentId,
      partition_id: own ?? BigInt(partitionId),
      segment_level: isL0 ? 1n : 2n,
      channel_name: "c",
    },
    ...{ num_of_rows: BigInt(rowCount), start_position: position, dml_position: position },
    ...{ storage_version: storageVersion, is_sorted: true, commit_timestamp: commitTs },
    binlog_files: await Promise.all(inserts),
    deltalog_files: deletes.binlogs.length > 0 ? [deletes] : [],
    ...{ statslog_files: [], bm25_statslog_files: [], index_files: [], text_index_files: [], json_key_index_files: [] },
  };
}

async function logsIn(folder: string, path: string, fieldId: bigint) {
  const binlogs = (await namesIn(join(folder, path))).map((name) => ({
    ...{ entries_num: 0n, timestamp_from: 0n, timestamp_to: 0n, log_path: `old/${path}/${name}` },
    ...{ log_size: 0n, log_id: BigInt(name), memory_size: 0n },
  }));
  return { field_id: fieldId, child_fields: [], format: "", binlogs };
}

function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** A field as tests describe it. */
export interface FieldDescription {
  readonly name: string;
  readonly type: number;
  readonly element_type?: number;
  readonly is_primary?: boolean;
  readonly nullable?: boolean;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** Types by their numbers, which readers of protobuf's JSON take as well. */
export function schemaJson(fields: readonly FieldDescription[]): object {
  return {
    fields: fields.map(({ name, type, element_type, is_primary, nullable, params = {} }, i) => ({
      ...{ fieldID: `${100 + i}`, name, data_type: type, element_type, is_primary_key: is_primary, nullable },
      type_params: Object.entries(params).map(([key, value]) => ({ key, value: String(value) })),
    })),
  };
}
