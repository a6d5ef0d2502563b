import { open } from "node:fs/promises";
import avro, { type Schema } from "avsc";

// Manifests of segments of storage version 3, read and written by an Avro library that is not ours.

/** Members that tests change. */
export interface GroupManifest {
  column_groups: {
    columns: string[];
    files: { path: string; start_index: number; end_index: number; properties: object }[];
    format: string;
  }[];
  delta_logs: { path: string; type: number; num_entries: number }[];
  lob_files: { path: string; field_id: number; total_rows: number; valid_rows: number; file_size_bytes: number }[];
  [other: string]: unknown;
}

/** Reads a manifest, has it changed, and writes it in the schema that it had. */
export async function changeManifest(path: string, change: (manifest: GroupManifest) => void): Promise<void> {
  let schema: Schema | undefined;
  const records: GroupManifest[] = [];
  const decoder = avro.createFileDecoder(path);
  decoder.on("metadata", (type) => {
    schema = type.schema({ exportAttrs: true }) as Schema;
  });
  for await (const record of decoder) records.push(record as GroupManifest);
  const [manifest] = records;
  change(manifest);
  await write(path, schema as Schema, manifest);
}

async function write(path: string, schema: Schema, manifest: GroupManifest): Promise<void> {
  const encoder = new avro.streams.BlockEncoder(avro.Type.forSchema(schema), { codec: "deflate" });
  encoder.end(manifest);
  await using file = await open(path, "w");
  for await (const bytes of encoder) await file.write(bytes);
}
