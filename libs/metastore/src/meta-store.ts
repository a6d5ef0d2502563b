/** One record. Values are text (JSON of the catalog). */
export interface MetaEntry {
  readonly key: string;
  readonly value: string;
  /** Grows with every write to the store; equal to the revision of the transaction that wrote the entry. Never 0n. */
  readonly revision: bigint;
}

/** `revision` is what the key's entry must have; 0n: the key must be absent. */
export interface Guard {
  readonly key: string;
  readonly revision: bigint;
}

/** Puts `value`, or deletes the key when it is undefined. */
export interface Write {
  readonly key: string;
  readonly value: string | undefined;
}

export interface MetaTransaction {
  readonly guards: readonly Guard[];
  readonly writes: readonly Write[];
}

/** Small, strongly consistent records: collections, jobs, tasks, segments. Adapters: embedded (lmdb), memory. */
export interface MetaStore extends AsyncDisposable {
  /** Most guards plus writes that one transaction may hold; more is refused with an Error that names the limit. */
  readonly limits: { readonly transactionOperations: number };
  get(key: string): Promise<MetaEntry | undefined>;
  /** Entries under `prefix` in byte order of key, one page in memory at a time; pages are not one snapshot. */
  scan(prefix: string): AsyncIterable<MetaEntry>;
  /**
   * All or nothing, durable when it resolves. Resolves to the new revision, or to undefined, having written nothing, when
   * a guarded revision has moved.
   */
  commit(transaction: MetaTransaction): Promise<bigint | undefined>;
  /**
   * Wakes up on changes under `prefix`, from now on: each item is the set of keys that changed since the last one. It may
   * report a key that did not change, never miss one that did. Ends when `signal` aborts.
   */
  watch(prefix: string, signal: AbortSignal): AsyncIterable<ReadonlySet<string>>;
}
