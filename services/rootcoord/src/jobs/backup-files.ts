import type { CollectionRecord } from "@sluice/catalog";
import { didYouMean, excerptOfList, ImportError, StatusError, statusCodes } from "@sluice/errors";
import {
  ALL_PARTITIONS,
  BACKUP_LOGS,
  BACKUP_META,
  type BackupCollection,
  type BackupPartition,
  backupCollections,
  backupFieldIds,
  FIELD_IDS,
} from "@sluice/formats";
import type { InternalData } from "@sluice/jobs";
import type { SourceRef, Sources } from "@sluice/object-store";
import type { FoundGroup, RequestFiles } from "./request-files.ts";
import { idAt, listLogs, segmentsOf } from "./segment-files.ts";
import { textOf } from "./table-folders.ts";

/**
 * The collections of the folder that milvus-backup wrote: by its full meta file, or by those of all levels.
 * @param folder ends in `/`
 * @throws {ImportError} `file_not_found` where there is no such backup; `malformed_file`; `unsupported`
 */
export async function readBackup(
  sources: Sources,
  folder: string,
  bucket: string | undefined,
): Promise<BackupCollection[]> {
  const read = async (name: string) => {
    const found = await sources.find(`${folder}${name}`, bucket);
    return { path: found.path, text: await textOf(sources, found) };
  };
  try {
    return backupCollections([await read(BACKUP_META.full)]);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const texts = [];
  for (const name of BACKUP_META.levels)
    texts.push(await read(name).catch((error) => Promise.reject(noBackup(error, folder))));
  return backupCollections(texts);
}

function isMissing(error: unknown): error is ImportError {
  return error instanceof ImportError && error.code === "file_not_found";
}

function noBackup(error: unknown, folder: string): unknown {
  if (!isMissing(error)) return error;
  const reason = `this is no folder of milvus-backup: it has neither ${BACKUP_META.full} nor ${error.at?.file}`;
  return new ImportError("file_not_found", reason, { file: folder });
}

/** What is asked of a backup. */
export interface BackupRequest {
  readonly internalData: InternalData;
  /** The one that the rows go to. */
  readonly collection: CollectionRecord;
  /** As the request calls it: its name, or an alias. */
  readonly collectionName: string;
  /** One partition of the backup; empty: all. */
  readonly partitionName: string;
}

/**
 * The segments of one collection of a backup, each with the partition that its rows go to.
 * @throws {ImportError} as `readBackup`; `file_not_found` for logs that the backup names and has not; {StatusError} 200
 */
export async function findBackup(
  sources: Sources,
  { internalData, collection, collectionName, partitionName }: BackupRequest,
  bucket: string | undefined,
): Promise<RequestFiles> {
  const folder = asFolder(internalData.path);
  const backup = sourceOf(await readBackup(sources, folder, bucket), internalData, collection, collectionName);
  const partitions = backup.partitions.filter(({ name }) => partitionName === "" || name === partitionName);
  if (partitions.length === 0) throw partitionNotFound(partitionName);
  const options = { [FIELD_IDS]: JSON.stringify(backupFieldIds(backup)) };
  const general = await listLogs(sources, `${folder}${BACKUP_LOGS.delta}/${backup.id}/${ALL_PARTITIONS}/`, bucket);
  checkComplete(
    backup.l0Segments.flatMap(({ id, deltas }) => deltas.map((log) => `${id}/${log}`)),
    general,
    folder,
  );
  const groups: FoundGroup[] = [];
  const warnings: string[] = [];
  for (const partition of partitions) {
    const found = await findPartition(sources, folder, backup, partition, general, bucket);
    const target = targetOf(collection, partition.name);
    groups.push(...found.groups.map((group) => ({ ...group, ...target, options: { ...group.options, ...options } })));
    warnings.push(...found.warnings);
  }
  return { groups, warnings };
}

/** Of collections with a partition key rows are hashed again. */
function targetOf({ hasPartitionKey, partitions }: CollectionRecord, name: string): Pick<FoundGroup, "partitionId"> {
  if (hasPartitionKey) return {};
  const found = partitions.find((partition) => partition.name === name);
  if (!found) throw partitionNotFound(name);
  return { partitionId: found.partitionId };
}

function partitionNotFound(name: string): StatusError {
  return new StatusError(statusCodes.partitionNotFound, `partition not found[partition=${name}]`);
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
  const found = segmentsOf(insertPath, logs.filter(isKnown), [...deltas, ...general]);
  if (others.size === 0) return found;
  const warning = `${insertPath}: left out, since the backup's meta has them not: segments ${excerptOfList([...others])}`;
  return { ...found, warnings: [...found.warnings, warning] };
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

export function asFolder(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}
