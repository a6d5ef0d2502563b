import { mkdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { type Database, open, type RootDatabase } from "lmdb";
import { ChangeFeed } from "../change-feed.ts";
import { checkMetaKey, checkTransaction, transactionOperations } from "../check-transaction.ts";
import { holdLocally } from "../hold-locally.ts";
import type { HeldKey, HoldRequest, MetaEntry, MetaStore, MetaTransaction } from "../meta-store.ts";
import { checkDataFile } from "./check-file.ts";
import { commitErrorOf, freeBytesOf, refusalOf } from "./commit-error.ts";
import { isRunning, type ProcessIdentity, thisProcess } from "./owner.ts";

/** Entries that one page of a scan holds. */
const pageEntries = 256;
const ownerKey = "owner";
const revisionKey = "revision";
/** Raised when the layout changes in a way that older programs would misread. */
const layoutKey = "layout";
const layout = "1";

/**
 * Records in a local folder, by lmdb: the metastore of a single machine.
 *
 * M1. One process owns the folder. Its identity lies in the database itself, checked and set in one transaction, so that
 *     two starts at the same moment cannot both win; the owner of a crash is recognized as gone.
 * M2. A transaction is visible only when it is on disk: lmdb syncs before it lets readers see it (`overlappingSync` off).
 *     Nobody acts on a record that a power cut could take back. Commits in flight share a sync.
 * M3. Guards are checked inside the write transaction, so nothing comes in between. Callbacks of one lmdb transaction run
 *     one after the other and each writes only after all its checks have passed: none leaves half of itself.
 * M4. A commit that fails, on a full disk, is its callers' to hear, and the next one may succeed. Batches by turns of the
 *     event loop would make promises of lmdb's own, whose rejection nobody hears, and which would end the process.
 *
 * Layout: database `records`, key UTF-8 bytes (hence byte order), value `<revision> <value>`; database `store` for the
 * revision counter and the owner; database `held` for the keys of `hold`.
 */
export class EmbeddedMetaStore implements MetaStore {
  readonly limits = { transactionOperations };
  readonly #root: RootDatabase<string, string>;
  readonly #records: Database<string, Buffer>;
  readonly #store: Database<string, string>;
  /** Keys that were ever held: what is there of them when the store opens was held by a process that is gone. */
  readonly #held: Database<string, string>;
  readonly #changes = new ChangeFeed();
  readonly #inFlight = new Set<Promise<unknown>>();
  readonly #folder: string;
  #closed = false;

  private constructor(root: RootDatabase<string, string>, folder: string) {
    this.#root = root;
    this.#folder = folder;
    this.#records = root.openDB<string, Buffer>("records", { encoding: "string", keyEncoding: "binary" });
    this.#store = root.openDB<string, string>("store", { encoding: "string" });
    this.#held = root.openDB<string, string>("held", { encoding: "string" });
  }

  /**
   * Opens the folder `path`, creating it when absent. Local disks only: lmdb maps the file into memory.
   * @throws {Error} when a running process holds the folder, a newer program has written it, or it is damaged
   */
  static async open({ path }: { readonly path: string }): Promise<EmbeddedMetaStore> {
    await mkdir(path, { recursive: true });
    const folder = await realpath(path);
    checkDataFile(join(folder, "data.mdb"));
    const store = new EmbeddedMetaStore(
      open<string, string>({
        ...{ path: folder, noSubdir: false, maxDbs: 4, encoding: "string" },
        overlappingSync: false, // M2
        eventTurnBatching: false, // M4
      }),
      folder,
    );
    const problem = store.#root.transactionSync(() => store.#takeOver(folder));
    if (problem === undefined) return store;
    await store.#root.close();
    throw new Error(problem);
  }

  async get(key: string): Promise<MetaEntry | undefined> {
    this.#checkOpen();
    checkMetaKey(key);
    const stored = this.#records.get(Buffer.from(key));
    return stored === undefined ? undefined : toEntry(key, stored);
  }

  async *scan(prefix: string, after = ""): AsyncGenerator<MetaEntry> {
    let start: Buffer = laterOf(Buffer.from(prefix), Buffer.from(`${after}\0`));
    for (;;) {
      this.#checkOpen();
      const page = [...this.#records.getRange({ start, limit: pageEntries, snapshot: false })];
      for (const { key, value } of page) {
        const text = Buffer.from(key).toString();
        if (!text.startsWith(prefix)) return;
        yield toEntry(text, value);
      }
      if (page.length < pageEntries) return;
      start = Buffer.concat([page[page.length - 1].key, Buffer.of(0)]); // The least key behind the last.
    }
  }

  async commit(transaction: MetaTransaction): Promise<bigint | undefined> {
    this.#checkOpen();
    checkTransaction(transaction, this.limits);
    const committed = this.#commit(transaction);
    this.#inFlight.add(committed);
    try {
      return await committed;
    } finally {
      this.#inFlight.delete(committed);
    }
  }

  watch(prefix: string, signal: AbortSignal): AsyncIterable<ReadonlySet<string>> {
    this.#checkOpen();
    return this.#changes.watch(prefix, signal);
  }

  async hold(request: HoldRequest): Promise<HeldKey | undefined> {
    this.#checkOpen();
    await this.#held.put(request.key, "");
    return holdLocally(this, request);
  }

  /** Waits for commits in flight, gives the folder up and closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#changes.close();
    await Promise.allSettled(this.#inFlight);
    await this.#store.remove(ownerKey);
    await this.#root.flushed;
    await this.#root.close();
  }

  async #commit(transaction: MetaTransaction): Promise<bigint | undefined> {
    try {
      const revision = await this.#root.transaction(() => this.#apply(transaction));
      await this.#root.flushed; // M2: resolved already; costs nothing and holds should the option ever be changed.
      if (revision !== undefined) this.#changes.publish(transaction.writes.map((write) => write.key));
      return revision;
    } catch (error) {
      throw refusalOf(await commitErrorOf(error), await freeBytesOf(this.#folder));
    }
  }

  /** M3. Runs inside an lmdb transaction. */
  #apply({ guards, writes }: MetaTransaction): bigint | undefined {
    for (const { key, revision } of guards) {
      const stored = this.#records.get(Buffer.from(key));
      if ((stored === undefined ? 0n : revisionOf(stored)) !== revision) return undefined;
    }
    const last = BigInt(this.#store.get(revisionKey) ?? "0");
    if (writes.length === 0) return last;
    const revision = last + 1n;
    this.#store.putSync(revisionKey, `${revision}`);
    for (const { key, value } of writes) {
      if (value === undefined) this.#records.removeSync(Buffer.from(key));
      else this.#records.putSync(Buffer.from(key), `${revision} ${value}`);
    }
    return revision;
  }

  /** M1. Runs inside an lmdb transaction; returns what forbids to go on. */
  #takeOver(folder: string): string | undefined {
    const found = this.#store.get(layoutKey) ?? layout;
    if (found !== layout) {
      return `the metastore in ${folder} has layout ${found}, this program knows layout ${layout}: use a newer one`;
    }
    const text = this.#store.get(ownerKey);
    const owner = text === undefined ? undefined : (JSON.parse(text) as ProcessIdentity);
    if (owner && isRunning(owner)) {
      return `the metastore in ${folder} is in use by process ${owner.pid} on ${owner.host}: stop it, or use another folder`;
    }
    this.#store.putSync(layoutKey, layout);
    this.#store.putSync(ownerKey, JSON.stringify(thisProcess()));
    for (const key of [...this.#held.getKeys()]) {
      this.#records.removeSync(Buffer.from(key));
      this.#held.removeSync(key);
    }
    return undefined;
  }

  #checkOpen(): void {
    if (this.#closed) throw new Error("the metastore is closed");
  }
}

function laterOf(a: Buffer, b: Buffer): Buffer {
  return Buffer.compare(a, b) < 0 ? b : a;
}

function revisionOf(stored: string): bigint {
  return BigInt(stored.slice(0, stored.indexOf(" ")));
}

function toEntry(key: string, stored: string): MetaEntry {
  return { key, value: stored.slice(stored.indexOf(" ") + 1), revision: revisionOf(stored) };
}
