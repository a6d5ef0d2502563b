import type { AvroSchema } from "../../avro/read-datum.ts";

// The manifest of a segment in a snapshot of Milvus, whose schema stands in no file: a reader takes that of the version which the
// metadata says. Source: Milvus `internal/snapshotio/snapshot.go`, `AvroSchemaV1` to `AvroSchemaV5`.

/** Of what is written; Milvus 3.0 reads it, and those before. */
export const SNAPSHOT_VERSION = 4;

/** Newest that is known. */
export const NEWEST_SNAPSHOT_VERSION = 5;

const record = (name: string, fields: readonly (readonly [name: string, type: AvroSchema])[]): AvroSchema => ({
  ...{ type: "record", name, fields: fields.map(([field, type]) => ({ name: field, type })) },
});
const list = (items: AvroSchema): AvroSchema => ({ type: "array", items });

/** Members in the order in which they lie. @param version of the snapshot's metadata; 0 is a 1 */
export function manifestSchema(version: number): AvroSchema {
  const since = <T>(first: number, ...members: readonly T[]) => (version >= first ? members : []);
  return record("ManifestEntry", [
    ["segment_id", "long"],
    ["partition_id", "long"],
    ["segment_level", "long"],
    ["channel_name", "string"],
    ["num_of_rows", "long"],
    ["start_position", position],
    ["dml_position", "AvroMsgPosition"],
    ["storage_version", "long"],
    ["is_sorted", "boolean"],
    ...since(3, ["commit_timestamp", "long"] as const),
    ...since(5, ["delete_apply_start_after_timetick", "long"] as const),
    ["binlog_files", list(fieldLogs(version))],
    ["deltalog_files", list("AvroFieldBinlog")],
    ["statslog_files", list("AvroFieldBinlog")],
    ["bm25_statslog_files", list("AvroFieldBinlog")],
    ["index_files", list(indexFiles(version))],
    ["text_index_files", list(ofField("AvroTextIndexEntry", "AvroTextIndexStats", []))],
    [
      "json_key_index_files",
      list(ofField("AvroJSONKeyIndexEntry", "AvroJSONKeyStats", [["json_key_stats_data_format", "long"]])),
    ],
  ]);
}

const position = record("AvroMsgPosition", [
  ["channel_name", "string"],
  ["msg_id", "bytes"],
  ["msg_group", "string"],
  ["timestamp", "long"],
]);

function fieldLogs(version: number): AvroSchema {
  const log = record("AvroBinlog", [
    ["entries_num", "long"],
    ["timestamp_from", "long"],
    ["timestamp_to", "long"],
    ["log_path", "string"],
    ["log_size", "long"],
    ["log_id", "long"],
    ["memory_size", "long"],
  ]);
  return record("AvroFieldBinlog", [
    ["field_id", "long"],
    ...(version >= 4 ? ([["child_fields", list("long")] as const, ["format", "string"] as const] as const) : []),
    ["binlogs", list(log)],
  ]);
}

function indexFiles(version: number): AvroSchema {
  const pair = record("AvroKeyValuePair", [
    ["key", "string"],
    ["value", "string"],
  ]);
  return record("AvroIndexFilePathInfo", [
    ["segment_id", "long"],
    ["field_id", "long"],
    ["index_id", "long"],
    ["build_id", "long"],
    ["index_name", "string"],
    ["index_params", list(pair)],
    ["index_file_paths", list("string")],
    ["serialized_size", "long"],
    ["index_version", "long"],
    ["num_rows", "long"],
    ["current_index_version", "int"],
    ["mem_size", "long"],
    ["current_scalar_index_version", "int"],
    ...(version >= 2 ? ([["index_store_path_version", "int"]] as const) : []),
  ]);
}

/** Statistics of a field, for text or for keys of JSON. */
function ofField(entry: string, stats: string, more: readonly (readonly [string, AvroSchema])[]): AvroSchema {
  const members = record(stats, [
    ["field_id", "long"],
    ["version", "long"],
    ["files", list("string")],
    ["log_size", "long"],
    ["memory_size", "long"],
    ["build_id", "long"],
    ...more,
  ]);
  return record(entry, [
    ["field_id", "long"],
    ["stats", members],
  ]);
}
