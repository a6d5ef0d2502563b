import { excerpt, ImportError } from "@sluice/errors";
import {
  archiveMembers,
  type FileRef,
  isArchive,
  isZarrNote,
  memberOfPath,
  type ToFormat,
  zarrFolders,
  zarrRoot,
} from "@sluice/formats";
import { isFolder, type SourceRef, type Sources } from "@sluice/object-store";
import { expandPath, matcherOf } from "./expand-path.ts";
import type { FolderFile } from "./table-folders.ts";

/** What a path of a request turned out to be. */
export type Found = FileRef | Expanded | ImportError;

/** A folder, an archive or a pattern, and the files that it stands for. */
export class Expanded {
  readonly from: string;
  readonly files: readonly FolderFile[];
  /** They are one table of this format, whatever they are called. */
  readonly format: string | undefined;

  /** @throws {ImportError} `request_invalid` for stores among other files */
  constructor(from: string, files: readonly FolderFile[]) {
    this.from = from;
    const paths = files.map(({ path }) => path);
    this.format = files[0]?.format ?? (zarrRoot(paths) !== undefined ? "zarr" : undefined);
    this.files = this.format ? files : files.filter(({ path }) => !isHiddenNote(path));
    const [store] = this.format ? [] : zarrFolders(paths);
    if (store === undefined) return;
    const reason = `the path stands for zarr stores beside other files: name each store by itself, such as ${excerpt(store)}`;
    throw new ImportError("request_invalid", reason, { file: from });
  }
}

function isHiddenNote(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name.startsWith(".") && isZarrNote(name);
}

/**
 * Finds what a path of a request means: a file, also in an archive (`ARCHIVE!MEMBER`); or, of a folder, an archive or a pattern,
 * all files there. What is missing is no error before all paths were looked for.
 * @throws {ImportError} as `Sources.find`, `expandPath`, `archiveMembers`, but for missing files
 */
export async function lookForPath(
  sources: Sources,
  path: string,
  bucket: string | undefined,
  toFormat: ToFormat,
): Promise<Found> {
  const found = await lookOutside(sources, path, bucket);
  const isFile = !(found instanceof Expanded) && !(found instanceof ImportError);
  const isOfFiles = isArchive(path) && !toFormat(path)?.isArchive;
  if (isFile) return isOfFiles ? new Expanded(path, await filesIn(sources, found, "")) : found;
  const member = isMissing(found) ? memberOfPath(path) : undefined;
  if (!member) return found;
  const archive = await lookOutside(sources, member.archive, bucket);
  if (archive instanceof Expanded) return found;
  return isMissing(archive) ? archive : await lookInside(sources, archive, member.inside, path);
}

/** A file of an archive, by its name; or several, by a folder of it or a pattern. */
async function lookInside(sources: Sources, archive: SourceRef, inside: string, path: string): Promise<Found> {
  const files = await filesIn(sources, archive, inside);
  const named = files.find((file) => file.path === `${archive.path}!/${inside}`);
  return named ? { ...named, path } : new Expanded(path, files);
}

async function filesIn(sources: Sources, archive: SourceRef, inside: string): Promise<readonly FileRef[]> {
  const matches = inside === "" || isPattern(inside) ? matcherOf(inside) : () => false;
  return await archiveMembers(sources, archive, (name) => name === inside || matches(name));
}

/** A path outside of archives. */
async function lookOutside(
  sources: Sources,
  path: string,
  bucket: string | undefined,
): Promise<SourceRef | Expanded | ImportError> {
  const expand = async (from: string) => new Expanded(path, await expandPath(sources, from, bucket));
  try {
    if (path.endsWith("/")) return await expand(path);
    return await sources.find(path, bucket).catch((error: unknown) => {
      if (isFolder(error)) return expand(`${path}/`);
      if (isMissing(error) && isPattern(path)) return expand(path);
      throw error;
    });
  } catch (error) {
    if (isMissing(error)) return error;
    throw error;
  }
}

/** Whether a path has no format of its own: it stands for the files of what it names. */
export function standsForFiles(path: string): boolean {
  return isPattern(path) || isArchive(path) || memberOfPath(path) !== undefined;
}

function isPattern(path: string): boolean {
  return path.endsWith("/") || /[*?[{]/.test(path);
}

/** Of what a path turned out to be. */
export function isMissing(error: unknown): error is ImportError {
  return error instanceof ImportError && error.code === "file_not_found";
}
