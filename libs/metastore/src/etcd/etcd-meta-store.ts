import { StatusError, statusCodes } from "@sluice/errors";
import type { IKeyValue } from "etcd3";
import { checkMetaKey, checkTransaction, transactionOperations } from "../check-transaction.ts";
import type { Guard, HeldKey, HoldRequest, MetaEntry, MetaStore, MetaTransaction, Write } from "../meta-store.ts";
import { bytesOf, commitBatches, readBatches } from "./etcd-batches.ts";
import type { KeyOperation, Unmoved } from "./etcd-codec.ts";
import { CommitSlots } from "./etcd-commit.ts";
import { EtcdConnection } from "./etcd-connection.ts";
import { holdInEtcd } from "./etcd-hold.ts";
import { watchPrefix } from "./etcd-watch.ts";
import type { EtcdOptions } from "./open-etcd-client.ts";

/** How long `open` looks for an etcd that answers. */
const OPEN_PATIENCE_MS = 4000;
/** etcd refuses requests of more than 1.5 MiB; what is left is room for the other parts of a transaction. */
const MAX_WRITE_BYTES = 1 << 20;
/** What a page of a scan should hold, and how many entries at most. */
const PAGE = { bytes: 4 << 20, firstEntries: 100, entries: 1000 };

/**
 * Records in etcd, shared by all processes of a cluster.
 *
 * E1. A transaction is one etcd transaction; guards compare revisions of modification, which are 0 for keys that are absent.
 * E2. Calls that get no answer are made again, for a bounded time. Commits stay single all the same: see `CommitSlots`.
 * E3. A watch misses nothing that changed after what its caller knows: see `watchPrefix`.
 * E4. Commits and reads that come while others are under way go together: see `commitBatches`.
 *
 * Keys lie below `<prefix>/`; those that go on with NUL are the slots of commits and no records.
 */
export class EtcdMetaStore implements MetaStore {
  /** One less than etcd's: a commit writes its slot, too. */
  readonly limits = { transactionOperations: transactionOperations - 1 };
  readonly #connection: EtcdConnection;
  readonly #slots: CommitSlots;
  readonly #commit;
  readonly #read;

  private constructor(options: EtcdOptions) {
    this.#connection = new EtcdConnection(options);
    this.#slots = new CommitSlots(this.#connection);
    const limits = { ...this.limits, writeBytes: MAX_WRITE_BYTES };
    this.#commit = commitBatches((transaction) => this.#commitNow(transaction), limits);
    this.#read = readBatches((keys) => this.#readNow(keys), limits);
  }

  /** @throws {StatusError} `notReady` when etcd cannot be reached, or refuses the credentials; Error when an option is none */
  static async open(options: EtcdOptions): Promise<EtcdMetaStore> {
    const store = new EtcdMetaStore(options);
    const connection = store.#connection;
    try {
      const look = () => connection.range({ ...connection.rangeOf(""), limit: 1, keys_only: true });
      const patienceMs = Math.min(OPEN_PATIENCE_MS, options.patienceMs ?? OPEN_PATIENCE_MS);
      await connection.call("use etcd", look, { patienceMs });
      return store;
    } catch (error) {
      await store[Symbol.asyncDispose]();
      throw error;
    }
  }

  async get(key: string): Promise<MetaEntry | undefined> {
    checkMetaKey(key);
    return this.#read(key);
  }

  async #readNow(names: readonly string[]): Promise<(MetaEntry | undefined)[]> {
    const keys = names.map((name) => this.#connection.keyOf(name));
    const doing = names.length === 1 ? `read "${names[0]}"` : `read "${names[0]}" and ${names.length - 1} more`;
    const found = await this.#connection.call(doing, () => this.#connection.find(keys));
    return found.map((one) => one && this.#entryOf(one.key, one.value, one.revision));
  }

  async *scan(prefix: string, after?: string): AsyncGenerator<MetaEntry> {
    let { key, range_end } = this.#connection.rangeOf(prefix);
    if (after !== undefined) {
      const behind = this.#connection.keyOf(`${after}\0`);
      if (Buffer.compare(behind, range_end) >= 0) return;
      if (Buffer.compare(behind, key) > 0) key = behind;
    }
    let limit: number = PAGE.firstEntries;
    for (;;) {
      let tries = 0; // A page that does not arrive in time may be too large.
      const read = () => this.#connection.range({ key, range_end, limit: Math.max(1, limit >> tries++) });
      const { kvs, more } = await this.#connection.call(`scan "${prefix}"`, read);
      for (const found of kvs) yield this.#entryOf(found.key, found.value, BigInt(found.mod_revision));
      if (!more) return;
      key = Buffer.concat([kvs[kvs.length - 1].key, Buffer.of(0)]); // The least key behind the last.
      limit = nextLimit(kvs);
    }
  }

  async commit(transaction: MetaTransaction): Promise<bigint | undefined> {
    checkTransaction(transaction, this.limits);
    checkSizes(transaction.writes);
    return transaction.writes.length > 0 ? this.#commit(transaction) : this.#check(transaction.guards);
  }

  #commitNow({ guards, writes }: MetaTransaction): Promise<bigint | undefined> {
    const success = writes.map((write) => this.#write(write));
    return this.#slots.commit(this.#unmoved(guards), success);
  }

  async #check(guards: readonly Guard[]): Promise<bigint | undefined> {
    const conditions = this.#unmoved(guards);
    const check = () => this.#connection.transact({ conditions, success: [] });
    const { succeeded, revision } = await this.#connection.call("commit", check);
    return succeeded ? revision : undefined;
  }

  #unmoved(guards: readonly Guard[]): Unmoved[] {
    return guards.map(({ key, revision }) => ({ key: this.#connection.keyOf(key), revision }));
  }

  watch(prefix: string, signal: AbortSignal): AsyncIterable<ReadonlySet<string>> {
    return watchPrefix(this.#connection, prefix, signal);
  }

  async hold(request: HoldRequest): Promise<HeldKey | undefined> {
    checkMetaKey(request.key);
    return holdInEtcd(this, this.#connection, request);
  }

  #write({ key: name, value }: Write): KeyOperation {
    const key = this.#connection.keyOf(name);
    return value === undefined ? { delete: key } : { put: key, value: Buffer.from(value) };
  }

  #entryOf(key: Buffer, value: Buffer, revision: bigint): MetaEntry {
    return { key: this.#connection.nameOf(key), value: value.toString(), revision };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
  }
}

/** Entries of the next page when they are as large as those of the last; at most twice as many. */
function nextLimit(page: readonly IKeyValue[]): number {
  const sizeBytes = page.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
  const fitting = Math.floor((PAGE.bytes * page.length) / sizeBytes);
  return Math.max(1, Math.min(fitting, 2 * page.length, PAGE.entries));
}

function checkSizes(writes: readonly Write[]): void {
  const sizeBytes = bytesOf(writes);
  if (sizeBytes <= MAX_WRITE_BYTES) return;
  throw new StatusError(
    statusCodes.parameterTooLarge,
    `the records of one transaction have ${sizeBytes} bytes, the limit is ${MAX_WRITE_BYTES}`,
  );
}
