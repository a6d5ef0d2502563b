/** A value and how it is kept. */
export interface Keeping<T> {
  readonly read: () => Promise<T>;
  /** Bytes that the value counts for, at least one. */
  readonly size: (value: T) => number;
  /** Gives back what the value lies in, as soon as it has gone and nobody holds it. Without: the collector does. */
  readonly free?: (value: T) => void;
}

/** A value that stays as it is until all who hold it have let go of it. */
export interface Hold<T> extends Disposable {
  readonly value: T;
  /** For one more holder. */
  again(): Hold<T>;
}

interface Entry {
  readonly value: Promise<unknown>;
  /** 0 while it is read. */
  sizeBytes: number;
  /** Of a value that has been read. */
  free: (() => void) | undefined;
  holders: number;
  isGone: boolean;
}

/** What several wait for, of whom each looks for himself whether it is what he needs. */
export class Bell {
  #waiting: (() => void)[] = [];

  ring(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Resolves when it is rung the next time. */
  rung(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/**
 * Values that were read, kept until their budget is passed: the least recently used goes first. Who asks for the same one while it
 * is read shares the read, so none of them can end it for the others.
 */
export class KeptValues {
  readonly #budgetBytes: number;
  readonly #entries = new Map<string, Entry>();
  #usedBytes = 0;
  /** Rung when somebody has let go of a value. */
  readonly released = new Bell();

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** A value that the collector frees. @throws as its read does */
  get<T>(key: string, read: () => Promise<T>, size: (value: T) => number): Promise<T> {
    return this.#entry(key, { read, size }).value as Promise<T>;
  }

  /** @throws as its read does */
  async hold<T>(key: string, keeping: Keeping<T>): Promise<Hold<T>> {
    const entry = this.#entry(key, keeping);
    entry.holders++;
    try {
      return this.#held(entry, (await entry.value) as T);
    } catch (error) {
      this.#release(entry);
      throw error;
    }
  }

  #held<T>(entry: Entry, value: T): Hold<T> {
    let isHeld = true;
    return {
      value,
      again: () => {
        entry.holders++;
        return this.#held(entry, value);
      },
      [Symbol.dispose]: () => {
        if (isHeld) this.#release(entry);
        isHeld = false;
      },
    };
  }

  #release(entry: Entry): void {
    entry.holders--;
    if (entry.isGone && entry.holders === 0) entry.free?.();
    this.released.ring();
  }

  /** Lets the least recently used value go whose memory that gives back; false when there is none. */
  dropIdle(): boolean {
    for (const [key, entry] of this.#entries) {
      if (!entry.free || entry.holders > 0) continue;
      this.#drop(key, entry);
      return true;
    }
    return false;
  }

  #entry<T>(key: string, { read, size, free }: Keeping<T>): Entry {
    const known = this.#entries.get(key);
    if (known) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known;
    }
    const value = read();
    const entry: Entry = { value, sizeBytes: 0, free: undefined, holders: 0, isGone: false };
    this.#entries.set(key, entry);
    value.then(
      (found) => {
        if (free) entry.free = () => free(found);
        this.#account(entry, size(found));
      },
      () => this.#entries.delete(key),
    );
    return entry;
  }

  #account(entry: Entry, sizeBytes: number): void {
    entry.sizeBytes = sizeBytes;
    this.#usedBytes += sizeBytes;
    for (const [oldest, one] of this.#entries) {
      if (this.#usedBytes <= this.#budgetBytes) return;
      // What is still being read has no size yet and is not let go.
      if (one.sizeBytes > 0) this.#drop(oldest, one);
    }
  }

  #drop(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#usedBytes -= entry.sizeBytes;
    entry.isGone = true;
    if (entry.holders === 0) entry.free?.();
  }
}
