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
import { type GroupedSegment, type ListedFiles, readGrouped, segmentIdOf, splitGrouped } from "./grouped-segments.ts";
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
  const general = await generalDeletes(sources, folders, backup, bucket);
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
  general: GeneralDeletes,
  bucket: string | undefined,
): Promise<RequestFiles> {
  const insertPath = `${insert}${id}/${partitionId}/`;
  const listed = splitGrouped(await listLogs(sources, insertPath, bucket));
  const logs = isShared ? named(listed.logs, segments.flatMap(insertNames)) : listed.logs;
  checkComplete(segments.flatMap(insertNames), logs, insertPath);
  const deltas = await deltasOf(sources, { insert, delta, isShared }, id, { id: partitionId, segments }, bucket);
  const known = new Map(segments.map((segment) => [segment.id, segment]));
  const isKnown = ({ path }: SourceRef) => known.has(idAt(path, -3, "segment"));
  const grouped = await groupedOf(sources, listed, segments, insertPath);
  const rows = { logs: logs.filter(isKnown), segments: [...grouped, ...general.segments] };
  const all = segmentsOf(insertPath, rows, [...deltas, ...general.deltas]);
  const found = { ...all, groups: all.groups.map((group) => withMeta(group, known)) };
  const others = new Set(logs.filter((log) => !isKnown(log)).map(({ path }) => idAt(path, -3, "segment")));
  if (others.size === 0) return found;
  const warning = `${insertPath}: left out, since the backup's meta has them not: segments ${excerptOfList([...others])}`;
  return { ...found, warnings: [...found.warnings, warning] };
}

/** Those of storage version 3, by the manifests that the backup names; others in their folder are none of its. */
async function groupedOf(
  sources: Sources,
  { grouped }: ListedFiles,
  segments: readonly BackupSegment[],
  from: string,
): Promise<readonly GroupedSegment[]> {
  const wanted = new Map(segments.filter(isGrouped).map((segment) => [segment.id, segment]));
  const those = [...grouped].filter(([folder]) => wanted.has(segmentIdOf(folder)));
  const read = await readGrouped(sources, new Map(those), (id) => wanted.get(id)?.manifestVersion);
  const found = new Set(read.segments.map(({ id }) => id));
  const missing = [...wanted.keys()].filter((id) => !found.has(id));
  if (missing.length === 0) return read.segments;
  const reason = `the backup is incomplete: segments ${excerptOfList(missing)} are of storage version 3, and have no manifest`;
  throw new ImportError("file_not_found", reason, { file: from });
}

function isGrouped({ storageVersion }: BackupSegment): boolean {
  return storageVersion >= 3;
}

/** What deletes rows of all partitions. */
interface GeneralDeletes {
  readonly deltas: readonly SourceRef[];
  readonly segments: readonly GroupedSegment[];
}

async function generalDeletes(
  sources: Sources,
  folders: LogFolders,
  { id, l0Segments: segments }: BackupCollection,
  bucket: string | undefined,
): Promise<GeneralDeletes> {
  const ofAll = { id: ALL_PARTITIONS, segments };
  const deltas = await deltasOf(sources, folders, id, ofAll, bucket);
  if (!segments.some(isGrouped)) return { deltas, segments: [] };
  const from = `${folders.insert}${id}/${ALL_PARTITIONS}/`;
  const listed = splitGrouped(await listLogs(sources, from, bucket));
  return { deltas, segments: await groupedOf(sources, listed, segments, from) };
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
const insertNames = (segment: BackupSegment) => namesOf(segment, segment.logs);
const deltaNames = (segment: BackupSegment) => namesOf(segment, segment.deltas);

/** The manifest of a segment of storage version 3 names them. */
function namesOf(segment: BackupSegment, logs: readonly string[]): string[] {
  return isGrouped(segment) ? [] : logs.map((log) => `${segment.id}/${log}`);
}

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
  const { rowCount = 0, commitTs } = known.get(String(group.shownAs).split("/").at(-1) ?? "") ?? {};
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
