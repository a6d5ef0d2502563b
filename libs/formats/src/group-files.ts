import { didYouMean, excerpt, excerptOfList, ImportError, StatusError, statusCodes } from "@sluice/errors";
import { unreadCompression, withoutCompression } from "./compressed/compressions.ts";
import { foreignName } from "./foreign-names.ts";
import type { Format } from "./format.ts";
import { formatNamed, formatOfPath, formats } from "./format-list.ts";
import { JOINED } from "./joined/joined-format.ts";

/** One row-based file, or one set of column files. */
export interface FileGroup {
  /** Its name. */
  readonly format: string;
  readonly paths: readonly string[];
}

/** The format of a path; undefined when it has none that is known. */
export type ToFormat = (path: string) => Format | undefined;

/**
 * All files are of the format that the option `format` names, whatever they are called; without it each is of what its name says.
 * @throws {ImportError} `request_invalid` for a name that no format has
 */
export function formatByOption(name: string | undefined): ToFormat {
  if (name === undefined) return formatOfPath;
  const format = formats.find((candidate) => candidate.name === name);
  if (format) return () => format;
  const names = formats.map((candidate) => candidate.name);
  const known = [...names].sort().join(", ");
  throw new ImportError(
    "request_invalid",
    `options.format: there is no format '${excerpt(name)}'${didYouMean(name, names)}; known are ${known}`,
  );
}

/** Greatest number of file groups in a request. Source: Milvus `dataCoord.import.maxImportFileNumPerReq`. */
const MAX_FILE_GROUPS = 1024;

/**
 * What may be asked of any request, before its paths are looked for.
 * @param lists paths that are grouped together; a list that all paths stand in by themselves is one
 * @throws {StatusError} in Milvus's words where there is none; {ImportError} `request_invalid` for too many, or too long ones
 */
export function checkRequestedPaths(lists: readonly (readonly string[])[]): void {
  if (lists.every((paths) => paths.length === 0)) throw emptyRequest();
  if (lists.length > MAX_FILE_GROUPS) throw tooManyGroups(lists.length);
  for (const paths of lists) checkPaths(paths);
}

/**
 * Groups of the flat list that gRPC carries: column files are one set; of files of rows each is a group of its own, so
 * that several of them are one job (Milvus from 2.4 on refuses more than one).
 */
export function groupFlatFiles(files: readonly string[], toFormat: ToFormat = formatOfPath): FileGroup[] {
  const paths = files.filter((path) => path !== "");
  if (paths.length === 0) throw emptyRequest();
  const { name: format, grouping } = commonFormat(paths, toFormat);
  return checkCount(grouping === "rows" ? paths.map((path) => ({ format, paths: [path] })) : [{ format, paths }]);
}

/** Groups of the nested list that REST carries: each inner list is one row-based file or one set. Empty ones are dropped. */
export function groupNestedFiles(
  groups: readonly (readonly string[])[],
  toFormat: ToFormat = formatOfPath,
): FileGroup[] {
  const filled = groups.map((paths) => paths.filter((path) => path !== "")).filter((paths) => paths.length > 0);
  if (filled.length === 0) throw emptyRequest();
  return checkCount(filled.map((paths) => oneGroup(paths, toFormat)));
}

function oneGroup(paths: readonly string[], toFormat: ToFormat): FileGroup {
  const { name: format, title, grouping, mixesAs } = commonFormat(paths, toFormat);
  // Who names files together means one table of them, where they can be columns of one.
  if (mixesAs !== undefined && grouping === "rows" && paths.length > 1) return { format: mixesAs, paths };
  if (grouping === "rows" && paths.length > 1) {
    throw new ImportError(
      "request_invalid",
      `for ${title} import, accepts only one file, found ${paths.length}: [${excerptOfList(paths)}]`,
    );
  }
  return { format, paths };
}

/** Files that a folder or a pattern stands for, in groups. */
export interface FoundGroups {
  readonly groups: readonly FileGroup[];
  /** Those of no known format. */
  readonly leftOut: readonly string[];
}

/**
 * Groups of the files that a folder or a pattern stands for: of files of rows each is one, of column files those of each folder.
 * @throws {ImportError} `request_invalid` where they are of several formats, since some would be meant otherwise; `unsupported`
 *   where none is of a known one
 */
export function groupFoundFiles(paths: readonly string[], toFormat: ToFormat = formatOfPath): FoundGroups {
  const rows = withoutNotes(paths);
  const known = withoutScripts(
    rows.filter((path) => toFormat(path) !== undefined),
    toFormat,
  );
  const { name: format, grouping } = oneFormat(known.length > 0 ? known : rows, toFormat);
  const folders = Map.groupBy(known, (path) => (grouping === "rows" ? path : path.slice(0, path.lastIndexOf("/") + 1)));
  const taken = new Set(known);
  const leftOut = paths.filter((path) => !taken.has(path));
  return { groups: [...folders.values()].map((paths) => ({ format, paths })), leftOut };
}

