import type { FileHandle } from "node:fs/promises";

/** A file that stays open, and the same file, until it is disposed. */
export interface OpenFile extends Disposable {
  readonly handle: FileHandle;
}

interface Entry {
  readonly handle: Promise<FileHandle>;
  users: number;
  /** Out of the cache: closed when its last user leaves. */
  stale: boolean;
  lastUsedMs: number;
}

/**
 * The last few files that were read, kept open, because a reader comes back for its next chunk and an open costs more than
 * a read. A file that nobody reads is closed after `idleMs`, so that a deleted one gives its space back.
 */
export class FileHandles implements AsyncDisposable {
  readonly #open: (key: string) => Promise<FileHandle>;
  readonly #capacity: number;
  readonly #idleMs: number;
  /** In order of use, the oldest first. */
  readonly #entries = new Map<string, Entry>();
  readonly #closing = new Set<Promise<void>>();
  #sweep: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(open: (key: string) => Promise<FileHandle>, { capacity = 64, idleMs = 5_000 } = {}) {
    this.#open = open;
    this.#capacity = capacity;
    this.#idleMs = idleMs;
  }

  /** Opens, or finds open. */
  async open(key: string): Promise<OpenFile> {
    const entry = this.#acquire(key);
    try {
      return { handle: await entry.handle, [Symbol.dispose]: () => this.#release(entry) };
    } catch (error) {
      this.#release(entry);
      throw error;
    }
  }

  /** Forgets a file that was replaced or removed; reads under way go on with what they opened. */
  forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry) this.#evict(key, entry);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#sweep);
    for (const [key, entry] of this.#entries) this.#evict(key, entry);
    await Promise.all(this.#closing);
  }

  #acquire(key: string): Entry {
    if (this.#closed) throw new Error("the object store is closed");
    let entry = this.#entries.get(key);
    if (entry) this.#entries.delete(key);
    else entry = this.#newEntry(key);
    this.#entries.set(key, entry); // Last in order of use.
    entry.users++;
    return entry;
  }

  #newEntry(key: string): Entry {
    const entry: Entry = { handle: this.#open(key), users: 0, stale: false, lastUsedMs: 0 };
    // A failed open is not kept: the next reader tries again.
    entry.handle.catch(() => {
      if (this.#entries.get(key) === entry) this.#evict(key, entry);
    });
    return entry;
  }

  #release(entry: Entry): void {
    entry.users--;
    entry.lastUsedMs = performance.now();
    if (entry.stale) {
      if (entry.users === 0) this.#close(entry);
      return;
    }
    if (this.#entries.size > this.#capacity) this.#evictOldest();
    this.#sweep ??= setTimeout(() => this.#closeIdle(), this.#idleMs).unref();
  }

  #evictOldest(): void {
    for (const [key, entry] of this.#entries) {
      if (entry.users > 0) continue;
      this.#evict(key, entry);
      return;
    }
  }

  #closeIdle(): void {
    this.#sweep = undefined;
    const limit = performance.now() - this.#idleMs;
    for (const [key, entry] of this.#entries) {
      if (entry.users === 0 && entry.lastUsedMs <= limit) this.#evict(key, entry);
    }
    if (this.#entries.size > 0) this.#sweep = setTimeout(() => this.#closeIdle(), this.#idleMs).unref();
  }

  #evict(key: string, entry: Entry): void {
    this.#entries.delete(key);
    entry.stale = true;
    if (entry.users === 0) this.#close(entry);
  }

  #close(entry: Entry): void {
    const closing: Promise<void> = entry.handle
      .then((handle) => handle.close())
      .catch(() => {}) // It never opened, or was only read: nothing is lost.
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
