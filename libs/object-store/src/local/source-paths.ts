import { isAbsolute, resolve, sep } from "node:path";
import { ImportError } from "@sluice/errors";

/** Whether `path` is `folder` or lies below it; both absolute and normalized. */
export function isInside(folder: string, path: string): boolean {
  if (path === folder) return true;
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/**
 * The absolute paths that a user's path may mean, best first, all inside `roots` by their text: what lies outside is not
 * even looked at, so the answer tells nothing about it. A relative path is tried below each root; so is one with a leading
 * slash after it was tried as absolute, because clients of object storage write `/a/1.json` for the key `a/1.json`.
 * @throws {ImportError} `path_refused`
 */
export function candidatePaths(path: string, roots: readonly string[]): string[] {
  if (path === "" || path.includes("\0")) throw refused(path, "is not a file path", roots);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) throw refused(path, "is a URL; give a path", roots);
  const candidates = isAbsolute(path) ? [resolve(path)] : [];
  const relative = path.replace(/^\/+/, "");
  for (const root of roots) candidates.push(resolve(root, relative));
  const inside = candidates.filter((candidate) => roots.some((root) => isInside(root, candidate)));
  if (inside.length === 0) throw refused(path, "is outside the folders that imports may read", roots);
  return [...new Set(inside)];
}

export function refused(path: string, why: string, roots: readonly string[]): ImportError {
  const open = roots.length > 0 ? roots.join(", ") : "none";
  const hint = `allowed: ${open}; the setting --import-root adds a folder`;
  return new ImportError("path_refused", `the path ${why} (${hint})`, { file: path });
}
