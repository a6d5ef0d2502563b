import { excerpt, excerptOfList, ImportError } from "@sluice/errors";
import { isZarrNote } from "@sluice/formats";
import { type PathPattern, parsePattern, type SourceRef, type Sources } from "@sluice/object-store";
import { type FolderFile, tableFiles } from "./table-folders.ts";

/** Files that the folders and patterns of one request may stand for: each is a record, and an entry of its job's details. */
export const MAX_EXPANDED_FILES = 16_384;
/** Files that are looked at for one folder or pattern: some ten seconds of listing a bucket, while the client waits. */
const MAX_LISTED_FILES = 100_000;
/** Files of which some are named when none is meant. */
const MAX_LOOKED_AT = 1000;

/**
 * The files that a folder or a pattern stands for, in the order of the storage; of a folder that a program keeps a table in,
 * those of the table (`tableFiles`). What programs keep beside their data is left
 * out: names that begin with `.` or `_`, and what lies in folders of such names, unless these say `key=value`.
 * @param path a folder when it ends with `/`
 * @throws {ImportError} `file_not_found`, saying what is there; `request_invalid` for too many files; others as `Sources.list`
 */
export async function expandPath(
  sources: Sources,
  path: string,
  bucket: string | undefined,
): Promise<readonly FolderFile[]> {
  const { prefix, deep, matches } = patternOf(path);
  const name = prefix.slice(prefix.lastIndexOf("/") + 1);
  const files: SourceRef[] = [];
  let listed = 0;
  const accepts = (below: string): boolean => {
    if (++listed > MAX_LISTED_FILES) throw tooMany(path, `more than ${MAX_LISTED_FILES} files to look at`);
    return !isHidden(below, name !== "") && matches(below);
  };
  for await (const file of sources.list(prefix, { deep, accepts }, bucket)) {
    if (files.push(file) > MAX_EXPANDED_FILES) throw tooMany(path, `more than ${MAX_EXPANDED_FILES} files`);
  }
  if (files.length === 0) throw await noMatch(sources, path, prefix, bucket);
  return prefix === path ? await tableFiles(sources, path, files, bucket) : files;
}

/** Which names a path means, among those of an archive, by the rules of folders. @throws {ImportError} `request_invalid` */
export function matcherOf(path: string): (name: string) => boolean {
  const { prefix, deep, matches } = patternOf(path);
  const folderLength = prefix.lastIndexOf("/") + 1;
  return (name) => {
    const below = name.slice(folderLength);
    if (!name.startsWith(prefix) || (!deep && below.includes("/"))) return false;
    return !isHidden(below, prefix.length > folderLength) && matches(below);
  };
}

/** @throws {ImportError} `request_invalid` */
function patternOf(path: string): PathPattern {
  try {
    const pattern = parsePattern(path);
    if (!pattern) return { prefix: path, deep: true, matches: () => true };
    // What lies in the folders that a pattern ends with.
    return path.endsWith("/") ? patternOf(`${path}**`) : pattern;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ImportError("request_invalid", error.message, { file: path }, { cause: error });
  }
}

/** @param isBegun the request spells out how the first name begins: who asks for a hidden one gets it */
function isHidden(below: string, isBegun: boolean): boolean {
  const names = below.split("/");
  return names.some((name, i) => {
    if (i === names.length - 1 && isZarrNote(name)) return false;
    if ((i === 0 && isBegun) || (!name.startsWith(".") && !name.startsWith("_"))) return false;
    return i === names.length - 1 || !name.includes("=");
  });
}

function tooMany(path: string, what: string): ImportError {
  const reason = `the path stands for ${what}: name folders further down, or patterns, in several jobs`;
  return new ImportError("request_invalid", reason, { file: path });
}

async function noMatch(
  sources: Sources,
  path: string,
  prefix: string,
  bucket: string | undefined,
): Promise<ImportError> {
  const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  const there: string[] = [];
  for await (const { path } of sources.list(folder, {}, bucket)) if (there.push(path) === MAX_LOOKED_AT) break;
  const more = there.length === MAX_LOOKED_AT ? " and more" : "";
  const found = there.length === 0 ? "nothing lies there" : `there are ${excerptOfList(there)}${more}`;
  const where = folder === "" ? "" : ` below "${excerpt(folder)}"`;
  return new ImportError("file_not_found", `no file is meant by the path${where}: ${found}`, { file: path });
}
