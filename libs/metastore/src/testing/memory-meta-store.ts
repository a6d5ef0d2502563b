import { ChangeFeed } from "../change-feed.ts";
import { checkMetaKey, checkTransaction, transactionOperations } from "../check-transaction.ts";
import { holdLocally } from "../hold-locally.ts";
import type { HeldKey, HoldRequest, MetaEntry, MetaStore, MetaTransaction } from "../meta-store.ts";

/** Records in memory, for tests and trials; gone with the process. */
export class MemoryMetaStore implements MetaStore {
  readonly limits = { transactionOperations };
  readonly #entries = new Map<string, MetaEntry>();
  readonly #changes = new ChangeFeed();
  /** Keys in byte order; undefined after keys came or went. */
  #sortedKeys: string[] | undefined;
  #revision = 0n;
  #closed = false;

  async get(key: string): Promise<MetaEntry | undefined> {
    this.#checkOpen();
    checkMetaKey(key);
    return this.#entries.get(key);
  }

  async *scan(prefix: string, after = ""): AsyncGenerator<MetaEntry> {
    this.#checkOpen();
    const last = Buffer.from(after);
    this.#sortedKeys ??= [...this.#entries.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const key of this.#sortedKeys) {
      const isMeant = key.startsWith(prefix) && Buffer.compare(Buffer.from(key), last) > 0;
      const entry = isMeant ? this.#entries.get(key) : undefined;
      if (entry) yield entry;
    }
  }

  async commit(transaction: MetaTransaction): Promise<bigint | undefined> {
    this.#checkOpen();
    checkTransaction(transaction, this.limits);
    for (const { key, revision } of transaction.guards) {
      if ((this.#entries.get(key)?.revision ?? 0n) !== revision) return undefined;
    }
    if (transaction.writes.length === 0) return this.#revision;
    const revision = ++this.#revision;
    for (const { key, value } of transaction.writes) {
      if (value === undefined) this.#entries.delete(key);
      else this.#entries.set(key, { key, value, revision });
    }
    this.#sortedKeys = undefined;
    this.#changes.publish(transaction.writes.map((write) => write.key));
    return revision;
  }

  watch(prefix: string, signal: AbortSignal): AsyncIterable<ReadonlySet<string>> {
    this.#checkOpen();
    return this.#changes.watch(prefix, signal);
  }

  hold(request: HoldRequest): Promise<HeldKey | undefined> {
    return holdLocally(this, request);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#changes.close();
  }

  #checkOpen(): void {
    if (this.#closed) throw new Error("the metastore is closed");
  }
}
