import { mapConcurrent, nextTurn } from "@sluice/async";
import type { FileGroupRecord } from "@sluice/catalog";
import { excerptOfList, ImportError } from "@sluice/errors";
import {
  checkMembers,
  checkRequestedPaths,
  type FileGroup,
  type FileRef,
  formatByOption,
  groupFlatFiles,
  groupFoundFiles,
  groupNestedFiles,
  type ToFormat,
} from "@sluice/formats";
import type { ImportSpec } from "@sluice/jobs";
import type { Sources } from "@sluice/object-store";
import { MAX_EXPANDED_FILES } from "./expand-path.ts";
import { Expanded, type Found, isMissing, lookForPath, standsForFiles } from "./look-for-path.ts";
import { type PathList, pathListsOf, type RequestedFiles } from "./path-lists.ts";
import { companionsAmong, withCompanions } from "./store-files.ts";
import type { FolderFile } from "./table-folders.ts";

/** Paths that are looked for at once when a job is submitted. */
const CONCURRENCY = 32;

/** A group, with what the notes of its folder say of it: `withFolderValues` makes it a record. */
export interface FoundGroup extends FileGroupRecord, Pick<FolderFile, "partition" | "columnNames"> {}

/** The files of a request, as they are now: what its job reads, however often it is tried. */
export interface RequestFiles {
  readonly groups: readonly FoundGroup[];
  /** What of folders was left out. */
  readonly warnings: readonly string[];
}

/**
 * Finds the files of a request. A path that ends with `/`, that a folder has, or that holds wildcards and names no file stands
 * for the files there (`expandPath`). So does an archive, and `ARCHIVE!MEMBER` for one of its files.
 * @param spec in which bucket (`Sources.find`), and of which format, where the request says it
 * @throws {ImportError} `file_not_found`, which names all that are missing; `path_refused`; as `groupFlatFiles`,
 *   `groupFoundFiles`, `expandPath`
 */
export async function findFiles(
  sources: Sources,
  request: RequestedFiles,
  { bucket, format }: Pick<ImportSpec, "bucket" | "format">,
): Promise<RequestFiles> {
  const toFormat = formatByOption(format);
  const lists = pathListsOf(request);
  checkRequestedPaths(lists.map(({ paths }) => paths));
  const paths = [...new Set(lists.flatMap((list) => list.paths))];
  const looked = await Array.fromAsync(
    mapConcurrent(paths, CONCURRENCY, (path) => lookForPath(sources, path, bucket, toFormat)),
  );
  await nextTurn();
  const found = new Map(paths.map((path, i) => [path, looked[i]]));
  const missing = looked.filter(isMissing);
  // Formats are told from names, and a folder or pattern by which nothing was found has none.
  if (paths.some((path) => standsForFiles(path) && isMissing(found.get(path)))) throw allMissing(missing);
  const parts = lists.map((list) => withOptions(list, groupsIn(list, found, toFormat)));
  if (missing.length > 0) throw allMissing(missing);
  const named = parts.flatMap((part) => part.groups);
  const whole = mapConcurrent(named, CONCURRENCY, (group) => withCompanions(sources, group, bucket));
  const groups = await Array.fromAsync(whole);
  for (const group of groups) checkMembers(group.format, group.files);
  return checkCount({
    groups,
    warnings: parts.flatMap((part) => part.warnings),
  });
}

function groupsIn({ paths, isFlat }: PathList, found: ReadonlyMap<string, Found>, toFormat: ToFormat): RequestFiles {
  return isFlat ? groupsOfFlat(paths, found, toFormat) : groupsOfList(paths, found, toFormat);
}

function withOptions({ options }: PathList, files: RequestFiles): RequestFiles {
  return options ? { ...files, groups: files.groups.map((group) => ({ ...group, options })) } : files;
}

/** Named files are grouped together; each folder or pattern by itself. */
function groupsOfFlat(paths: readonly string[], found: ReadonlyMap<string, Found>, toFormat: ToFormat): RequestFiles {
  const expanded = paths.flatMap((path) => expandedAt(found, path) ?? []);
  const named = paths.filter((path) => !expandedAt(found, path));
  const groups = named.length === 0 ? [] : groupFlatFiles(named, toFormat);
  const parts = [namedFiles(groups, found), ...expanded.map((one) => foundFiles([one], toFormat))];
  return { groups: parts.flatMap((part) => part.groups), warnings: parts.flatMap((part) => part.warnings) };
}

