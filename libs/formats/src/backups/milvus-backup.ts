import { excerpt, ImportError, locate } from "@sluice/errors";
import { FIRST_USER_FIELD } from "@sluice/schema";
import type { BackupCollection, BackupField, BackupFunction, BackupIndex, BackupSegment } from "./backup.ts";
import {
  arrayAt,
  idAt,
  type JsonObject,
  listAt,
  numberAt,
  objectAt,
  pairsAt,
  parseMeta,
  textAt,
} from "./json-members.ts";
import { unambiguous } from "./unambiguous.ts";

// The folder that milvus-backup writes: what its meta files say. Source: binlog format, §10; milvus-backup `backup.proto`.

/** Of the meta folder, in the order in which they are looked for: one with everything, or one a level. */
export const BACKUP_META = {
  full: "meta/full_meta.json",
  levels: ["meta/backup_meta.json", "meta/collection_meta.json", "meta/partition_meta.json", "meta/segment_meta.json"],
} as const;

/** Folders of logs. */
export const BACKUP_LOGS = { insert: "binlogs/insert_log", delta: "binlogs/delta_log" } as const;

/** Partition of deletes that concern all of them. */
export const ALL_PARTITIONS = "-1";

/**
 * The collections of a backup.
 * @param texts of the full meta file, or of those of all levels, in the order of `BACKUP_META`
 * @throws {ImportError} `malformed_file` with the file; `unsupported` for encrypted backups
 */
export function backupCollections(
  texts: readonly { readonly path: string; readonly text: string }[],
): BackupCollection[] {
  const parsed = texts.map(({ path, text }) => parseMeta(path, text));
  const [root] = parsed;
  const encrypted = listAt(root, "database_backups").find((database) => textAt(database, "ezk") !== "");
  if (encrypted)
    throw new ImportError("unsupported", "the backup is encrypted: take it without", { file: texts[0].path });
  const collections = parsed.length === 1 ? listAt(root, "collection_backups") : joined(parsed.slice(1));
  const isSnapshot = textAt(root, "format") === "snapshot";
  const notes = accessNotes(root);
  try {
    return collections.map((info) => ({ ...collectionOf(info), ...(isSnapshot && snapshotOf(info)), notes }));
  } catch (error) {
    throw locate(error, { file: texts[0].path });
  }
}

/** What is not a collection's, and stays where it is. */
function accessNotes(root: JsonObject): string[] {
  const access = objectAt(root, "rbac_meta");
  if (["users", "roles", "grants"].every((key) => listAt(access, key).length === 0)) return [];
  return ["users, roles and grants of the backup are not restored: milvus-backup's own restore takes them with --rbac"];
}

/** Where the snapshot of a collection lies, of a backup that has them. */
function snapshotOf(info: JsonObject): Pick<BackupCollection, "snapshotPath"> {
  const path = textAt(objectAt(info, "snapshot_backup"), "metadata_path");
  if (/^(?!.*(?:^|\/)\.\.\/)[^/:][^:]*\.json$/.test(path)) return { snapshotPath: path };
  const reason = `the backup is a snapshot, and the metadata of its collection ${textAt(info, "collection_name")} is "${excerpt(path)}", no path below it`;
  throw new ImportError("malformed_file", reason);
}

/** Collections with their partitions, and these with their segments, of the meta files of one level each. */
function joined([collections, partitions, segments]: readonly JsonObject[]): JsonObject[] {
  const ofPartition = (partition: JsonObject) => (segment: JsonObject) =>
    textAt(segment, "partition_id") === textAt(partition, "partition_id") &&
    textAt(segment, "collection_id") === textAt(partition, "collection_id");
  const whole = listAt(partitions, "infos").map((partition) => ({
    ...partition,
    segment_backups: listAt(segments, "infos").filter(ofPartition(partition)),
  }));
  return listAt(collections, "infos").map((collection) => ({
    ...collection,
    partition_backups: whole.filter((one) => textAt(one, "collection_id") === textAt(collection, "collection_id")),
  }));
}

function collectionOf(info: JsonObject): BackupCollection {
  const schema = objectAt(info, "schema");
  return unambiguous({
    id: idAt(info, "collection_id"),
    dbName: textAt(info, "db_name") || "default",
    name: textAt(info, "collection_name"),
    description: textAt(schema, "description"),
    fields: fieldsOf(schema),
    structs: listAt(schema, "struct_array_fields").map((struct) => ({
      fieldId: numberAt(struct, "fieldID"),
      name: textAt(struct, "name"),
      fields: fieldsOf(struct),
    })),
    functions: listAt(schema, "functions").map(functionOf),
    enableDynamicField: schema.enable_dynamic_field === true,
    shardsNum: numberAt(info, "shards_num"),
    consistencyLevel: numberAt(info, "consistency_level"),
    properties: [...pairsAt(schema, "properties"), ...pairsAt(info, "properties")],
    partitions: listAt(info, "partition_backups").map((partition) => ({
      id: idAt(partition, "partition_id"),
      name: textAt(partition, "partition_name"),
      segments: listAt(partition, "segment_backups").map(segmentOf),
    })),
    l0Segments: listAt(info, "l0_segments").map(segmentOf),
    indexes: listAt(info, "index_infos").map(indexOf),
    aliases: arrayAt(info, "aliases").map(String),
    isLoaded: textAt(info, "load_state") === "Loaded",
    notes: [],
  });
}

