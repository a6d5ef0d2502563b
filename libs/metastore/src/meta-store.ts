/** One record. Values are text (JSON of the catalog). */
export interface MetaEntry {
  readonly key: string;
  readonly value: string;
  /** Of the transaction that wrote the entry: greater than all before it; those that were under way together may share one. Never 0n. */
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

/** What is written if all guards hold. */
export interface MetaTransaction {
  readonly guards: readonly Guard[];
  readonly writes: readonly Write[];
}

/** A key that one process at a time is to have. */
export interface HoldRequest {
  readonly key: string;
  readonly value: string;
  /** How long the key outlives a holder that is silent; at least 1000. */
  readonly ttlMs: number;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/** A key that this process holds. It vanishes when the process has been silent for its `ttlMs`; disposing releases it at once. */
export interface HeldKey extends AsyncDisposable {
  /** A transaction with it writes nothing once the key is held by another, or by nobody. */
  readonly guard: Guard;
  /** Aborts when the key is lost: expired, taken away, or not confirmed for `ttlMs` by this process's own clock. */
  readonly lost: AbortSignal;
}

/** Small, strongly consistent records: collections, jobs, tasks, segments. Adapters: etcd, embedded (lmdb), memory. */
export interface MetaStore extends AsyncDisposable {
  /** Most guards plus writes that one transaction may hold; more is refused with an Error that names the limit. */
  readonly limits: { readonly transactionOperations: number };
  /** Never older than what was committed before the call. @throws {StatusError} `notReady` */
  get(key: string): Promise<MetaEntry | undefined>;
  /**
   * Entries under `prefix` in byte order of key, one page in memory at a time; pages are not one snapshot.
   * @param after only entries whose key is greater than this one, which need not be there
   */
  scan(prefix: string, after?: string): AsyncIterable<MetaEntry>;
  /**
   * All or nothing, durable when it resolves, carried out once at most. Resolves to the new revision, or to undefined, having
   * written nothing, when a guarded revision has moved. An answer of a server that was lost is found out inside.
   * @throws {StatusError} `notReady` when the server cannot be asked; the text says so when the transaction may have been
   *   carried out all the same: who keeps a copy of records reads them again
   */
  commit(transaction: MetaTransaction): Promise<bigint | undefined>;
  /**
   * Wakes up on changes under `prefix`, from now on: each item is the set of keys that changed since the last one. It may
   * report a key that did not change, never miss one that did; `prefix` itself among them stands for any key below it that
   * was deleted. Ends when `signal` aborts.
   */
  watch(prefix: string, signal: AbortSignal): AsyncIterable<ReadonlySet<string>>;
  /** Waits until the key is absent, then puts and holds it. Undefined when the signal aborts before. */
  hold(request: HoldRequest): Promise<HeldKey | undefined>;
}
