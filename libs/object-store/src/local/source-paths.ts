import { isAbsolute, resolve, sep } from "node:path";
import { refusePath } from "../source.ts";

/** Ends the sentence `the path …`. */
export const OUTSIDE = "is outside the folders that imports may read";

/** Whether `path` is `folder` or lies below it; both absolute and normalized. */
export function isInside(folder: string, path: string): boolean {
  if (path === folder) return true;
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** The same of one of several folders. */
export function isInsideAny(folders: readonly string[], path: string): boolean {
  return folders.some((folder) => isInside(folder, path));
}

/**
 * The absolute paths that a user's path may mean, best first, all inside `roots` by their text: what lies outside is not
 * even looked at, so the answer tells nothing about it. A relative path is tried below each root; so is one with a leading
 * slash after it was tried as absolute, because clients of object storage write `/a/1.json` for the key `a/1.json`.
 * @throws {ImportError} `path_refused`
 */
export function candidatePaths(path: string, roots: readonly string[]): string[] {
  if (path === "" || path.includes("\0")) throw refusePath(path, "is not a file path");
  const candidates = isAbsolute(path) ? [resolve(path)] : [];
  const relative = path.replace(/^\/+/, "");
  for (const root of roots) candidates.push(resolve(root, relative));
  const inside = candidates.filter((candidate) => isInsideAny(roots, candidate));
  if (inside.length === 0) throw refusePath(path, OUTSIDE);
  return [...new Set(inside)];
}
