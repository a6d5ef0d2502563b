import { excerptOfList, ImportError } from "@sluice/errors";
import type { ByteRange } from "./object-store.ts";

/** A file as a source found it: plain data without secrets, which stands in records and tasks. */
export interface FoundFile {
  /** What its source calls it. */
  readonly key: string;
  readonly sizeBytes: number;
  /** Tells this content from any other that the key has held: an ETag, or inode and time. `""` where storage has none. */
  readonly version: string;
}

/** A found file among several sources. */
export interface SourceRef extends FoundFile {
  /** The path as the user gave it: it stands in messages. */
  readonly path: string;
  /** Name of the source that has it. */
  readonly source: string;
}

/**
 * One file that is read as a source of an import, at the version that was found: reads of another one fail, or else `check`
 * does after them. Disposing closes it.
 */
export interface SourceFile extends AsyncDisposable {
  /** The path as the user gave it. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly version: string;
  /** `randomAccess`: reads may begin anywhere. Without it, as of what is decompressed on the way, each goes on where the last ended. */
  readonly supports: { readonly randomAccess: boolean };
  /**
   * Fills `target` from `position` on and resolves to the bytes read, which are fewer than `target` holds only at the end of
   * the file. No allocation, any memory, several at once.
   * @throws {ImportError} `malformed_file` when the file has changed since it was found; `file_not_found`;
   *   `object_store_unavailable` or `object_store_refused` when storage failed, never a short read
   */
  readInto(position: number, target: Uint8Array, signal?: AbortSignal): Promise<number>;
  /** Bytes of `range` (default: all), in chunks of the source's choosing. @throws as `readInto` */
  read(range?: ByteRange, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /**
   * Asks whether what was read until now is the file that was found; one that is gone is no other. Opening asks it too.
   * @throws as `readInto`
   */
  check(signal?: AbortSignal): Promise<void>;
}

/** One place that users' files are read from: a bucket or a folder of one, folders of a machine. It has nothing to write with. */
export interface Source extends AsyncDisposable {
  /** Paths that are read here, for messages: `keys of the bucket "books"`. */
  readonly allows: string;
  /** Where a file was looked for, for messages: `in the bucket "books"`. It tells strangers nothing of the machine. */
  readonly where: string;
  /** The path inside of this source when `path` names this source and no other, such as a URL of its bucket. */
  claim(path: string): string | undefined;
  /** The bucket that it lies in, where there are such. */
  readonly bucket?: string;
  /** The path inside of this source of a key of its bucket; undefined where the source is a folder that has not the key. */
  ofBucket?(key: string): string | undefined;
  /**
   * Whether a path, and the file that it was found to be, lies in a folder of this source or is it; by the texts of both where
   * this is absent. Both as `find` takes them.
   */
  covers?(folder: string, path: string, key?: string): boolean;
  /**
   * The file that a path means here; undefined when there is none.
   * @throws {ImportError} `path_refused` for what may not be read, by `refusePath`; others as `ObjectReads.stat`
   */
  find(path: string): Promise<FoundFile | undefined>;
  /** @throws {ImportError} as `find`, and as `SourceFile.readInto` where opening tells it already */
  open(file: FoundFile & { readonly path: string }): Promise<SourceFile>;
  /**
   * Files whose path starts with `prefix`, in the byte order of their keys; folders are none. What storage keeps for itself is
   * left out.
   * @throws {ImportError} `path_refused`, by `refusePath`; others as `ObjectReads.list`
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<ListedFile>;
  /**
   * Tells whether files can be found and read here now; absent where nothing can be told. It names no folder of the machine.
   * @throws {ImportError} why not, with what is to be done
   */
  check?(signal?: AbortSignal): Promise<void>;
}

/** A file as a listing shows it. */
export interface ListedFile extends FoundFile {
  /** Its path from the folder of the prefix on, which is what stands before the prefix's last `/`. */
  readonly below: string;
}

/** Which files of a listing are wanted, so that others need not be gone through. */
export interface ListOptions {
  /** Whether folders below that of the prefix are looked into; true unless given. */
  readonly deep?: boolean;
  /** Which files are wanted, by `below`; all unless given. It may throw, which ends the listing. */
  readonly accepts?: (below: string) => boolean;
}

/** A path, or the beginning of one, up to and with its last `/`. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** A path that may not be read; `Sources` adds what may. @param why ends the sentence `the path …` */
export function refusePath(path: string, why: string): ImportError {
  return new ImportError("path_refused", `the path ${why}`, { file: path });
}

/** A path that is no file because it is a folder: `isFolder` tells. */
export function refuseFolder(path: string): ImportError {
  return new FolderRefused("path_refused", "the path is a folder, no file", { file: path });
}

class FolderRefused extends ImportError {}

/** Whether what finding a path threw says that it is a folder, whose files could be listed. */
export function isFolder(error: unknown): boolean {
  return error instanceof FolderRefused;
}

/** A path outside of what somebody may read of a source. It tells nothing of what is there. */
export class ConfinedRefused extends ImportError {
  constructor(path: string, allowed: readonly string[]) {
    const reason = `the path lies outside of what the caller's roles may import from: ${excerptOfList(allowed) || "nothing"}`;
    super("path_denied", reason, { file: path });
  }
}

/** What a file is that is no longer the one that was found. @param how what differs, for messages */
export function changedFile(path: string, how: string): ImportError {
  const reason = `the file has changed since its import was requested: ${how}`;
  return new ImportError("malformed_file", reason, { file: path });
}
