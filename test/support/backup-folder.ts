import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeInsertLog } from "@sluice/binlog";

/** Segments of a real Milvus 2.3.5, with the rows that went in. */
export const milvusCases = join(import.meta.dirname, "../fixtures/milvus-2.3.5");

/** What a case says of its collection, as far as a backup has it. */
export interface MilvusCase {
  readonly describe: {
    readonly enable_dynamic_field?: boolean;
    readonly num_shards?: number;
    readonly auto_id?: boolean;
    readonly fields: readonly {
      readonly field_id: number;
      readonly name: string;
      readonly type: number;
      readonly element_type?: number;
      readonly is_primary?: boolean;
      readonly auto_id?: boolean;
      readonly is_partition_key?: boolean;
      readonly params: Readonly<Record<string, unknown>>;
    }[];
  };
  readonly rows: readonly Record<string, unknown>[];
  readonly deletedPrimaryKeys: readonly string[];
  readonly partitionIds?: Readonly<Record<string, string>>;
}

/** A backup that Milvus made, and what it says of its rows. */
export async function readMilvusCase(name: string): Promise<MilvusCase> {
  return JSON.parse(await readFile(join(milvusCases, name, "case.json"), "utf8"));
}

/**
 * Writes the folder that milvus-backup would: the segments of cases, a group each, and the full meta file. Source: binlog
 * format, §10.
 * @param more changes what the meta says of a collection
 */
export async function writeBackup(
  folder: string,
  cases: Readonly<Record<string, string>>,
  more: (collection: object, name: string) => object = (collection) => collection,
): Promise<void> {
  await mkdir(join(folder, "meta"), { recursive: true });
  const collections = [];
  for (const [collection, name] of Object.entries(cases))
    collections.push(more(await copyCase(folder, collection, name), collection));
  const backup = { id: "b", name: "b", backup_timestamp: 1, milvus_version: "2.3.5", collection_backups: collections };
  await writeFile(join(folder, "meta/full_meta.json"), asNumbers(JSON.stringify(backup)));
  await writeFile(join(folder, "meta/backup_meta.json"), "{}");
}

/** Go writes ids as bare numbers, which JavaScript would round. */
function asNumbers(text: string): string {
  return text.replace(/"#(\d+)"/g, "$1");
}

async function copyCase(folder: string, collection: string, name: string): Promise<object> {
  const { describe, partitionIds = {} } = await readMilvusCase(name);
  const [id] = await readdir(join(milvusCases, name, "insert_log"));
  const names = new Map(Object.entries(partitionIds).map(([partition, partitionId]) => [partitionId, partition]));
  const partitions = [];
  for (const partition of await readdir(join(milvusCases, name, "insert_log", id))) {
    const segments = [];
    for (const segment of await readdir(join(milvusCases, name, "insert_log", id, partition)))
      segments.push(await copySegment(folder, name, { id, partition, segment }));
    partitions.push({
      partition_id: `#${partition}`,
      partition_name: names.get(partition) ?? "_default",
      collection_id: `#${id}`,
      segment_backups: segments,
    });
  }
  return {
    ...{
      collection_id: `#${id}`,
      db_name: "default",
      collection_name: collection,
      shards_num: describe.num_shards ?? 1,
    },
    ...{ consistency_level: 2, schema: schemaOf(describe), partition_backups: partitions },
  };
}

interface Place {
  readonly id: string;
  readonly partition: string;
  readonly segment: string;
}

async function copySegment(folder: string, name: string, { id, partition, segment }: Place): Promise<object> {
  const from = (kind: string) => join(milvusCases, name, kind, id, partition, segment);
  const to = (kind: string) => join(folder, "binlogs", kind, id, partition, segment, segment);
  await cp(from("insert_log"), to("insert_log"), { recursive: true });
  const binlogs = [];
  for (const field of await readdir(from("insert_log")))
    binlogs.push({ fieldID: Number(field), binlogs: await logsOf(join(from("insert_log"), field)) });
  const deltas = await readdir(from("delta_log")).catch(() => []);
  if (deltas.length > 0) await cp(from("delta_log"), to("delta_log"), { recursive: true });
  const deltalogs = deltas.length === 0 ? [] : [{ binlogs: await logsOf(from("delta_log")) }];
  return {
    ...{ segment_id: `#${segment}`, collection_id: `#${id}`, partition_id: `#${partition}`, group_id: `#${segment}` },
    ...{ num_of_rows: await rowsOf(join(from("insert_log"), "0")), binlogs, deltalogs },
  };
}

/** Of the logs of one field. */
async function rowsOf(folder: string): Promise<number> {
  const logs = await Promise.all((await readdir(folder)).map((log) => readFile(join(folder, log))));
  return logs.reduce((sum, bytes) => sum + decodeInsertLog(bytes).rowCount, 0);
}

async function logsOf(folder: string): Promise<object[]> {
  return (await readdir(folder)).map((log) => ({ log_path: `files/${log}`, log_id: `#${log}` }));
}

function schemaOf({ fields, enable_dynamic_field, auto_id }: MilvusCase["describe"]): object {
  return {
    enable_dynamic_field,
    fields: fields.map((field) => ({
      ...{ fieldID: field.field_id, name: field.name, data_type: field.type, element_type: field.element_type },
      ...{ is_primary_key: field.is_primary, is_partition_key: field.is_partition_key },
      autoID: field.auto_id ?? (field.is_primary === true && auto_id === true),
      type_params: Object.entries(field.params).map(([key, value]) => ({ key, value: String(value) })),
    })),
  };
}
