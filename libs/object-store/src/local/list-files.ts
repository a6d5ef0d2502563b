import type { Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { compareKeys } from "../object-key.ts";
import type { ObjectInfo } from "../object-store.ts";
import { isSystemError } from "../storage-error.ts";

/**
 * Files below `folder` whose key starts with `prefix`, in byte order of key, reading one directory at a time and only
 * those that can hold such keys. A key is the path below `folder` with `/` between its parts. Symbolic links are left out.
 * @param skip names of top-level entries to leave out
 */
export async function* listFiles(
  folder: string,
  prefix: string,
  skip: readonly string[] = [],
): AsyncGenerator<ObjectInfo> {
  for await (const key of walkFolder(folder, prefix, (entry) => entry.isFile(), { skip })) {
    const info = await fileInfo(join(folder, key), key);
    if (info) yield info;
  }
}

interface WalkOptions {
  /** Whether folders below that of the prefix are looked into; default true. */
  readonly deep?: boolean;
  /** Names of top-level entries to leave out. */
  readonly skip?: readonly string[];
}

/**
 * Keys of what lies below `folder`, in byte order; folders are walked and not among them.
 * @param isWanted which entries that are no folders are; a folder's own name is not asked for
 */
export async function* walkFolder(
  folder: string,
  prefix: string,
  isWanted: (entry: Dirent) => boolean,
  { deep = true, skip = [] }: WalkOptions = {},
): AsyncGenerator<string> {
  const base = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  const namePrefix = prefix.slice(base.length);
  for (const name of await sortedNames(join(folder, base), namePrefix, isWanted)) {
    if (base === "" && skip.includes(name.replace(/\/$/, ""))) continue;
    if (!name.endsWith("/")) yield base + name;
    else if (deep) yield* walkFolder(folder, base + name, isWanted);
  }
}

/** Names of files and, with a slash at the end, of directories: so their order is that of the keys below them. */
async function sortedNames(
  directory: string,
  namePrefix: string,
  isWanted: (entry: Dirent) => boolean,
): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(ignoreMissing);
  return entries
    .filter((entry) => entry.name.startsWith(namePrefix) && (entry.isDirectory() || isWanted(entry)))
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .sort(compareKeys);
}

function ignoreMissing(error: unknown): Dirent[] {
  if (isSystemError(error, "ENOENT", "ENOTDIR")) return [];
  throw error;
}

/** Undefined for what is not there or no regular file. */
export async function fileInfo(path: string, key: string): Promise<ObjectInfo | undefined> {
  try {
    const info = await lstat(path);
    return info.isFile() ? { key, sizeBytes: info.size, modifiedMs: Math.trunc(info.mtimeMs) } : undefined;
  } catch (error) {
    if (isSystemError(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}
