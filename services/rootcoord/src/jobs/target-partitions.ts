import type { CollectionRecord, FileGroupRecord, PartitionRecord } from "@sluice/catalog";
import { excerpt, excerptOfList, ImportError, StatusError, statusCodes } from "@sluice/errors";
import { folderNamesOf } from "@sluice/formats";
import type { ImportSpec } from "@sluice/jobs";
import type { PartitionId } from "@sluice/schema";
import { partitionNotFound } from "../ddl/refusals.ts";
import { foldersOfGroup } from "./folder-values.ts";
import type { FoundGroup, RequestFiles } from "./request-files.ts";

const DEFAULT_PARTITION = "_default";
/** The value of `partition_from` that is no key of folders. */
const ANY_FOLDER = "folder";

/**
 * Partitions that the job writes to; undefined where its files say it, each for itself. Source: import rules of Milvus (import
 * semantics §1.3, binlog format §8): a backup names the partition that it was taken of; of a partition key, where its rows are
 * hashed again, that is the same one.
 * @throws {StatusError} 200, 1101; {ImportError} `request_invalid`
 */
export function targetPartitions(
  collection: CollectionRecord,
  name: string,
  { isBackup, isDeletes, partitionFrom }: Pick<ImportSpec, "isBackup" | "isDeletes" | "partitionFrom">,
): PartitionId[] | undefined {
  if (partitionFrom !== undefined) return checkedByFolders(collection, name, isBackup);
  if (isBackup && name === "" && !collection.hasPartitionKey)
    throw new StatusError(statusCodes.missingParameter, "partition not specified: backup=true needs its name");
  if (isDeletes && name !== "") return [partitionNamed(collection, name).partitionId];
  if (collection.hasPartitionKey || isDeletes) {
    if (name !== "" && !isBackup) throw invalid("not allow to set partition name for collection with partition key");
    return collection.partitions.map((partition) => partition.partitionId);
  }
  return [partitionNamed(collection, name === "" ? DEFAULT_PARTITION : name).partitionId];
}

function checkedByFolders({ hasPartitionKey }: CollectionRecord, name: string, isBackup?: boolean): undefined {
  if (hasPartitionKey)
    throw invalid("option partition_from: rows of a collection with partition key go where their keys say");
  if (name !== "") throw invalid(`option partition_from and the partition name '${excerpt(name)}': give one of them`);
  if (isBackup) throw invalid("option partition_from: the partition of segments is named by partitionName");
}

/**
 * Files whose folders name their partitions: by `folder` the one that a file lies in, else the one of the key, `KEY=PARTITION`.
 * Without the option they are as they were.
 * @throws {StatusError} 200 with all that do not exist; {ImportError} `request_invalid` for a path that names none
 */
export function withFolderPartitions(
  found: RequestFiles,
  collection: CollectionRecord,
  { partitionFrom }: Pick<ImportSpec, "partitionFrom">,
): RequestFiles {
  if (partitionFrom === undefined) return found;
  const names = found.groups.map((group) => nameOf(group, partitionFrom));
  const known = new Map(collection.partitions.map(({ name, partitionId }) => [name, partitionId]));
  const missing = [...new Set(names.filter((name) => !known.has(name)))];
  if (missing.length > 0) throw partitionNotFound(excerptOfList(missing));
  return { ...found, groups: found.groups.map((group, i) => ({ ...group, partitionId: known.get(names[i]) })) };
}

function nameOf(group: FoundGroup, from: string): string {
  const names = group.files.map(({ path }) => namedBy(group, path, from));
  if (new Set(names).size === 1) return names[0];
  throw invalid(`option partition_from: the files of one table lie in folders of ${excerptOfList(names)}`);
}

function namedBy(group: FoundGroup, path: string, from: string): string {
  const folders = foldersOfGroup({ ...group, from: path, files: [{ ...group.files[0], path }] });
  const last = folderNamesOf(path).at(-1);
  const isOfKey = from !== ANY_FOLDER || last?.includes("=");
  const value = isOfKey ? folders.get(from === ANY_FOLDER ? (last?.split("=")[0] ?? "") : from) : last;
  if (value === undefined) {
    const wanted = from === ANY_FOLDER ? "lies in no folder" : `has no folder '${excerpt(from)}=…'`;
    throw new ImportError("request_invalid", `option partition_from=${excerpt(from)}: the file ${wanted}`, {
      file: path,
    });
  }
  return value ?? DEFAULT_PARTITION;
}

/** Of files that say it: those that they go to. */
export function partitionsOf({ partitions }: CollectionRecord, groups: readonly FileGroupRecord[]): PartitionId[] {
  const own = new Set(groups.flatMap(({ partitionId }) => (partitionId === undefined ? [] : [partitionId])));
  return own.size > 0 ? [...own] : partitions.map(({ partitionId }) => partitionId);
}

/** Tasks that share rows by their keys read all files, and write to one place. */
export function checkPartitionsByKey(groups: readonly FileGroupRecord[], { onDuplicate }: ImportSpec): void {
  if (!onDuplicate || new Set(groups.map(({ partitionId }) => partitionId)).size < 2) return;
  throw invalid("option on_duplicate takes files of one partition: import partitions one by one, each by its name");
}

function partitionNamed({ partitions }: CollectionRecord, name: string): PartitionRecord {
  const partition = partitions.find((candidate) => candidate.name === name);
  if (!partition) throw partitionNotFound(name);
  return partition;
}

function invalid(reason: string): ImportError {
  return new ImportError("request_invalid", reason);
}
