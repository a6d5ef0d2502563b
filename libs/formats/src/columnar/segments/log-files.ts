import { excerptOfList, ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import type { ColumnGroup } from "./column-groups.ts";

/** The logs of a field (storage version 1), or of a group of columns (2 and 3): those that lie in one directory of a segment, or that its manifest names. */
export interface LogDirectory {
  /** The field's id, or that of the group; of version 3 the place of the group in the manifest. */
  readonly id: number;
  /** In the order of their numbers, by which the logs of different directories are paired; see `pairsAsMilvus`. */
  readonly logs: readonly SourceFile[];
  /** What the manifest says of the group; undefined before version 3. */
  readonly group?: ColumnGroup;
}

/** The files of a segment. */
export interface SegmentFiles {
  readonly directories: readonly LogDirectory[];
  readonly deltas: readonly SourceFile[];
  /** Stripes of rows: the logs in each directory. Files of version 3 need not end at the same rows, and are one. */
  readonly stripeCount: number;
}

/** Option of a set, made by whoever found its files: how many of the last ones are delta logs. */
export const DELTA_LOGS = "delta_logs";
/** Likewise: the ids of fields in the segment, by name, as JSON, where they are not those of the collection. */
export const FIELD_IDS = "field_ids";
/** Likewise: the hybrid timestamp that takes the place of those of all rows, where there is one. */
export const COMMIT_TS = "commit_ts";
/** Likewise: the rows that the meta of a backup says its logs have, deleted ones too, where it says so. */
export const META_ROWS = "meta_rows";

/**
 * Finds what each file of a segment is, by its path: `…/DIRECTORY/LOG`, behind them the delta logs.
 * @throws {ImportError} `malformed_file` in Milvus's words for paths that are none, and for directories of unequal length
 */
export function segmentFiles(sources: readonly SourceFile[], deltaCount: number): SegmentFiles {
  const logs = sources.slice(0, sources.length - deltaCount);
  if (logs.length === 0) throw new ImportError("request_invalid", "no insert binlogs to import");
  const byDirectory = Map.groupBy(logs, ({ path }) => directoryId(path));
  const directories = [...byDirectory]
    .map(([id, files]) => ({ id, logs: files.toSorted(byNumber) }))
    .sort((a, b) => a.id - b.id);
  const [first] = directories;
  const odd = directories.find((directory) => directory.logs.length !== first.logs.length);
  if (odd) throw misaligned(first, odd);
  return { directories, deltas: sources.slice(logs.length), stripeCount: first.logs.length };
}

/** The files of a segment of storage version 3, which stand in the order of its groups, behind them the delta logs. */
export function groupedFiles(sources: readonly SourceFile[], groups: readonly ColumnGroup[]): SegmentFiles {
  let at = 0;
  const directories = groups.map((group, id) => ({ id, group, logs: sources.slice(at, (at += group.rows.length)) }));
  return { directories, deltas: sources.slice(at), stripeCount: 1 };
}

/**
 * Whether Milvus would pair the logs alike. It puts their names in order as texts, 10 before 9, and takes rows of one flush for those
 * of another where the names of one directory change their length and those of another do not.
 */
export function pairsAsMilvus({ directories }: SegmentFiles): boolean {
  if (directories[0].group) return true;
  const [first, ...others] = directories.map(({ logs }) => orderOfTexts(logs));
  return others.every((order) => order === first);
}

function orderOfTexts(logs: readonly SourceFile[]): string {
  const places = logs.map((_, i) => i);
  return places.sort((a, b) => (logs[a].path < logs[b].path ? -1 : 1)).join();
}

/** Later logs have greater numbers. Names that are none, which nobody writes, stand as Milvus has them. */
function byNumber(a: SourceFile, b: SourceFile): number {
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left === undefined || right === undefined || left === right) return a.path < b.path ? -1 : 1;
  return left < right ? -1 : 1;
}

function numberOf({ path }: SourceFile): bigint | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return /^\d{1,20}$/.test(name) ? BigInt(name) : undefined;
}

function directoryId(path: string): number {
  const name = path.split("/").at(-2) ?? "";
  const id = Number(name);
  if (/^\d{1,15}$/.test(name)) return id;
  throw new ImportError("malformed_file", "failed to parse field id from log", { file: path });
}

function misaligned(first: LogDirectory, odd: LogDirectory): ImportError {
  const reason = `misaligned binlog count, field${first.id}:${first.logs.length}, field${odd.id}:${odd.logs.length}`;
  const names = excerptOfList(odd.logs.map(({ path }) => path));
  return new ImportError("malformed_file", `${reason}: of the latter there are ${names}`, { file: odd.logs[0].path });
}
