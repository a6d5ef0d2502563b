import avro, { type Schema } from "avsc";
import { bigLongs } from "./avro-longs.ts";

// What Milvus says of the manifest of a segment in a snapshot of format version 4, in Avro's own words, for a reader that is not ours.

const fieldLogs: Schema = {
  type: "record",
  name: "AvroFieldBinlog",
  fields: [
    { name: "field_id", type: "long" },
    { name: "child_fields", type: { type: "array", items: "long" } },
    { name: "format", type: "string" },
    {
      name: "binlogs",
      type: {
        type: "array",
        items: {
          type: "record",
          name: "AvroBinlog",
          fields: [
            { name: "entries_num", type: "long" },
            { name: "timestamp_from", type: "long" },
            { name: "timestamp_to", type: "long" },
            { name: "log_path", type: "string" },
            { name: "log_size", type: "long" },
            { name: "log_id", type: "long" },
            { name: "memory_size", type: "long" },
          ],
        },
      },
    },
  ],
};

const indexFiles: Schema = {
  type: "record",
  name: "AvroIndexFilePathInfo",
  fields: [
    { name: "segment_id", type: "long" },
    { name: "field_id", type: "long" },
    { name: "index_id", type: "long" },
    { name: "build_id", type: "long" },
    { name: "index_name", type: "string" },
    {
      name: "index_params",
      type: {
        type: "array",
        items: {
          type: "record",
          name: "AvroKeyValuePair",
          fields: [
            { name: "key", type: "string" },
            { name: "value", type: "string" },
          ],
        },
      },
    },
    { name: "index_file_paths", type: { type: "array", items: "string" } },
    { name: "serialized_size", type: "long" },
    { name: "index_version", type: "long" },
    { name: "num_rows", type: "long" },
    { name: "current_index_version", type: "int" },
    { name: "mem_size", type: "long" },
    { name: "current_scalar_index_version", type: "int" },
    { name: "index_store_path_version", type: "int" },
  ],
};

const statsOf = (name: string, more: readonly { readonly name: string; readonly type: Schema }[] = []): Schema => ({
  type: "record",
  name,
  fields: [
    { name: "field_id", type: "long" },
    { name: "version", type: "long" },
    { name: "files", type: { type: "array", items: "string" } },
    { name: "log_size", type: "long" },
    { name: "memory_size", type: "long" },
    { name: "build_id", type: "long" },
    ...more,
  ],
});

const entryOf = (name: string, stats: Schema): Schema => ({
  type: "array",
  items: {
    type: "record",
    name,
    fields: [
      { name: "field_id", type: "long" },
      { name: "stats", type: stats },
    ],
  },
});

const manifest: Schema = {
  type: "record",
  name: "ManifestEntry",
  fields: [
    { name: "segment_id", type: "long" },
    { name: "partition_id", type: "long" },
    { name: "segment_level", type: "long" },
    { name: "channel_name", type: "string" },
    { name: "num_of_rows", type: "long" },
    {
      name: "start_position",
      type: {
        type: "record",
        name: "AvroMsgPosition",
        fields: [
          { name: "channel_name", type: "string" },
          { name: "msg_id", type: "bytes" },
          { name: "msg_group", type: "string" },
          { name: "timestamp", type: "long" },
        ],
      },
    },
    { name: "dml_position", type: "AvroMsgPosition" },
    { name: "storage_version", type: "long" },
    { name: "is_sorted", type: "boolean" },
    { name: "commit_timestamp", type: "long" },
    { name: "binlog_files", type: { type: "array", items: fieldLogs } },
    { name: "deltalog_files", type: { type: "array", items: "AvroFieldBinlog" } },
    { name: "statslog_files", type: { type: "array", items: "AvroFieldBinlog" } },
    { name: "bm25_statslog_files", type: { type: "array", items: "AvroFieldBinlog" } },
    { name: "index_files", type: { type: "array", items: indexFiles } },
    { name: "text_index_files", type: entryOf("AvroTextIndexEntry", statsOf("AvroTextIndexStats")) },
    {
      name: "json_key_index_files",
      type: entryOf(
        "AvroJSONKeyIndexEntry",
        statsOf("AvroJSONKeyStats", [{ name: "json_key_stats_data_format", type: "long" }]),
      ),
    },
  ],
};

const type = avro.Type.forSchema(manifest, { registry: { long: bigLongs } });

interface FieldFiles {
  readonly field_id: bigint;
  readonly child_fields: readonly bigint[];
  readonly binlogs: readonly { readonly log_path: string; readonly log_id: bigint; readonly entries_num: bigint }[];
}

/** A manifest, as far as tests look at it. */
export interface Manifest {
  readonly segment_id: bigint;
  readonly partition_id: bigint;
  readonly channel_name: string;
  readonly num_of_rows: bigint;
  readonly commit_timestamp: bigint;
  readonly binlog_files: readonly FieldFiles[];
  readonly deltalog_files: readonly FieldFiles[];
  readonly statslog_files: readonly FieldFiles[];
  readonly bm25_statslog_files: readonly FieldFiles[];
}

/** All of the bytes, as avsc reads them; it throws where there are more. */
export function manifestByAvsc(bytes: Buffer): Manifest {
  return type.fromBuffer(bytes);
}

/** A manifest with all members, as avsc writes it. */
export function manifestBytesByAvsc(entry: object): Buffer {
  return type.toBuffer(entry);
}
