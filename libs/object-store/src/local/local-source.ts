import type { Dirent } from "node:fs";
import { lstat, opendir, realpath, stat } from "node:fs/promises";
import { basename, isAbsolute, join, resolve } from "node:path";
import { ImportError } from "@sluice/errors";
import {
  type FoundFile,
  folderOf,
  type ListedFile,
  type ListOptions,
  refuseFolder,
  refusePath,
  type Source,
  type SourceFile,
} from "../source.ts";
import { isSystemError, storageError } from "../storage-error.ts";
import { foundFile } from "./file-version.ts";
import { walkFolder } from "./list-files.ts";
import { LocalSourceFile } from "./local-source-file.ts";
import { candidatePaths, isInside, isInsideAny, OUTSIDE } from "./source-paths.ts";

/** Plain data, so that worker threads open the same folders. */
export interface LocalSourceOptions {
  /** Folders below which files may be read; none reads nothing. */
  readonly roots: readonly string[];
}

/** What a path names by a link, seen from a root. */
const LEADS_OUTSIDE = "leads by a link outside the folders that imports may read";

/**
 * Files of a machine below the folders that its operator opened for imports. Keys are real absolute paths. Messages name
 * paths as users gave them, and never the folders: who asks need not know how the machine is laid out.
 *
 * P1. Nothing outside the roots is read, whatever `..` or links say: a path is refused by its text, then by where its
 *     links lead; and what was opened is asked where it lies (`LocalSourceFile`), because links may change in between.
 * P2. Only regular files: no folders, pipes, devices.
 */
export class LocalSource implements Source {
  readonly allows = "files below the folders of --import-root";
  readonly where = "below the folders of --import-root";
  /** As given, absolute, and the real one of each. */
  readonly #roots: readonly string[];
  readonly #realRoots: readonly string[];

  private constructor(roots: readonly string[], realRoots: readonly string[]) {
    this.#roots = roots;
    this.#realRoots = realRoots;
  }

  /** Without roots every path is refused. @throws {ImportError} `object_store_refused` when a root is no folder */
  static async open({ roots }: LocalSourceOptions): Promise<LocalSource> {
    const absolute = roots.map((root) => resolve(root));
    return new LocalSource(absolute, await Promise.all(absolute.map(realFolder)));
  }