/** One list of the nested form: one group, unless it holds folders or patterns. */
function groupsOfList(paths: readonly string[], found: ReadonlyMap<string, Found>, toFormat: ToFormat): RequestFiles {
  if (paths.length === 0) return { groups: [], warnings: [] };
  if (!paths.some((path) => expandedAt(found, path))) return namedFiles(groupNestedFiles([paths], toFormat), found);
  const expanded = paths.map((path) => expandedAt(found, path) ?? new Expanded(path, fileAt(found, path)));
  return foundFiles(expanded, toFormat);
}

function expandedAt(found: ReadonlyMap<string, Found>, path: string): Expanded | undefined {
  const result = found.get(path);
  return result instanceof Expanded ? result : undefined;
}

/** Nothing for one that is missing. */
function fileAt(found: ReadonlyMap<string, Found>, path: string): FileRef[] {
  const result = found.get(path);
  return result === undefined || result instanceof Expanded || result instanceof ImportError ? [] : [result];
}

function namedFiles(groups: readonly FileGroup[], found: ReadonlyMap<string, Found>): RequestFiles {
  const records = groups.map(({ format, paths }) => ({ format, files: paths.flatMap((path) => fileAt(found, path)) }));
  return { groups: records, warnings: [] };
}

function foundFiles(expanded: readonly Expanded[], toFormat: ToFormat): RequestFiles {
  const store = expanded.find(({ format }) => format !== undefined);
  if (store && expanded.length === 1) return storeFiles(store);
  if (store) {
    const reason = `a folder of ${store.format} is a table by itself: name it in a list of its own`;
    throw new ImportError("request_invalid", reason, { file: store.from });
  }
  const files = new Map(expanded.flatMap((one) => one.files.map((file) => [file.path, file] as const)));
  const from = expanded.map((one) => one.from).join(",");
  const found = groupFoundFiles([...files.keys()], toFormat);
  const groups = found.groups.map(({ format, paths }) => {
    const named = paths.flatMap((path) => files.get(path) ?? []);
    return { format, from, ...groupOf([...named, ...companionsAmong(format, named, files.values())]) };
  });
  const taken = new Set(groups.flatMap((group) => group.files.map(({ path }) => path)));
  const leftOut = found.leftOut.filter((path) => !taken.has(path));
  return {
    groups,
    warnings: leftOut.length === 0 ? [] : [`${from}: left out, being of no known format: ${excerptOfList(leftOut)}`],
  };
}

function storeFiles({ from, files, format = "" }: Expanded): RequestFiles {
  return { groups: [{ format, from, ...groupOf(files) }], warnings: [] };
}

/** What is said of files is said of their group. */
function groupOf(found: readonly FolderFile[]): Omit<FoundGroup, "format"> {
  const files = found.map(({ partition: _, columnNames: __, format: ___, ...file }) => file);
  const [{ partition, columnNames }] = found;
  return { files, ...(partition && { partition }), ...(columnNames && { columnNames }) };
}

function checkCount(files: RequestFiles): RequestFiles {
  const count = files.groups.filter(({ from }) => from !== undefined).length;
  if (count <= MAX_EXPANDED_FILES) return files;
  const reason = `the paths stand for ${count} files, more than ${MAX_EXPANDED_FILES}: import them in several jobs`;
  throw new ImportError("request_invalid", reason);
}

/** One error for all missing files; a single one keeps its own words. */
function allMissing(missing: readonly ImportError[]): ImportError {
  if (missing.length === 1) return missing[0];
  const names = missing.slice(0, 20).map((error) => error.at?.file);
  const more = missing.length > 20 ? `, … (${missing.length} in all)` : "";
  return new ImportError(
    "file_not_found",
    `the following files do not exist: ${names.join(", ")}${more}`,
    missing[0].at,
  );
}
