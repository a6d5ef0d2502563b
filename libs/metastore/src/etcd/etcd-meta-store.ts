import { setTimeout as sleep } from "node:timers/promises";
import { StatusError, statusCodes } from "@sluice/errors";
import { ExponentialBackoff, type IBackoff, noop } from "cockatiel";
import { Etcd3, type IKeyValue } from "etcd3";
import { checkMetaKey, checkTransaction, transactionOperations } from "../check-transaction.ts";
import type { Guard, HeldKey, HoldRequest, MetaEntry, MetaStore, MetaTransaction, Write } from "../meta-store.ts";
import { etcdError, isTransient } from "./etcd-errors.ts";
import { EtcdLease } from "./etcd-lease.ts";
import { watchPrefix } from "./etcd-watch.ts";

export interface EtcdOptions {
  /** `http://host:port` or `https://host:port` of one or more members. */
  readonly endpoints: readonly string[];
  /** Every key begins with it and a slash; several clusters may share an etcd. */
  readonly prefix: string;
  readonly auth?: { readonly user: string; readonly password: string };
  readonly tls?: { readonly caPem?: string; readonly certPem?: string; readonly keyPem?: string };
  /** Limit of one call; 2000 unless given. */
  readonly callTimeoutMs?: number;
  /** How long a call that finds no server is made again before it fails; 15000 unless given. */
  readonly patienceMs?: number;
}

const CALL_TIMEOUT_MS = 2000;
const PATIENCE_MS = 15_000;
const RETRY_MS = 100;
const PAGE_ENTRIES = 500;
/** etcd refuses requests of more than 1.5 MiB; what is left is room for the other parts of a transaction. */
const MAX_VALUE_BYTES = 1 << 20;

/**
 * Records in etcd, shared by all processes of a cluster.
 *
 * E1. A transaction is one etcd transaction; guards compare revisions of modification, which are 0 for keys that are absent.
 * E2. Calls that get no answer are made again. A commit that was carried out then finds its guards moved, and answers
 *     undefined: callers read what is there (see the books of rootcoord and datacoord).
 * E3. A watch begins behind the newest revision that this store has seen in any answer: nothing that changed after what
 *     its caller knows is missed.
 */
export class EtcdMetaStore implements MetaStore {
  readonly limits = { transactionOperations };
  readonly #client: Etcd3;
  readonly #options: EtcdOptions;
  readonly #folder: string;
  readonly #leases = new Map<number, Promise<EtcdLease>>();
  readonly #closed = new AbortController();
  /** E3 */
  #seenRevision = 0n;

  private constructor(options: EtcdOptions) {
    this.#options = options;
    this.#folder = `${options.prefix}/`;
    this.#client = openClient(options);
  }

  /** @throws {StatusError} `notReady` when etcd cannot be reached, or refuses the credentials */
  static async open(options: EtcdOptions): Promise<EtcdMetaStore> {
    checkOptions(options);
    const store = new EtcdMetaStore({ ...options, patienceMs: options.patienceMs ?? PATIENCE_MS });
    try {
      await store.#call("use etcd", () => store.#range(Buffer.from(store.#folder), undefined, 1), 0);
      return store;
    } catch (error) {
      await store[Symbol.asyncDispose]();
      throw error;
    }
  }

  async get(key: string): Promise<MetaEntry | undefined> {
    checkMetaKey(key);
    const [found] = await this.#call(`read "${key}"`, () => this.#range(this.#keyOf(key), undefined, 1));
    return found && this.#entryOf(found);
  }

  async *scan(prefix: string): AsyncGenerator<MetaEntry> {
    let start = this.#keyOf(prefix);
    const end = endOf(start);
    for (;;) {
      const page = await this.#call(`scan "${prefix}"`, () => this.#range(start, end, PAGE_ENTRIES));
      for (const found of page) yield this.#entryOf(found);
      if (page.length < PAGE_ENTRIES) return;
      start = Buffer.concat([page[page.length - 1].key, Buffer.of(0)]); // The least key behind the last.
    }
  }