function functionOf(one: JsonObject): BackupFunction {
  return {
    name: textAt(one, "name"),
    description: textAt(one, "description"),
    type: numberAt(one, "type"),
    inputFieldNames: arrayAt(one, "input_field_names").map(String),
    outputFieldNames: arrayAt(one, "output_field_names").map(String),
    params: pairsAt(one, "params"),
  };
}

function fieldsOf(schema: JsonObject): BackupField[] {
  return listAt(schema, "fields")
    .map(fieldOf)
    .sort((a, b) => a.fieldId - b.fieldId);
}

function fieldOf(field: JsonObject): BackupField {
  const encoded = textAt(field, "default_value_base64");
  return {
    fieldId: numberAt(field, "fieldID"),
    name: textAt(field, "name"),
    description: textAt(field, "description"),
    dataType: numberAt(field, "data_type"),
    elementType: numberAt(field, "element_type"),
    isPrimaryKey: field.is_primary_key === true,
    autoId: field.autoID === true,
    isPartitionKey: field.is_partition_key === true,
    isDynamic: field.is_dynamic === true,
    nullable: field.nullable === true,
    isFunctionOutput: field.is_function_output === true,
    typeParams: pairsAt(field, "type_params"),
    defaultValue: encoded === "" ? undefined : new Uint8Array(Buffer.from(encoded, "base64")),
  };
}

function segmentOf(segment: JsonObject): BackupSegment {
  const logsAt = (key: string) =>
    listAt(segment, key).flatMap((field) =>
      listAt(field, "binlogs").map((log) => ({ fieldId: textAt(field, "fieldID") || "0", logId: logIdOf(log) })),
    );
  return {
    id: idAt(segment, "segment_id"),
    rowCount: numberAt(segment, "num_of_rows"),
    logs: logsAt("binlogs").map(({ fieldId, logId }) => `${fieldId}/${logId}`),
    deltas: logsAt("deltalogs").map(({ logId }) => logId),
    storageVersion: numberAt(segment, "storage_version"),
  };
}

/** Backups of older tools say it by the path alone. */
function logIdOf(log: JsonObject): string {
  return textAt(log, "log_path").split("/").at(-1) || textAt(log, "log_id");
}

function indexOf(index: JsonObject): BackupIndex {
  const params = Object.entries(objectAt(index, "params")).map(([key, value]) => ({ key, value: String(value) }));
  const type = textAt(index, "index_type");
  const hasType = params.some(({ key }) => key === "index_type");
  return {
    fieldName: textAt(index, "field_name"),
    indexName: textAt(index, "index_name"),
    params: hasType || type === "" ? params : [{ key: "index_type", value: type }, ...params],
  };
}

/**
 * Ids of the columns of a collection in its segments, by the names that its fields have; `struct[member]` for members.
 * Older backups leave the dynamic field out: it has the id that the declared ones leave free, else the next one. Where more are free,
 * since fields were dropped, it is one that segments have logs of.
 */
export function backupFieldIds(backup: BackupCollection): Record<string, number> {
  const { fields, structs, enableDynamicField } = backup;
  const ids = new Map<string, number>(
    fields.map(({ name, fieldId, isDynamic }) => [isDynamic ? "$meta" : name, fieldId]),
  );
  for (const struct of structs)
    for (const member of struct.fields) ids.set(memberName(struct.name, member.name), member.fieldId);
  if (enableDynamicField && !ids.has("$meta"))
    ids.set("$meta", freeId([...ids.values(), ...structs.map((one) => one.fieldId)], loggedIds(backup)));
  return Object.fromEntries(ids);
}

/** Servers store members under their own names, or with that of the struct. */
function memberName(struct: string, member: string): string {
  return member.endsWith("]") ? member : `${struct}[${member}]`;
}

function freeId(taken: readonly number[], logged: ReadonlySet<number>): number {
  const known = new Set(taken);
  const found = [...logged].filter((id) => id >= FIRST_USER_FIELD && !known.has(id));
  if (found.length > 0) return Math.min(...found);
  let id = FIRST_USER_FIELD;
  while (known.has(id)) id++;
  return id;
}

/** Fields, or groups of columns, that a segment has a log of. */
function loggedIds({ partitions }: BackupCollection): ReadonlySet<number> {
  const segments = partitions.flatMap((partition) => partition.segments);
  return new Set(segments.flatMap(({ logs }) => logs.map((log) => Number(log.split("/")[0]))));
}
