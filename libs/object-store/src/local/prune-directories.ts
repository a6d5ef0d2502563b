import { rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import { isSystemError } from "../storage-error.ts";

/** Removes a directory and its parents up to `root` as far as they are empty. A put that needs one again creates it. */
export async function pruneDirectories(root: string, directory: string): Promise<void> {
  for (let at = directory; at !== root; at = dirname(at)) {
    try {
      await rmdir(at);
    } catch (error) {
      if (isSystemError(error, "ENOENT")) continue;
      if (isSystemError(error, "ENOTEMPTY", "EEXIST", "ENOTDIR")) return;
      throw error;
    }
  }
}
