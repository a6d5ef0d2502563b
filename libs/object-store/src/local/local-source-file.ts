import type { BigIntStats } from "node:fs";
import { type FileHandle, lstat, readlink, realpath } from "node:fs/promises";
import { ImportError } from "@sluice/errors";
import type { ByteRange } from "../object-store.ts";
import { changedFile, type FoundFile, refusePath, type SourceFile } from "../source.ts";
import { isSystemError, storageError } from "../storage-error.ts";
import { fillFrom, readChunks } from "./file-reads.ts";
import { fileVersion } from "./file-version.ts";
import { openPatiently } from "./open-patiently.ts";
import { openRegularFile } from "./open-regular-file.ts";
import { OUTSIDE } from "./source-paths.ts";

type NamedFile = FoundFile & { readonly path: string };

/**
 * A file of a machine, opened once: every byte that is read comes from what was opened then, whatever its name leads to
 * later.
 *
 * P3. What was opened is compared with what was found when the import was requested: the same file, as long, last written at
 *     the same time; once more at the end (`check`), since a file can be written in place while it is read.
 */
export class LocalSourceFile implements SourceFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly version: string;
  readonly supports = { randomAccess: true };
  readonly #handle: FileHandle;

  private constructor({ path, sizeBytes, version }: NamedFile, handle: FileHandle) {
    this.path = path;
    this.sizeBytes = sizeBytes;
    this.version = version;
    this.#handle = handle;
  }

  /** Waits while too many files are open. @param isAllowed says of a real path whether it may be read */
  static async open(file: NamedFile, isAllowed: (real: string) => boolean): Promise<LocalSourceFile> {
    const handle = await openPatiently(() => openRegularFile(file.key)).catch((error: unknown) => {
      throw openError(error, file.path);
    });
    try {
      if (!isAllowed(await placeOf(handle, file.key))) throw refusePath(file.path, OUTSIDE); // P1
      const opened = new LocalSourceFile(file, handle);
      await opened.check();
      return opened;
    } catch (error) {
      await handle.close();
      throw openError(error, file.path);
    }
  }

  async readInto(position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    try {
      return await fillFrom(this.#handle, position, target, signal);
    } catch (error) {
      throw storageError(error, `read "${this.path}"`);
    }
  }

  async *read(range?: ByteRange, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      yield* readChunks(this.#handle, this.sizeBytes, range, signal);
    } catch (error) {
      throw storageError(error, `read "${this.path}"`);
    }
  }

  async check(): Promise<void> {
    const info = await this.#stat();
    const found = Number(info.size);
    if (found !== this.sizeBytes) throw changedFile(this.path, `expected ${this.sizeBytes} bytes, found ${found}`);
    if (fileVersion(info) !== this.version) throw changedFile(this.path, howItDiffers(info, this.version));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }

  async #stat(): Promise<BigIntStats> {
    try {
      return await this.#handle.stat({ bigint: true });
    } catch (error) {
      throw storageError(error, `look at "${this.path}"`);
    }
  }
}

const DELETED = " (deleted)";

function howItDiffers({ ino, mtime }: BigIntStats, version: string): string {
  if (!version.startsWith(`${ino}-`)) return "another file has its name";
  return `it was written again at ${mtime.toISOString()}`;
}

function openError(error: unknown, path: string): unknown {
  if (!isSystemError(error, "ENOENT", "ENOTDIR")) return storageError(error, `read "${path}"`);
  return new ImportError("file_not_found", "the file does not exist any more", { file: path }, { cause: error });
}

/**
 * Where the open file lies, as the system knows it: links that were changed around its opening cannot deceive this. Systems
 * without /proc are asked by its name, which then must still lead to the same file and by no link.
 */
async function placeOf(handle: FileHandle, key: string): Promise<string> {
  const linked = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => undefined);
  if (linked !== undefined) return linked.endsWith(DELETED) ? linked.slice(0, -DELETED.length) : linked;
  const opened = await handle.stat({ bigint: true });
  const named = await lstat(key, { bigint: true });
  const isSame = opened.ino === named.ino && opened.dev === named.dev && (await realpath(key)) === key;
  return isSame ? key : "";
}