  async commit(transaction: MetaTransaction): Promise<bigint | undefined> {
    checkTransaction(transaction, this.limits);
    checkSizes(transaction.writes);
    const compare = transaction.guards.map((guard) => this.#compare(guard));
    const success = transaction.writes.map((write) => this.#write(write));
    return this.#call("commit", () => this.#transact(compare, success));
  }

  watch(prefix: string, signal: AbortSignal): AsyncIterable<ReadonlySet<string>> {
    const ended = AbortSignal.any([signal, this.#closed.signal]);
    const fromRevision = this.#seenRevision + 1n;
    const known = async () => (await Array.fromAsync(this.scan(prefix))).map(({ key }) => key);
    return watchPrefix(this.#client, { folder: this.#folder, prefix, fromRevision, known, signal: ended });
  }

  async hold({ key, value, ttlMs, signal }: HoldRequest): Promise<HeldKey | undefined> {
    checkMetaKey(key);
    const ended = AbortSignal.any([signal, this.#closed.signal]);
    while (!ended.aborted) {
      const lease = await this.#lease(ttlMs);
      const put = { key: this.#keyOf(key), value: Buffer.from(value), lease: lease.id };
      const absent = [this.#compare({ key, revision: 0n })];
      const revision = await this.#call(`hold "${key}"`, () => this.#transact(absent, [{ request_put: put }])).catch(
        (error) => {
          if (lease.lost.aborted || /lease not found/i.test(String(error.cause?.message))) return undefined;
          throw error;
        },
      );
      const held = revision === undefined ? await this.#heldAlready(key, value, lease) : revision;
      if (held !== undefined) return this.#heldKey(key, held, lease);
      await this.#untilChanged(key, ended);
    }
    return undefined;
  }

  /** E2: the key that an earlier try of this call put there, its answer lost. */
  async #heldAlready(key: string, value: string, lease: EtcdLease): Promise<bigint | undefined> {
    const [found] = await this.#call(`read "${key}"`, () => this.#range(this.#keyOf(key), undefined, 1));
    const isOurs = found?.lease === lease.id && found.value.toString() === value && !lease.lost.aborted;
    return isOurs && !this.#heldKeys.has(key) ? BigInt(found.mod_revision) : undefined;
  }

  /** Keys that this store holds now: one of its own callers may wait for another. */
  readonly #heldKeys = new Set<string>();

  #heldKey(key: string, revision: bigint, lease: EtcdLease): HeldKey {
    const guard = { key, revision };
    this.#heldKeys.add(key);
    const ended = new AbortController();
    const taken = new AbortController();
    void this.#watchHeld(guard, ended.signal, taken);
    const lost = AbortSignal.any([lease.lost, taken.signal]);
    const release = async () => {
      if (ended.signal.aborted) return;
      ended.abort();
      this.#heldKeys.delete(key);
      if (lost.aborted || this.#closed.signal.aborted) return;
      const success = [this.#write({ key, value: undefined })];
      // Best effort: when etcd is away the lease's time does the same.
      await this.#transact([this.#compare(guard)], success).catch(() => undefined);
    };
    return { guard, lost, [Symbol.asyncDispose]: release };
  }

  /** Somebody who deletes or replaces the key takes it away; so does etcd when it restored an older state. */
  async #watchHeld(guard: Guard, signal: AbortSignal, taken: AbortController): Promise<void> {
    for await (const _ of this.watch(guard.key, signal)) {
      const entry = await this.get(guard.key).catch(() => ({ revision: guard.revision }));
      if (signal.aborted) return;
      if (entry?.revision !== guard.revision) return taken.abort();
    }
  }

  /** A watch tells of the release; now and then the key is looked at all the same. */
  async #untilChanged(key: string, signal: AbortSignal): Promise<void> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(1000)]);
    for await (const _ of this.watch(key, limit)) return;
  }

  async #lease(ttlMs: number): Promise<EtcdLease> {
    const known = await this.#leases.get(ttlMs)?.catch(() => undefined);
    if (known && !known.lost.aborted) return known;
    const granting = this.#call("open a lease", () => EtcdLease.grant(this.#client, ttlMs));
    this.#leases.set(ttlMs, granting);
    return granting;
  }

  async #range(key: Buffer, end: Buffer | undefined, limit: number): Promise<IKeyValue[]> {
    const { kvs, header } = await this.#client.kv.range({ key, ...(end && { range_end: end }), limit });
    this.#saw(header.revision);
    return kvs;
  }

  async #transact(compare: object[], success: object[]): Promise<bigint | undefined> {
    const { succeeded, header } = await this.#client.kv.txn({ compare, success, failure: [] });
    this.#saw(header.revision);
    return succeeded ? BigInt(header.revision) : undefined;
  }

  #saw(revision: string): void {
    const seen = BigInt(revision);
    if (seen > this.#seenRevision) this.#seenRevision = seen;
  }

  #compare({ key, revision }: Guard) {
    return {
      key: this.#keyOf(key),
      target: "Mod" as const,
      result: "Equal" as const,
      mod_revision: revision.toString(),
    };
  }

  #write({ key, value }: Write) {
    if (value === undefined) return { request_delete_range: { key: this.#keyOf(key) } };
    return { request_put: { key: this.#keyOf(key), value: Buffer.from(value) } };
  }

  #keyOf(key: string): Buffer {
    return Buffer.from(this.#folder + key);
  }

  #entryOf({ key, value, mod_revision }: IKeyValue): MetaEntry {
    const name = key.toString().slice(this.#folder.length);
    return { key: name, value: value.toString(), revision: BigInt(mod_revision) };
  }

  /** E2. @throws {StatusError} */
  async #call<T>(
    doing: string,
    make: () => Promise<T>,
    patienceMs = this.#options.patienceMs ?? PATIENCE_MS,
  ): Promise<T> {
    const limit = performance.now() + patienceMs;
    for (;;) {
      if (this.#closed.signal.aborted) throw new StatusError(statusCodes.notReady, "the metastore is closed");
      try {
        return await make();
      } catch (error) {
        if (!isTransient(error) || performance.now() > limit) throw etcdError(error, doing, this.#options.endpoints);
      }
      await sleep(RETRY_MS, undefined, { signal: this.#closed.signal }).catch(() => undefined);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    for (const lease of await Promise.allSettled(this.#leases.values()))
      if (lease.status === "fulfilled") await lease.value.end();
    this.#client.close();
  }
}

/** The settings that keep the client from harm: no circuit breaker, no deadline on streams. */
function openClient({ endpoints, auth, tls, callTimeoutMs = CALL_TIMEOUT_MS }: EtcdOptions): Etcd3 {
  const credentials = tls && {
    rootCertificate: tls.caPem === undefined ? undefined : Buffer.from(tls.caPem),
    ...(tls.keyPem !== undefined && { privateKey: Buffer.from(tls.keyPem) }),
    ...(tls.certPem !== undefined && { certChain: Buffer.from(tls.certPem) }),
  };
  return new Etcd3({
    hosts: [...endpoints],
    dialTimeout: callTimeoutMs,
    ...(auth && { auth: { username: auth.user, password: auth.password } }),
    ...(credentials && { credentials: credentials as { rootCertificate: Buffer } }),
    faultHandling: {
      host: () => noop,
      // The client calls `next()` first, as of a factory; its types ask for what that returns.
      watchBackoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 1000 }) as unknown as IBackoff<unknown>,
    },
    grpcOptions: { "grpc.max_receive_message_length": -1 },
    defaultCallOptions: (context) => (context.isStream ? {} : { deadline: Date.now() + callTimeoutMs }),
  });
}

function checkOptions({ endpoints, prefix }: EtcdOptions): void {
  for (const endpoint of endpoints) {
    const url = URL.parse(endpoint);
    const isPlain = url && /^https?:$/.test(url.protocol) && url.pathname === "/" && !url.username && !url.password;
    if (!isPlain) throw new Error("an endpoint of etcd must have the form http://HOST:PORT or https://HOST:PORT");
  }
  if (endpoints.length === 0) throw new Error("etcd needs at least one endpoint");
  if (!/^[^/\0]+(\/[^/\0]+)*$/.test(prefix)) throw new Error(`invalid etcd prefix ${JSON.stringify(prefix)}`);
}

function checkSizes(writes: readonly Write[]): void {
  const sizeBytes = writes.reduce((sum, { value = "" }) => sum + Buffer.byteLength(value), 0);
  if (sizeBytes <= MAX_VALUE_BYTES) return;
  throw new StatusError(
    statusCodes.parameterTooLarge,
    `the records of one transaction have ${sizeBytes} bytes, the limit is ${MAX_VALUE_BYTES}`,
  );
}

/** The least key behind all keys with this prefix: the last byte below 0xff goes up by one. */
function endOf(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  const last = end.findLastIndex((byte) => byte < 0xff);
  end[last]++;
  return end.subarray(0, last + 1);
}