/** mongodump writes a JSON file of a collection's indexes beside its rows. */
function withoutNotes(paths: readonly string[]): readonly string[] {
  const all = new Set(paths);
  const noteOf = /\.metadata\.json(?=(\.gz)?$)/;
  return paths.filter((path) => !noteOf.test(path) || !all.has(path.replace(noteOf, ".bson")));
}

/** DuckDB exports tables with two scripts beside them. */
function withoutScripts(known: readonly string[], toFormat: ToFormat): readonly string[] {
  const others = known.filter((path) => !toFormat(path)?.mayBeScript);
  return others.length > 0 ? others : known;
}

function oneFormat(paths: readonly string[], toFormat: ToFormat): Format {
  const [first] = paths;
  const format = toFormat(first);
  const odd = paths.find((path) => toFormat(path) !== format);
  if (format === undefined || odd === undefined) return commonFormat([first], toFormat);
  const mixed = mixedFormat(paths.map(toFormat));
  if (mixed) return mixed;
  throw new ImportError(
    "request_invalid",
    `inconsistency in file types, (${excerpt(first)}) vs (${excerpt(odd)}): choose one by a pattern such as *${odd.slice(odd.lastIndexOf("."))}`,
    { file: odd },
  );
}

/** Milvus gives this one refusal the code of a bad parameter. */
function emptyRequest(): StatusError {
  return new StatusError(statusCodes.invalidParameter, "import request is empty: no file is given");
}

function checkCount(groups: FileGroup[]): FileGroup[] {
  if (groups.length <= MAX_FILE_GROUPS) return groups;
  throw tooManyGroups(groups.length);
}

function tooManyGroups(count: number): ImportError {
  const reason = `The max number of import files should not exceed ${MAX_FILE_GROUPS}, but got ${count}`;
  return new ImportError("request_invalid", reason);
}

/** Longest path. Source: `PATH_MAX` of Linux; keys of S3 have 1024 bytes. */
const MAX_PATH_CHARACTERS = 4096;

function checkPaths(paths: readonly string[]): void {
  if (paths.length > MAX_FILE_GROUPS) throw tooManyGroups(paths.length);
  const long = paths.find((path) => path.length > MAX_PATH_CHARACTERS);
  if (long === undefined) return;
  const reason = `a path has ${long.length} characters, more than ${MAX_PATH_CHARACTERS}: ${excerpt(long)}`;
  throw new ImportError("request_invalid", reason);
}

function hintOn(path: string): string {
  if (path.toLowerCase().endsWith(".lance"))
    return "; a Lance table is read by the name of its folder, which has _versions/ in it";
  const plain = withoutCompression(path);
  const isBinary = plain !== undefined && formatOfPath(plain) !== undefined;
  if (isBinary) return "; only text may be compressed as a whole: decompress it";
  return (
    unreadCompression(path) ||
    foreignName(path) ||
    "; of a file that is called otherwise the option 'format' says what it holds, such as csv or jsonl"
  );
}

/** @throws {ImportError} in Milvus's words when a type is unknown or types are mixed. */
function commonFormat(paths: readonly string[], toFormat: ToFormat): Format {
  checkPaths(paths);
  const found = paths.map(toFormat);
  const unknown = found.indexOf(undefined);
  if (unknown >= 0) {
    const known = formats
      .flatMap(({ extensions }) => extensions)
      .sort()
      .join(", ");
    const reason = `unexpected file type, files=[${excerptOfList(paths)}], expected one of ${known}${hintOn(paths[unknown])}`;
    throw new ImportError("unsupported", reason, { file: paths[unknown] });
  }
  const odd = found.findIndex((format) => format !== found[0]);
  const mixed = odd >= 0 && (mixedFormat(found) ?? joinedFormat(found));
  if (mixed) return mixed;
  if (odd >= 0) {
    throw new ImportError(
      "request_invalid",
      `inconsistency in file types, (${excerpt(paths[0])}) vs (${excerpt(paths[odd])})`,
      {
        file: paths[odd],
      },
    );
  }
  return found[0] as Format;
}

/** The format of a set whose files are of these; undefined where they are no columns of one table. */
function mixedFormat([first, ...others]: readonly (Format | undefined)[]): Format | undefined {
  const name = first?.mixesAs;
  if (name === undefined || others.some((format) => format?.mixesAs !== name)) return undefined;
  return formatNamed(name);
}

/** Columns in files of any format, at least one of which has nothing else: who names them together means one table. */
function joinedFormat(found: readonly (Format | undefined)[]): Format | undefined {
  const hasArrays = found.some((format) => format?.mixesAs !== undefined && format.mixesAs !== format.name);
  return hasArrays && found.every((format) => format?.isColumns) ? formatNamed(JOINED) : undefined;
}