  claim(path: string): string | undefined {
    return isAbsolute(path) && isInsideAny(this.#allRoots, resolve(path)) ? path : undefined;
  }

  /** A file lies where it really is: a link within a folder may lead out of it. */
  covers(folder: string, path: string, key?: string): boolean {
    try {
      const folders = candidatePaths(folder || "./", this.#allRoots);
      const candidates = key === undefined ? candidatePaths(path || "./", this.#allRoots) : [key];
      return candidates.some((candidate) => isInsideAny(folders, candidate));
    } catch (error) {
      if (error instanceof ImportError) return false;
      throw error;
    }
  }

  async find(path: string): Promise<FoundFile | undefined> {
    for (const candidate of candidatePaths(path, this.#allRoots)) {
      const real = await realPath(candidate, path);
      if (real === undefined) continue;
      if (!isInsideAny(this.#realRoots, real)) throw refusePath(path, LEADS_OUTSIDE);
      return this.#info(real, path);
    }
    this.#checkInside(path);
    return undefined;
  }

  /** Of an absolute path that was not found: below the roots it is only missing. */
  #checkInside(path: string): void {
    if (isAbsolute(path) && !isInsideAny(this.#allRoots, resolve(path)))
      throw refusePath(path, `${OUTSIDE}, and not found below them`);
  }

  async open(file: FoundFile & { readonly path: string }): Promise<SourceFile> {
    if (!this.#isKey(file.key)) throw refusePath(file.path, OUTSIDE);
    return LocalSourceFile.open(file, (real) => isInsideAny(this.#realRoots, real));
  }

  /**
   * Of the folders that the prefix may mean the first that has such files. Links to files are files, as they are by their
   * names; links to folders below that of the prefix are not followed, since they may lead in circles.
   */
  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ListedFile> {
    for (const candidate of candidatePaths(folderOf(prefix) || "./", this.#allRoots)) {
      const folder = await realPath(candidate, prefix);
      if (folder === undefined) continue;
      if (!isInsideAny(this.#realRoots, folder)) throw refusePath(prefix, LEADS_OUTSIDE);
      let isEmpty = true;
      for await (const file of this.#listIn(folder, prefix, options)) {
        isEmpty = false;
        yield file;
      }
      if (!isEmpty) return;
    }
    this.#checkInside(prefix);
  }

  async *#listIn(folder: string, prefix: string, { deep, accepts }: ListOptions): AsyncGenerator<ListedFile> {
    const before = folderOf(prefix);
    const isWanted = (entry: Dirent) => entry.isFile() || entry.isSymbolicLink();
    try {
      for await (const below of walkFolder(folder, prefix.slice(before.length), isWanted, { deep })) {
        if (accepts && !accepts(below)) continue;
        const file = await this.#listed(join(folder, below), before + below);
        if (file) yield { ...file, below };
      }
    } catch (error) {
      throw storageError(error, `list files under "${prefix}"`);
    }
  }

  /** Undefined for a link to a folder. @throws {ImportError} for a link that leads nowhere, or outside */
  async #listed(path: string, given: string): Promise<FoundFile | undefined> {
    const real = await realPath(path, given);
    if (real === undefined) throw new ImportError("file_not_found", "the link leads to no file", { file: given });
    if (!isInsideAny(this.#realRoots, real)) throw refusePath(given, LEADS_OUTSIDE);
    if (real !== path && (await stat(real)).isDirectory()) return undefined;
    return this.#info(real, given);
  }

  async check(): Promise<void> {
    for (const root of this.#roots) await checkFolder(root);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  get #allRoots(): string[] {
    return [...new Set([...this.#roots, ...this.#realRoots])];
  }

  #isKey(key: string): boolean {
    const isNormal = isAbsolute(key) && !key.includes("\0") && resolve(key) === key;
    return isNormal && this.#realRoots.some((root) => isInside(root, key));
  }

  async #info(real: string, path: string): Promise<FoundFile> {
    try {
      const info = await lstat(real, { bigint: true });
      if (!info.isFile()) throw info.isDirectory() ? refuseFolder(path) : refusePath(path, "is no regular file"); // P2
      return foundFile(real, info);
    } catch (error) {
      throw storageError(error, `look up "${path}"`);
    }
  }
}

async function realPath(path: string, given: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (isSystemError(error, "ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG")) return undefined;
    throw storageError(error, `look up "${given}"`);
  }
}

/** Names it by the last part of its path: the answer may reach strangers. */
async function checkFolder(root: string): Promise<void> {
  try {
    await using folder = await opendir(root);
    await folder.read();
  } catch (error) {
    const reason = `the import root "${basename(root)}" cannot be read: ${whyUnreadable(error)}; bring it back, or start without it`;
    throw new ImportError("object_store_refused", reason, undefined, { cause: error });
  }
}

function whyUnreadable(error: unknown): string {
  if (isSystemError(error, "ENOENT")) return "it is gone";
  if (isSystemError(error, "ENOTDIR")) return "it is no folder";
  return isSystemError(error, "EACCES", "EPERM") ? "the process may not list it" : "the file system fails";
}

async function realFolder(root: string): Promise<string> {
  try {
    const real = await realpath(root);
    if ((await stat(real)).isDirectory()) return real;
  } catch (error) {
    if (!isSystemError(error, "ENOENT")) throw storageError(error, `open the import root ${root}`);
    const reason = `cannot open the import root ${root}: there is no such folder; make it, or name another one`;
    throw new ImportError("object_store_refused", reason, undefined, { cause: error });
  }
  throw new ImportError("object_store_refused", `cannot open the import root ${root}: it is no folder`);
}
