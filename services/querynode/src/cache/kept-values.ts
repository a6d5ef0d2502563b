import { Bell } from "./bell.ts";
import { type Entry, Pool } from "./pool.ts";

/** A value and how it is kept. */
export interface Keeping<T> {
  readonly read: () => Promise<T>;
  /** Bytes that the value counts for, at least one. */
  readonly size: (value: T) => number;
  /** Whether it stands in for others: those that are marked by `spare` go first when it needs room. */
  readonly standsIn?: boolean;
  /** Gives back what the value lies in, as soon as it has gone and nobody holds it. Without: the collector does. */
  readonly free?: (value: T) => void;
}

/** A value that stays as it is until all who hold it have let go of it. */
export interface Hold<T> extends Disposable {
  readonly value: T;
  /** For one more holder. */
  again(): Hold<T>;
}

/** Values that have gone and whose last use is remembered. */
const MAX_REMEMBERED = 1 << 16;

/**
 * Values that were read, kept until their budget is passed: the least recently used goes first. But what had been used before,
 * longer ago than all that is there, takes nobody's place: who goes through more than there is room for, again and again, finds
 * the same part of it each time, and would else find nothing. Such a value passes: it stays until others pass. Who asks for the
 * same one while it is read shares the read, so none of them can end it for the others.
 */
export class KeptValues {
  readonly #kept: Pool;
  readonly #passing: Pool;
  /** When those that have gone were used, the last that went last. */
  readonly #usesOfGone = new Map<string, number>();
  #uses = 0;
  /** Rung when somebody has let go of a value. */
  readonly released = new Bell();

  /** @param passingBytes beside the budget, for those that pass */
  constructor(budgetBytes: number, passingBytes = 0) {
    this.#kept = new Pool(budgetBytes);
    this.#passing = new Pool(passingBytes);
  }

  /** With what passes. */
  get usedBytes(): number {
    return this.#kept.usedBytes + this.#passing.usedBytes;
  }

  /** Kept, passing or being read. */
  has(key: string): boolean {
    return this.#poolOf(key) !== undefined;
  }

  #poolOf(key: string): Pool | undefined {
    return [this.#kept, this.#passing].find(({ entries }) => entries.has(key));
  }

  /** Whether it is there, or was and has gone. */
  hasSeen(key: string): boolean {
    return this.has(key) || this.#usesOfGone.has(key);
  }

  /** Of all that is there, or being read. */
  *keys(): Generator<string, undefined> {
    for (const { entries } of [this.#kept, this.#passing]) yield* entries.keys();
  }

  /** Lets a value go that nobody will ask for again; what is being read stays. */
  forget(key: string): void {
    const pool = this.#poolOf(key);
    const entry = pool?.entries.get(key);
    if (!pool || !entry || entry.sizeBytes === 0) return;
    this.#drop(pool, key, entry);
    this.#usesOfGone.delete(key);
  }

  /** A value that another one stands in for. */
  spare(key: string): void {
    const entry = this.#kept.entries.get(key);
    if (entry) entry.isSpare = true;
  }

  /** Whether a value of so many bytes that stands in for others would be kept, were it read now. */
  wouldKeep(key: string, sizeBytes: number): boolean {
    const { usedBytes, budgetBytes } = this.#kept;
    let missing = usedBytes + sizeBytes - budgetBytes;
    const newcomer = { usedBefore: this.#usesOfGone.get(key), standsIn: true };
    for (const [, one] of this.#kept.inOrder(newcomer)) if (missing > 0) missing -= one.sizeBytes;
    return missing <= 0;
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

  /** Lets the least recently used value go whose memory that gives back, of those that pass if there is one; false when there is none. */
  dropIdle(): boolean {
    for (const pool of [this.#passing, this.#kept])
      for (const [key, entry] of pool.entries) {
        if (!entry.free || entry.holders > 0) continue;
        this.#drop(pool, key, entry);
        return true;
      }
    return false;
  }

  #entry<T>(key: string, keeping: Keeping<T>): Entry {
    const pool = this.#poolOf(key);
    const entry = pool?.entries.get(key) ?? this.#read(key, keeping);
    entry.usedAt = ++this.#uses;
    (pool ?? this.#kept).use(key, entry);
    return entry;
  }

  #read<T>(key: string, { read, size, free, standsIn = false }: Keeping<T>): Entry {
    const value = read();
    const usedBefore = this.#usesOfGone.get(key);
    const entry: Entry = {
      ...{ value, sizeBytes: 0, free: undefined, holders: 0, isGone: false },
      ...{ usedAt: this.#uses, usedBefore, standsIn, isSpare: false },
    };
    value.then(
      (found) => {
        if (free) entry.free = () => free(found);
        this.#account(key, entry, size(found));
      },
      () => this.#kept.entries.delete(key),
    );
    return entry;
  }

  #account(key: string, entry: Entry, sizeBytes: number): void {
    const kept = this.#kept;
    entry.sizeBytes = sizeBytes;
    kept.usedBytes += sizeBytes;
    const isOver = () => kept.usedBytes > kept.budgetBytes;
    // What has no room at all drives nobody out.
    if (sizeBytes <= kept.budgetBytes)
      for (const [other, one] of kept.inOrder(entry)) {
        if (!isOver()) return;
        this.#drop(kept, other, one);
      }
    if (isOver()) this.#pass(key, entry);
  }

  #pass(key: string, entry: Entry): void {
    this.#kept.take(key, entry);
    this.#passing.use(key, entry);
    this.#passing.usedBytes += entry.sizeBytes;
    for (const [oldest, one] of this.#passing.entries) {
      if (this.#passing.usedBytes <= this.#passing.budgetBytes) return;
      this.#drop(this.#passing, oldest, one);
    }
  }

  #drop(pool: Pool, key: string, entry: Entry): void {
    pool.take(key, entry);
    this.#remember(key, entry);
    entry.isGone = true;
    if (entry.holders === 0) entry.free?.();
  }

  #remember(key: string, { usedAt }: Entry): void {
    this.#usesOfGone.delete(key);
    this.#usesOfGone.set(key, usedAt);
    if (this.#usesOfGone.size <= MAX_REMEMBERED) return;
    for (const [oldest] of this.#usesOfGone) return void this.#usesOfGone.delete(oldest);
  }
}
