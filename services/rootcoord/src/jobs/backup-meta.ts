import type { CollectionRecord, JobRecord } from "@sluice/catalog";
import { copiedFolder, specOf } from "@sluice/jobs";
import { schema } from "@sluice/rpc";
import { type FieldLogs, physicalMs, type StoredSegment } from "@sluice/schema";
import type { MetaFile, MetaFiles } from "./meta-files.ts";

// The meta files of a milvus-backup, as its tool writes and reads them: JSON of Go structs, 64-bit integers as bare numbers.
// Source: binlog format, §10; milvus-backup `backup.proto`.

/** `BACKUP_SUCCESS`. */
const SUCCESS = 2;
/** The newest Milvus whose layout of logs this is: tools restore into the same or a newer one. */
const MILVUS_VERSION = "2.3.5";

/** What the meta files of a backup tell of. */
export interface BackupParts {
  readonly job: JobRecord;
  readonly collection: CollectionRecord;
  readonly segments: readonly StoredSegment[];
}

/** The files of all levels; the last, of the first level, makes it a backup. */
export function backupMetaFiles(parts: BackupParts): MetaFiles {
  return { files: lowerLevels(parts), last: () => ["meta/backup_meta.json", json(backupInfo(parts))] };
}

function* lowerLevels(parts: BackupParts): Generator<MetaFile> {
  const { segments } = parts;
  const collection = collectionInfo(parts);
  const partitions = partitionInfos(parts);
  yield ["meta/segment_meta.json", json({ infos: segments.map(segmentInfo) })];
  yield ["meta/partition_meta.json", json({ infos: partitions })];
  yield ["meta/collection_meta.json", json({ infos: [collection] })];
  const whole = partitions.map((partition) => ({
    ...partition,
    segment_backups: segments.filter(isOf(partition)).map(segmentInfo),
  }));
  const full = { ...backupInfo(parts), collection_backups: [{ ...collection, partition_backups: whole }] };
  yield ["meta/full_meta.json", json(full)];
}

const isOf = (partition: { readonly partition_id: bigint }) => (segment: StoredSegment) =>
  segment.partitionId === partition.partition_id;

function backupInfo({ job, segments }: BackupParts) {
  return {
    ...{ id: String(job.jobId), state_code: SUCCESS, start_time: job.createdMs, progress: 100 },
    name: specOf(job, "export").folder.split("/").at(-1),
    backup_timestamp: job.createdMs,
    ...{ size: sizeOf(segments), milvus_version: MILVUS_VERSION },
  };
}

function collectionInfo({ job, collection, segments }: BackupParts) {
  const { collectionId, dbName, collectionName, timestamp, vchannels } = job;
  return {
    ...{ id: String(job.jobId), state_code: SUCCESS, collection_id: collectionId },
    ...{ db_name: dbName, collection_name: collectionName, schema: schemaInfo(job) },
    ...{ shards_num: vchannels.length, consistency_level: collection.consistencyLevel },
    ...{ backup_timestamp: timestamp, backup_physical_timestamp: Math.floor(physicalMs(timestamp) / 1000) },
    ...{ size: sizeOf(segments), has_index: collection.indexes.length > 0, index_infos: indexInfos(collection) },
    load_state: collection.loaded ? "Loaded" : "NotLoad",
    properties: pairs(job.properties.map(([key, value]) => ({ key, value }))),
    aliases: collection.aliases,
  };
}

function partitionInfos({ job, segments }: BackupParts) {
  return specOf(job, "export").partitions.map(({ partitionId, name }) => ({
    ...{ partition_id: partitionId, partition_name: name, collection_id: job.collectionId },
    ...{ size: sizeOf(segments.filter((segment) => segment.partitionId === partitionId)), load_state: "" },
  }));
}

