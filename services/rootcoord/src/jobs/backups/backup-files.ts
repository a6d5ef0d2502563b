import type { CollectionRecord } from "@sluice/catalog";
import { didYouMean, excerptOfList, ImportError } from "@sluice/errors";
import {
  ALL_PARTITIONS,
  BACKUP_LOGS,
  type BackupCollection,
  type BackupPartition,
  backupFieldIds,
  DELTA_LOGS,
  FIELD_IDS,
} from "@sluice/formats";
import type { InternalData } from "@sluice/jobs";
import type { SourceRef, Sources } from "@sluice/object-store";
import { partitionNotFound } from "../../ddl/refusals.ts";
import type { FoundGroup, RequestFiles } from "../request-files.ts";
import { findMilvus1Segments, milvus1Warnings } from "./milvus1-files.ts";
import { asFolder, type BackupLayout, readBackup } from "./read-backup.ts";
import { idAt, listLogs, segmentsOf } from "./segment-files.ts";

/** What is asked of a backup. */
export interface BackupRequest {
  readonly internalData: InternalData;
  /** The one that the rows go to. */
  readonly collection: CollectionRecord;
  /** As the request calls it: its name, or an alias. */
  readonly collectionName: string;
  /** One partition of the backup; empty: all. */
  readonly partitionName: string;
  /** Those of the request that formats know. */
  readonly options: Readonly<Record<string, string>>;
}

/** Finds the segments of a partition. */
type FindPartition = (partition: BackupPartition) => Promise<RequestFiles>;

/**
 * The segments of one collection of a backup, each with the partition that its rows go to.
 * @throws {ImportError} as `readBackup`; `file_not_found` for files that the backup names and has not; {StatusError} 200
 */
export async function findBackup(
  sources: Sources,
  { internalData, collection, collectionName, partitionName, options }: BackupRequest,
  bucket: string | undefined,
): Promise<RequestFiles> {
  const folder = asFolder(internalData.path);
  const { layout, collections } = await readBackup(sources, folder, bucket);
  if (layout === "milvus-1") refuseBounds(options);
  const backup = sourceOf(collections, internalData, collection, collectionName);
  const partitions = backup.partitions.filter(({ name }) => partitionName === "" || name === partitionName);
  if (partitions.length === 0) throw partitionNotFound(partitionName);
  const find = await finderOf(layout)(sources, folder, backup, bucket);
  const groups: FoundGroup[] = [];
  const warnings = layout === "milvus-1" ? await milvus1Warnings(sources, folder, backup, bucket) : [];
  for (const partition of partitions) {
    const found = await find(partition);
    // A partition without rows need not be there.
    const target = found.groups.length > 0 ? targetOf(collection, partition.name) : {};
    groups.push(...found.groups.map((group) => ({ ...group, ...target })));
    warnings.push(...found.warnings);
  }
  return { groups, warnings };
}

function refuseBounds(options: Readonly<Record<string, string>>): void {
  const key = Object.keys(options).find((option) => /^(start|end)_?ts$/i.test(option));
  if (key === undefined) return;
  throw new ImportError("request_invalid", `option ${key}: rows of Milvus 1.x have no timestamps to choose them by`);
}

function finderOf(layout: BackupLayout) {
  return layout === "milvus-1" ? milvus1Finder : milvusBackupFinder;
}

async function milvus1Finder(
  sources: Sources,
  folder: string,
  _backup: BackupCollection,
  bucket: string | undefined,
): Promise<FindPartition> {
  return (partition) => findMilvus1Segments(sources, folder, partition, bucket);
}

/** Deletes of all partitions are found once. */
async function milvusBackupFinder(
  sources: Sources,
  folder: string,
  backup: BackupCollection,
  bucket: string | undefined,
): Promise<FindPartition> {
  const options = { [FIELD_IDS]: JSON.stringify(backupFieldIds(backup)) };
  const general = await listLogs(sources, `${folder}${BACKUP_LOGS.delta}/${backup.id}/${ALL_PARTITIONS}/`, bucket);
  const named = backup.l0Segments.flatMap(({ id, deltas }) => deltas.map((log) => `${id}/${log}`));
  checkComplete(named, general, folder);
  return async (partition) => {
    const { groups, warnings } = await findPartition(sources, folder, backup, partition, general, bucket);
    return { groups: groups.map((group) => ({ ...group, options: { ...group.options, ...options } })), warnings };
  };
}

