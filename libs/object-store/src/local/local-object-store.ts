import { constants, fstatSync, mkdirSync, renameSync } from "node:fs";
import { copyFile, link, mkdir, open, realpath, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { forEachConcurrent } from "@sluice/async";
import { ImportError } from "@sluice/errors";
import { checkKey } from "../object-key.ts";
import type { ByteRange, ObjectInfo, ObjectStore } from "../object-store.ts";
import { isSystemError, storageError } from "../storage-error.ts";
import { type WrittenFile, writeBuffered } from "./buffered-writer.ts";
import { DirectWriter } from "./direct-writer.ts";
import { FileHandles } from "./file-handles.ts";
import { readFileChunks, readFileInto } from "./file-reads.ts";
import { fileInfo, listFiles } from "./list-files.ts";
import { openPatiently } from "./open-patiently.ts";
import { openRegularFile } from "./open-regular-file.ts";
import { pruneDirectories } from "./prune-directories.ts";
import { QuickCalls } from "./quick-calls.ts";
import { removeIfPresent, TemporaryFiles } from "./temporary-files.ts";

/** Plain data, so that worker threads open the same folder. */
export interface LocalObjectStoreOptions {
  /** Folder of the store, created when absent. Nothing else may write into it. */
  readonly root: string;
  /** False leaves syncing to the system: faster, and a power cut may lose acknowledged objects. Default true. */
  readonly durable?: boolean;
}

/** Folder of unfinished files below the root; no key may begin with it. */
const temporaryFolder = ".tmp";
/** Objects from this size on are written past the page cache. */
const DIRECT_BYTES = 1 << 20;
/** A put loses to as many prunings of its directory before it gives up; each needs a delete at the same moment. */
const maxRenameAttempts = 100;
/** Folders that are remembered, at most. */
const MAX_FOLDERS = 1024;

/**
 * Objects as files of a directory; several processes of one machine may share it.
 *
 * L1. An object appears whole: its file is written elsewhere on the same file system, then renamed.
 * L2. It is durable when `put` resolves: the file is synced under its final name. On journaling file systems (ext4, XFS,
 *     btrfs) that one sync also makes the rename and the new folders above it durable, since they are older parts of the
 *     same journal. A power cut before it may leave a part under the name: nobody was told of that object, and garbage
 *     collection removes it. Syncing data first and each folder afterwards would cost up to five syncs an object.
 * L3. Folders come and go with their objects: a delete prunes what it emptied, a put that meets this creates them again.
 */
export class LocalObjectStore implements ObjectStore {
  readonly #root: string;
  readonly #durable: boolean;
  readonly #temporary: TemporaryFiles;
  readonly #files: FileHandles;
  readonly #direct = new DirectWriter();
  readonly #quick = new QuickCalls();
  /** Where objects have been put. */
  readonly #folders = new Set<string>();

  private constructor(root: string, durable: boolean, temporary: TemporaryFiles) {
    this.#root = root;
    this.#durable = durable;
    this.#temporary = temporary;
    this.#files = new FileHandles((key) => openPatiently(() => openRegularFile(this.#path(key))));
  }

  /** Opens the folder and removes unfinished files of processes that are gone. */
  static async open({ root, durable = true }: LocalObjectStoreOptions): Promise<LocalObjectStore> {
    try {
      await mkdir(root, { recursive: true });
      const real = await realpath(root);
      return new LocalObjectStore(real, durable, await TemporaryFiles.open(join(real, temporaryFolder)));
    } catch (error) {
      throw storageError(error, `open the object store in ${root}`);
    }
  }

  async stat(key: string): Promise<ObjectInfo | undefined> {
    const path = this.#path(key);
    try {
      return await fileInfo(path, key);
    } catch (error) {
      throw storageError(error, `look up object "${key}"`);
    }
  }

  async readInto(key: string, position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    this.#path(key);
    return readFileInto(this.#files, key, position, target, signal);
  }

  async *read(key: string, range?: ByteRange, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    this.#path(key);
    yield* readFileChunks(this.#files, key, range, signal);
  }

  async put(
    key: string,
    pieces: readonly Uint8Array[],
    signal?: AbortSignal,
    mayAppear?: () => Promise<void>,
  ): Promise<ObjectInfo> {
    const path = this.#path(key);
    signal?.throwIfAborted();
    const temporary = this.#temporary.nextPath();
    const sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    try {
      const isSmall = sizeBytes < DIRECT_BYTES;
      const direct = isSmall ? undefined : await this.#direct.write(temporary, pieces, signal);
      const quick = isSmall ? this.#quick : undefined;
      await using handle: WrittenFile = direct ?? (await writeBuffered(temporary, pieces, quick, signal));
      await mayAppear?.();
      await this.#rename(temporary, path);
      this.#files.forget(key);
      if (this.#durable) await handle.sync();
      // Of an open file the system has it in memory: a turn of the thread pool would cost ten times the call.
      return { key, sizeBytes, modifiedMs: Math.trunc(fstatSync(handle.fd).mtimeMs) };
    } catch (error) {
      await removeIfPresent(temporary).catch(() => {}); // The next start removes it; the first error is the one to report.
      throw storageError(error, `write object "${key}"`);
    }
  }

  /** A second name of the same file, where the file system has such; else a copy, which shares blocks where it can. */
  async copy(from: string, to: string, signal?: AbortSignal, mayAppear?: () => Promise<void>): Promise<void> {
    const [source, path] = [this.#path(from), this.#path(to)];
    signal?.throwIfAborted();
    try {
      await mayAppear?.();
      // One call, where the folder is there and the name is free; whatever is in the way, the long way knows better.
      if (!(await isDone(link(source, path)))) await this.#copyAside(from, source, path, mayAppear);
      this.#files.forget(to);
      await using handle = await openPatiently(() => open(path, "r"), signal);
      if (this.#durable) await handle.sync();
    } catch (error) {
      throw storageError(error, `copy object "${from}" to "${to}"`);
    }
  }

  /** Makes the file elsewhere, and renames it. */
  async #copyAside(from: string, source: string, path: string, mayAppear?: () => Promise<void>): Promise<void> {
    const temporary = this.#temporary.nextPath();
    try {
      if ((await fileInfo(source, from)) === undefined)
        throw new ImportError("file_not_found", `object "${from}" does not exist`, { file: from });
      await link(source, temporary).catch(() => copyFile(source, temporary, constants.COPYFILE_FICLONE));
      await mayAppear?.();
      await this.#rename(temporary, path);
    } finally {
      // Two names of one file are not renamed into each other: the first one stays.
      await removeIfPresent(temporary).catch(() => {});
    }
  }

  async *list(prefix: string): AsyncGenerator<ObjectInfo> {
    try {
      yield* listFiles(this.#root, prefix, [temporaryFolder]);
    } catch (error) {
      throw storageError(error, `list objects under "${prefix}"`);
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    const paths = keys.map((key) => this.#path(key));
    await forEachConcurrent(keys.keys(), 8, (index) => this.#deleteOne(keys[index], paths[index]));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#files[Symbol.asyncDispose]();
  }

  /** A checked key never leads outside the root: it has no `..` and the store creates no links. */
  #path(key: string): string {
    checkKey(key);
    if (key === temporaryFolder || key.startsWith(`${temporaryFolder}/`)) {
      throw new ImportError("internal", `invalid object key "${key}": "${temporaryFolder}" holds unfinished objects`);
    }
    return join(this.#root, key);
  }

  async #rename(temporary: string, path: string): Promise<void> {
    const folder = dirname(path);
    for (let attempt = 1; ; attempt++) {
      try {
        // Of a folder that is known, most objects have neighbours already: a delete may have pruned it (L3).
        await this.#moveInto(folder, temporary, path, attempt === 1 && this.#folders.has(folder));
        this.#remember(folder);
        return;
      } catch (error) {
        // L3. Of a folder that has gone while it is made, Node 24.21 says that it is none.
        if (!isSystemError(error, "ENOENT", "ENOTDIR") || attempt > maxRenameAttempts) throw error;
      }
    }
  }

  async #moveInto(folder: string, temporary: string, path: string, isThere: boolean): Promise<void> {
    if (this.#quick.areQuick)
      return this.#quick.run(() => {
        if (!isThere) mkdirSync(folder, { recursive: true });
        renameSync(temporary, path);
      });
    if (!isThere) await mkdir(folder, { recursive: true });
    await rename(temporary, path);
  }

  #remember(folder: string): void {
    if (this.#folders.size >= MAX_FOLDERS) this.#folders.clear();
    this.#folders.add(folder);
  }

  async #deleteOne(key: string, path: string): Promise<void> {
    try {
      if ((await fileInfo(path, key)) === undefined) return; // Missing, or a folder, which is no object.
      await removeIfPresent(path);
      this.#files.forget(key);
      await pruneDirectories(this.#root, dirname(path));
    } catch (error) {
      throw storageError(error, `delete object "${key}"`);
    }
  }
}

function isDone(call: Promise<void>): Promise<boolean> {
  return call.then(
    () => true,
    () => false,
  );
}
