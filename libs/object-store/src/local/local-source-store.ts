import type { FileHandle } from "node:fs/promises";
import { realpath, stat } from "node:fs/promises";
import { isAbsolute, resolve } from "node:path";
import { ImportError } from "@sluice/errors";
import type { ByteRange, ObjectInfo } from "../object-store.ts";
import type { SourceStore } from "../source-store.ts";
import { isSystemError, storageError } from "../storage-error.ts";
import { FileHandles } from "./file-handles.ts";
import { readFileChunks, readFileInto } from "./file-reads.ts";
import { fileInfo, listFiles } from "./list-files.ts";
import { openRegularFile } from "./open-regular-file.ts";
import { candidatePaths, isInside, refused } from "./source-paths.ts";

/**
 * Files of a machine below the folders that its operator opened for imports. Keys are real absolute paths.
 *
 * P1. Nothing outside the roots is read, whatever `..` or links say: a path is refused by its text, then by where its
 *     links lead, and an open file is checked once more, because links may change after they were followed.
 * P2. Only regular files: no folders, pipes, devices.
 */
export class LocalSourceStore implements SourceStore {
  /** As given, absolute, and the real one of each. */
  readonly #roots: readonly string[];
  readonly #realRoots: readonly string[];
  readonly #files: FileHandles;

  private constructor(roots: readonly string[], realRoots: readonly string[]) {
    this.#roots = roots;
    this.#realRoots = realRoots;
    this.#files = new FileHandles((key) => this.#open(key));
  }

  /** Without roots every path is refused. @throws {ImportError} `object_store_unavailable` when a root is no folder */
  static async open({ roots }: { readonly roots: readonly string[] }): Promise<LocalSourceStore> {
    const absolute = roots.map((root) => resolve(root));
    return new LocalSourceStore(absolute, await Promise.all(absolute.map(realFolder)));
  }

  async resolve(path: string): Promise<ObjectInfo> {
    const roots = [...new Set([...this.#roots, ...this.#realRoots])];
    for (const candidate of candidatePaths(path, roots)) {
      const real = await this.#realPath(candidate);
      if (real === undefined) continue;
      if (!this.#isOpen(real))
        throw refused(path, "leads by a link outside the folders that imports may read", this.#roots);
      return this.#fileInfo(real, path);
    }
    if (isAbsolute(path) && !roots.some((root) => isInside(root, resolve(path)))) {
      throw refused(path, "is outside the folders that imports may read, and not found below them", this.#roots);
    }
    throw new ImportError("file_not_found", `the file does not exist below ${this.#roots.join(", ")}`, { file: path });
  }

  async stat(key: string): Promise<ObjectInfo | undefined> {
    this.#checkKey(key);
    try {
      if ((await realpath(key)) !== key) return undefined;
      return await fileInfo(key, key);
    } catch (error) {
      if (isSystemError(error, "ENOENT", "ENOTDIR")) return undefined;
      throw storageError(error, `look up "${key}"`);
    }
  }

  async readInto(key: string, position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    this.#checkKey(key);
    return readFileInto(this.#files, key, position, target, signal);
  }

  async *read(key: string, range?: ByteRange, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    this.#checkKey(key);
    yield* readFileChunks(this.#files, key, range, signal);
  }

  /** Files of the folder `prefix`, an absolute path, or whose path starts with it. Links are not followed. */
  async *list(prefix: string): AsyncGenerator<ObjectInfo> {
    this.#checkKey(prefix);
    const folder = prefix.slice(0, prefix.lastIndexOf("/"));
    try {
      if (folder !== "" && (await this.#realPath(folder)) !== folder) return;
      for await (const info of listFiles("/", prefix.slice(1))) yield { ...info, key: `/${info.key}` };
    } catch (error) {
      throw storageError(error, `list files under "${prefix}"`);
    }
  }

  async put(key: string): Promise<ObjectInfo> {
    throw new ImportError("unsupported", "sources of imports are only read, never written", { file: key });
  }

  async delete(keys: readonly string[]): Promise<void> {
    throw new ImportError("unsupported", "sources of imports are only read, never deleted", { file: keys[0] });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#files[Symbol.asyncDispose]();
  }

  #isOpen(real: string): boolean {
    return this.#realRoots.some((root) => isInside(root, real));
  }

  #checkKey(key: string): void {
    const normal = isAbsolute(key) && !key.includes("\0") && resolve(key) === key.replace(/(?<=.)\/$/, "");
    if (!normal || !this.#realRoots.some((root) => isInside(root, key))) {
      throw refused(key, "is outside the folders that imports may read", this.#roots);
    }
  }

  async #realPath(path: string): Promise<string | undefined> {
    try {
      return await realpath(path);
    } catch (error) {
      if (isSystemError(error, "ENOENT", "ENOTDIR")) return undefined;
      if (isSystemError(error, "ELOOP", "ENAMETOOLONG")) return undefined;
      throw storageError(error, `look up "${path}"`);
    }
  }

  async #fileInfo(real: string, path: string): Promise<ObjectInfo> {
    try {
      const info = await fileInfo(real, real);
      if (!info) throw refused(path, "is no regular file", this.#roots); // P2
      this.#files.forget(real); // A new request may mean a new file of this name.
      return info;
    } catch (error) {
      throw storageError(error, `look up "${path}"`);
    }
  }

  /** P1: what was opened is what the key says only when no link is on the way now. */
  async #open(key: string): Promise<FileHandle> {
    const handle = await openRegularFile(key);
    try {
      if ((await realpath(key)) === key) return handle;
      throw refused(key, "leads by a link outside the folders that imports may read", this.#roots);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
}

async function realFolder(root: string): Promise<string> {
  try {
    const real = await realpath(root);
    if ((await stat(real)).isDirectory()) return real;
  } catch (error) {
    throw storageError(error, `open the import root ${root}`);
  }
  throw new ImportError("object_store_unavailable", `cannot open the import root ${root}: it is no folder`);
}