function segmentInfo(segment: StoredSegment) {
  const { segmentId, collectionId, partitionId, rowCount, vchannel } = segment;
  return {
    ...{ segment_id: segmentId, collection_id: collectionId, partition_id: partitionId, num_of_rows: rowCount },
    binlogs: segment.insertLogs.map((logs) =>
      fieldLogs(`${copiedFolder("backup", "insert_log", segment)}${logs.fieldId}/`, logs),
    ),
    ...(segment.deltaLogs && {
      // Of no field, as Milvus has them.
      deltalogs: segment.deltaLogs.map((logs) =>
        fieldLogs(copiedFolder("backup", "delta_log", segment), { ...logs, fieldId: 0 }),
      ),
    }),
    ...{ size: sizeOf([segment]), group_id: segmentId, v_channel: vchannel },
  };
}

/** @param folder where the logs lie, ending in `/` */
function fieldLogs(folder: string, { fieldId, logIds, sizesBytes }: FieldLogs) {
  const logOf = (logId: bigint, i: number) => ({
    ...{ log_path: `${folder}${logId}`, log_size: sizesBytes[i], log_id: logId },
  });
  return { fieldID: fieldId, binlogs: logIds.map(logOf) };
}

/** Of insert logs: deletes are small beside them. */
function sizeOf(segments: readonly StoredSegment[]): number {
  const sizes = segments.flatMap(({ insertLogs }) => insertLogs.flatMap(({ sizesBytes }) => sizesBytes));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function indexInfos({ indexes }: CollectionRecord) {
  return indexes.map(({ fieldName, name, definition }) => ({
    ...{ field_name: fieldName, index_name: name, index_type: definition.index_type ?? "", params: definition },
  }));
}

/** As clients are told it: without `$meta`, members under their own names. */
function schemaInfo({ schema: stored }: JobRecord) {
  const message = schema.CollectionSchema.decode(Buffer.from(stored, "base64"));
  return {
    ...{ name: message.name, description: message.description, autoID: message.autoID },
    fields: message.fields.filter(({ isDynamic }) => !isDynamic).map(fieldInfo),
    enable_dynamic_field: message.enableDynamicField,
    ...(message.functions.length > 0 && { functions: message.functions.map(functionInfo) }),
    ...(message.structArrayFields.length > 0 && {
      struct_array_fields: message.structArrayFields.map(({ fieldID, name, fields }) => ({
        ...{ fieldID, name, fields: fields.map((field) => ({ ...fieldInfo(field), name: memberOf(field.name) })) },
      })),
    }),
  };
}

/** `m` of `struct[m]`. */
function memberOf(name: string): string {
  return name.slice(name.lastIndexOf("[") + 1, -1);
}

function fieldInfo(field: schema.FieldSchema) {
  const { fieldID, name, description, dataType, elementType, typeParams, indexParams, defaultValue } = field;
  const encoded = defaultValue && Buffer.from(schema.ValueField.encode(defaultValue).finish()).toString("base64");
  return {
    ...{ fieldID, name, description, is_primary_key: field.isPrimaryKey, data_type: dataType },
    ...{ type_params: pairs(typeParams), index_params: pairs(indexParams), autoID: field.autoID },
    ...{ element_type: elementType, is_partition_key: field.isPartitionKey, nullable: field.nullable },
    ...{ is_function_output: field.isFunctionOutput, default_value_base64: encoded ?? "" },
  };
}

function functionInfo(one: schema.FunctionSchema) {
  const { name, id, description, type, params } = one;
  return {
    ...{ name, id, description, type, params: pairs(params) },
    ...{ input_field_names: one.inputFieldNames, input_field_ids: one.inputFieldIds },
    ...{ output_field_names: one.outputFieldNames, output_field_ids: one.outputFieldIds },
  };
}

function pairs(list: readonly { readonly key: string; readonly value: string }[]) {
  return list.map(({ key, value }) => ({ key, value }));
}

/** Zero values are left out; integers keep all digits. */
function json(value: object): Uint8Array {
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): object };
  const plain = (_name: string, member: unknown) => {
    if (typeof member === "bigint") return member === 0n ? undefined : rawJSON(String(member));
    return member === "" || member === 0 || member === false ? undefined : member;
  };
  return Buffer.from(`${JSON.stringify(value, plain, 2)}\n`);
}