/** Of collections with a partition key rows are hashed again. */
function targetOf({ hasPartitionKey, partitions }: CollectionRecord, name: string): Pick<FoundGroup, "partitionId"> {
  if (hasPartitionKey) return {};
  const found = partitions.find((partition) => partition.name === name);
  if (!found) throw partitionNotFound(name);
  return { partitionId: found.partitionId };
}

async function findPartition(
  sources: Sources,
  folder: string,
  { id }: BackupCollection,
  partition: BackupPartition,
  general: readonly SourceRef[],
  bucket: string | undefined,
): Promise<RequestFiles> {
  const insertPath = `${folder}${BACKUP_LOGS.insert}/${id}/${partition.id}/`;
  const logs = await listLogs(sources, insertPath, bucket);
  const deltas = await listLogs(sources, `${folder}${BACKUP_LOGS.delta}/${id}/${partition.id}/`, bucket);
  const { segments } = partition;
  checkComplete(
    segments.flatMap((one) => one.logs.map((log) => `${one.id}/${log}`)),
    logs,
    folder,
  );
  checkComplete(
    segments.flatMap((one) => one.deltas.map((log) => `${one.id}/${log}`)),
    deltas,
    folder,
  );
  const known = new Set(segments.map((segment) => segment.id));
  const isKnown = ({ path }: SourceRef) => known.has(idAt(path, -3, "segment"));
  const others = new Set(logs.filter((log) => !isKnown(log)).map(({ path }) => idAt(path, -3, "segment")));
  const all = segmentsOf(insertPath, logs.filter(isKnown), [...deltas, ...general]);
  const rowsOf = new Map(segments.map(({ id: segment, rowCount }) => [segment, rowCount]));
  const found = { ...all, groups: all.groups.map((group) => withMetaRows(group, rowsOf)) };
  if (others.size === 0) return found;
  const warning = `${insertPath}: left out, since the backup's meta has them not: segments ${excerptOfList([...others])}`;
  return { ...found, warnings: [...found.warnings, warning] };
}

/** What was deleted the meta counts nevertheless; a meta that says 0 of what has logs says nothing. */
function withMetaRows(group: FoundGroup, rowsOf: ReadonlyMap<string, number>): FoundGroup {
  const metaRows = rowsOf.get(idAt(group.files[0].path, -3, "segment"));
  return !metaRows || group.options?.[DELTA_LOGS] !== "0" ? group : { ...group, metaRows };
}

/** @param wanted ends of paths */
function checkComplete(wanted: readonly string[], found: readonly SourceRef[], folder: string): void {
  if (wanted.length === 0) return;
  const depth = wanted[0].split("/").length;
  const there = new Set(found.map(({ path }) => path.split("/").slice(-depth).join("/")));
  const missing = wanted.filter((log) => !there.has(log));
  if (missing.length === 0) return;
  const reason = `the backup is incomplete: ${missing.length} logs that its meta names are not there: ${excerptOfList(missing)}`;
  throw new ImportError("file_not_found", reason, { file: folder });
}

/** The collection of the backup that is meant: the one that is mapped to this name, else the one of this name. */
function sourceOf(
  collections: readonly BackupCollection[],
  { path, collections_mapping: mapping = {} }: InternalData,
  { dbName, name }: CollectionRecord,
  asked: string,
): BackupCollection {
  const names = new Set([name, asked, `${dbName}.${name}`]);
  const [source = name] = Object.entries(mapping).find(([, target]) => names.has(target)) ?? [];
  const isMeant = (one: BackupCollection) => one.name === source || `${one.dbName}.${one.name}` === source;
  const found = collections.filter(isMeant);
  if (found.length === 1) return found[0];
  const all = collections.map((one) => `${one.dbName}.${one.name}`);
  const hint =
    found.length > 1
      ? ": say which by DATABASE.COLLECTION"
      : didYouMean(
          source,
          all.map((one) => one.split(".")[1]),
        );
  const reason = `the backup has ${found.length === 0 ? "no" : "several"} collection '${source}'${hint}; it has ${excerptOfList(all)}`;
  throw new ImportError("request_invalid", reason, { file: path });
}
