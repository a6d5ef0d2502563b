import { mkdir, open, rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import { isSystemError } from "../storage-error.ts";

/** Enough for the directories in use; forgetting one costs a sync. */
const maxKnown = 10_000;

/**
 * Creates and prunes the directories of a store, and syncs them: a renamed file survives a power cut only when its
 * directory was synced, and so did that directory's own name in its parent, up to the root.
 */
export class DurableDirectories {
  readonly #root: string;
  /** Directories below the root whose names are known to be on disk. */
  readonly #known = new Set<string>();
  /** Counts creations and removals: what a sync learned holds only when none came in between. */
  #changes = 0;

  constructor(root: string) {
    this.#root = root;
  }

  async create(directory: string): Promise<void> {
    const first = await mkdir(directory, { recursive: true });
    if (first === undefined) return;
    this.#changes++;
    for (let at = directory; at.length >= first.length; at = dirname(at)) this.#known.delete(at);
  }

  /** Syncs a directory in which a name was set, and the names on the way to it that are not known to be on disk. */
  async sync(directory: string): Promise<void> {
    const unknown: string[] = [];
    const changes = this.#changes;
    for (let at = directory; at !== this.#root && !this.#known.has(at); at = dirname(at)) unknown.push(at);
    await syncDirectory(directory);
    for (const at of unknown) await syncDirectory(dirname(at));
    if (changes !== this.#changes) return;
    if (this.#known.size > maxKnown) this.#known.clear();
    for (const at of unknown) this.#known.add(at);
  }

  /** Removes a directory and its parents as far as they are empty. A put that creates one again at this moment retries. */
  async prune(directory: string): Promise<void> {
    for (let at = directory; at !== this.#root; at = dirname(at)) {
      this.#known.delete(at);
      this.#changes++;
      try {
        await rmdir(at);
      } catch (error) {
        if (isSystemError(error, "ENOENT")) continue;
        if (isSystemError(error, "ENOTEMPTY", "EEXIST", "ENOTDIR")) return;
        throw error;
      }
    }
  }
}

async function syncDirectory(path: string): Promise<void> {
  try {
    await using handle = await open(path, "r");
    await handle.sync();
  } catch (error) {
    // Pruned in the meantime: then the object was deleted too, and there is no name to keep.
    if (!isSystemError(error, "ENOENT")) throw error;
  }
}
