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
  const start = prefix.lastIndexOf("/") + 1;
  yield* walk(folder, prefix.slice(0, start), prefix.slice(start), start === 0 ? skip : []);
}

/** @param base key of the directory with a trailing slash, or "" */
async function* walk(
  folder: string,
  base: string,
  namePrefix: string,
  skip: readonly string[],
): AsyncGenerator<ObjectInfo> {
  for (const name of await sortedNames(join(folder, base), namePrefix, skip)) {
    const key = base + name;
    if (name.endsWith("/")) {
      yield* walk(folder, key, "", []);
      continue;
    }
    const info = await fileInfo(join(folder, key), key);
    if (info) yield info;
  }
}

/** Names of files and, with a slash at the end, of directories: so their order is that of the keys below them. */
async function sortedNames(directory: string, namePrefix: string, skip: readonly string[]): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(ignoreMissing);
  return entries
    .filter((entry) => entry.name.startsWith(namePrefix) && !skip.includes(entry.name))
    .filter((entry) => entry.isFile() || entry.isDirectory())
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
