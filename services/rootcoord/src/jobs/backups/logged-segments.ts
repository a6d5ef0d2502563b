import { excerptOfList, ImportError } from "@sluice/errors";
import {
  ALL_PARTITIONS,
  type BackupCollection,
  type BackupPartition,
  type BackupSegment,
  backupFieldIds,
  COMMIT_TS,
  FIELD_IDS,
  META_ROWS,
} from "@sluice/formats";
import type { SourceRef, Sources } from "@sluice/object-store";
import type { FoundGroup, RequestFiles } from "../request-files.ts";
import type { LogFolders } from "./read-backup.ts";
import { idAt, listLogs, segmentsOf } from "./segment-files.ts";

/** Finds the segments of a partition. */
export type FindPartition = (partition: BackupPartition) => Promise<RequestFiles>;

/**
 * Finds segments by the logs that the backup names; deletes of all partitions are found once.
 * @throws {ImportError} `file_not_found` for logs that are not there
 */
export async function loggedSegments(
  sources: Sources,
  folders: LogFolders,
  backup: BackupCollection,
  bucket: string | undefined,
): Promise<FindPartition> {
  const fieldIds = { [FIELD_IDS]: JSON.stringify(backupFieldIds(backup)) };
  const ofAll = { id: ALL_PARTITIONS, segments: backup.l0Segments };
  const general = await deltasOf(sources, folders, backup.id, ofAll, bucket);
  return async (partition) => {
    const { groups, warnings } = await findPartition(sources, folders, backup, partition, general, bucket);
    return { groups: groups.map((group) => ({ ...group, options: { ...group.options, ...fieldIds } })), warnings };
  };
}

async function findPartition(
  sources: Sources,
  { insert, delta, isShared }: LogFolders,
  { id }: BackupCollection,
  { id: partitionId, segments }: BackupPartition,
  general: readonly SourceRef[],
  bucket: string | undefined,
): Promise<RequestFiles> {
  const insertPath = `${insert}${id}/${partitionId}/`;
  const listed = await listLogs(sources, insertPath, bucket);
  const logs = isShared ? named(listed, segments.flatMap(insertNames)) : listed;
  checkComplete(segments.flatMap(insertNames), logs, insertPath);
  const deltas = await deltasOf(sources, { insert, delta, isShared }, id, { id: partitionId, segments }, bucket);
  const known = new Map(segments.map((segment) => [segment.id, segment]));
  const isKnown = ({ path }: SourceRef) => known.has(idAt(path, -3, "segment"));
  const others = new Set(logs.filter((log) => !isKnown(log)).map(({ path }) => idAt(path, -3, "segment")));
  const all = segmentsOf(insertPath, logs.filter(isKnown), [...deltas, ...general]);
  const found = { ...all, groups: all.groups.map((group) => withMeta(group, known)) };
  if (others.size === 0) return found;
  const warning = `${insertPath}: left out, since the backup's meta has them not: segments ${excerptOfList([...others])}`;
  return { ...found, warnings: [...found.warnings, warning] };
}

/** Delta logs of a partition, or of all: those that are named must be there, and where others share the folder they are all. */
async function deltasOf(
  sources: Sources,
  { delta, isShared }: LogFolders,
  collectionId: string,
  { id, segments }: Pick<BackupPartition, "id" | "segments">,
  bucket: string | undefined,
): Promise<readonly SourceRef[]> {
  const path = `${delta}${collectionId}/${id}/`;
  const listed = await listLogs(sources, path, bucket);
  checkComplete(segments.flatMap(deltaNames), listed, path);
  return isShared ? named(listed, segments.flatMap(deltaNames)) : listed;
}

/** Ends of the paths of a segment's logs. */
const insertNames = ({ id, logs }: BackupSegment) => logs.map((log) => `${id}/${log}`);
const deltaNames = ({ id, deltas }: BackupSegment) => deltas.map((log) => `${id}/${log}`);

/** Of the files those that segments name by the ends of their paths. */
function named(files: readonly SourceRef[], names: readonly string[]): SourceRef[] {
  const wanted = new Set(names);
  const depth = depthOf(names);
  return files.filter((file) => wanted.has(endOf(file, depth)));
}

function depthOf([name = ""]: readonly string[]): number {
  return name.split("/").length;
}

function endOf({ path }: SourceRef, depth: number): string {
  return path.split("/").slice(-depth).join("/");
}

/** A meta that says 0 of what has logs says nothing. */
function withMeta(group: FoundGroup, known: ReadonlyMap<string, BackupSegment>): FoundGroup {
  const { rowCount = 0, commitTs } = known.get(idAt(group.files[0].path, -3, "segment")) ?? {};
  const options = {
    ...group.options,
    ...(commitTs !== undefined && { [COMMIT_TS]: String(commitTs) }),
    ...(rowCount !== 0 && { [META_ROWS]: String(rowCount) }),
  };
  return { ...group, options };
}

/** @param wanted ends of paths */
function checkComplete(wanted: readonly string[], found: readonly SourceRef[], folder: string): void {
  const depth = depthOf(wanted);
  const there = new Set(found.map((file) => endOf(file, depth)));
  const missing = wanted.filter((log) => !there.has(log));
  if (missing.length === 0) return;
  const reason = `the backup is incomplete: ${missing.length} logs that its meta names are not there: ${excerptOfList(missing)}`;
  throw new ImportError("file_not_found", reason, { file: folder });
}
