import { mapConcurrent } from "@sluice/async";
import { excerptOfList, ImportError } from "@sluice/errors";
import { COLUMN_GROUPS, type ColumnGroup, groupedFolder, manifestAt, readGroupedSegment } from "@sluice/formats";
import type { SourceRef, Sources } from "@sluice/object-store";
import { bytesOf } from "../note-files.ts";

// Segments of storage version 3, which are what their manifests say.

/** Manifests that are read at once: each is a small file of its own. */
const READS_AT_ONCE = 8;
/** Folder of a partition for texts that lie outside of its segments. Whoever has such is refused by its manifest. */
const TEXTS = /\/lobs\/\d+\/_data\//;

/** A segment with the files that its manifest names. */
export interface GroupedSegment {
  readonly id: string;
  /** Without a `/` at its end. */
  readonly folder: string;
  /** In the order of the groups. None where it only deletes rows of others. */
  readonly files: readonly SourceRef[];
  readonly deltas: readonly SourceRef[];
  /** For who reads the set. */
  readonly options: Readonly<Record<string, string>>;
}

/** Files of a folder: logs, and by their folders those of segments of storage version 3. */
export interface ListedFiles {
  readonly logs: readonly SourceRef[];
  readonly grouped: ReadonlyMap<string, readonly SourceRef[]>;
}

/** Tells files of storage version 3 from logs. */
export function splitGrouped(files: readonly SourceRef[]): ListedFiles {
  const byFolder = Map.groupBy(files, ({ path }) => groupedFolder(path));
  const logs = byFolder.get(undefined) ?? [];
  byFolder.delete(undefined);
  const folders = [...byFolder].filter(([, [{ path }]]) => !TEXTS.test(path));
  return { logs, grouped: new Map(folders as [string, SourceRef[]][]) };
}

/** The id of the segment whose folder it is. */
export function segmentIdOf(folder: string): string {
  return folder.split("/").at(-2) ?? "";
}

/**
 * What the manifests say, each the one of the version that is asked for, or else the newest.
 * @returns segments, and folders that have no manifest: what was never committed
 * @throws {ImportError} `malformed_file`, `unsupported`; `file_not_found` for files that a manifest names
 */
export async function readGrouped(
  sources: Sources,
  grouped: ListedFiles["grouped"],
  versionOf: (segmentId: string) => number | undefined = () => undefined,
): Promise<{ readonly segments: readonly GroupedSegment[]; readonly uncommitted: readonly string[] }> {
  const uncommitted: string[] = [];
  const read = async ([folder, files]: [string, readonly SourceRef[]]) => {
    const manifest = manifestOf(files, versionOf(segmentIdOf(folder)), folder);
    if (manifest) return [await readSegment(sources, folder, files, manifest)];
    uncommitted.push(folder);
    return [];
  };
  const segments = await Array.fromAsync(mapConcurrent([...grouped], READS_AT_ONCE, read));
  return { segments: segments.flat(), uncommitted };
}

function manifestOf(files: readonly SourceRef[], version: number | undefined, folder: string): SourceRef | undefined {
  const versionAt = ({ path }: SourceRef) => manifestAt(path)?.version ?? -1;
  const manifests = files.filter((file) => versionAt(file) >= 0).toSorted((a, b) => versionAt(b) - versionAt(a));
  if (version === undefined) return manifests[0];
  const wanted = manifests.find((file) => versionAt(file) === version);
  if (wanted) return wanted;
  throw new ImportError("file_not_found", `the segment has no manifest of version ${version}`, { file: folder });
}

async function readSegment(
  sources: Sources,
  folder: string,
  files: readonly SourceRef[],
  manifest: SourceRef,
): Promise<GroupedSegment> {
  const { groups, deltas } = readGroupedSegment(manifest.path, await bytesOf(sources, manifest));
  const there = new Map(files.map((file) => [file.path, file]));
  const wanted = [...groups.flatMap((group) => group.files), ...deltas];
  const missing = wanted.filter((path) => !there.has(path)).map((path) => path.slice(folder.length));
  if (missing.length > 0) throw incomplete(missing, manifest);
  const found = (paths: readonly string[]) => paths.map((path) => there.get(path) as SourceRef);
  const columns: ColumnGroup[] = groups.map(({ files: _, ...group }) => group);
  return {
    id: segmentIdOf(folder),
    folder: folder.slice(0, -1),
    files: found(groups.flatMap((group) => group.files)),
    deltas: found(deltas),
    options: { [COLUMN_GROUPS]: JSON.stringify(columns) },
  };
}

function incomplete(missing: readonly string[], { path }: SourceRef): ImportError {
  const reason = `the segment is incomplete: ${missing.length} files that its manifest names are not there: ${excerptOfList(missing)}`;
  return new ImportError("file_not_found", reason, { file: path });
}
