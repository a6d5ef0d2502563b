import { sleep } from "@sluice/async";
import { StatusError, statusCodes } from "@sluice/errors";
import type { Etcd3, IRangeRequest, IRangeResponse, ITxnRequest } from "etcd3";
import type { FoundKey, Transacted, Transaction } from "./etcd-codec.ts";
import { etcdError, isTransient } from "./etcd-errors.ts";
import { EtcdLease } from "./etcd-lease.ts";
import { checkOptions, type EtcdOptions, openClient } from "./open-etcd-client.ts";

/** Bounds of one call, its repetitions included. */
export interface CallOptions {
  readonly patienceMs?: number;
  /** Ends the repetition: the call fails when it is not made yet. */
  readonly signal?: AbortSignal;
}

const CALL_TIMEOUT_MS = 2000;
const PATIENCE_MS = 15_000;
const RETRY_MS = 100;

/** The client of etcd with the words of this store: names instead of keys, calls that are made again, revisions seen. */
export class EtcdConnection {
  readonly client: Etcd3;
  readonly callTimeoutMs: number;
  readonly #options: EtcdOptions;
  readonly #folder: string;
  readonly #closed = new AbortController();
  readonly #leases = new Set<EtcdLease>();
  #seenRevision = 0n;

  /** @throws Error when an option is none; {StatusError} `notReady` when a certificate is none */
  constructor(options: EtcdOptions) {
    checkOptions(options);
    this.#options = options;
    this.#folder = `${options.prefix}/`;
    this.callTimeoutMs = options.callTimeoutMs ?? CALL_TIMEOUT_MS;
    try {
      this.client = openClient(options, this.callTimeoutMs);
    } catch (error) {
      throw etcdError(error, "use etcd", options.endpoints); // Certificates that are none.
    }
  }

  /** Aborts when the connection is closed: nothing waits for a server after that. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** The newest revision that any answer held: whatever this process knows is not newer. */
  get seenRevision(): bigint {
    return this.#seenRevision;
  }

  /**
   * Makes a call, and again while there is no server, no leader or no answer in time. It may then have been carried out
   * more than once.
   * @param doing what is tried, such as `read "a"`
   * @throws {StatusError} `notReady`, with the client's error as `cause`
   */
  async call<T>(doing: string, make: () => Promise<T>, { patienceMs, signal }: CallOptions = {}): Promise<T> {
    const limit = performance.now() + (patienceMs ?? this.#options.patienceMs ?? PATIENCE_MS);
    const ended = signal ? AbortSignal.any([signal, this.closed]) : this.closed;
    for (;;) {
      if (this.closed.aborted) throw new StatusError(statusCodes.notReady, "the metastore is closed");
      try {
        return await make();
      } catch (error) {
        const isHopeless = !isTransient(error) || performance.now() > limit || signal?.aborted;
        if (isHopeless) throw etcdError(error, doing, this.#options.endpoints);
      }
      await sleep(RETRY_MS, ended);
    }
  }

  /** One try, linearizable. */
  async range(request: IRangeRequest): Promise<IRangeResponse> {
    const response = await this.client.kv.range(request);
    this.#saw(BigInt(response.header.revision));
    return response;
  }

  /** One try, linearizable: of one moment. */
  async find(keys: readonly Buffer[]): Promise<readonly (FoundKey | undefined)[]> {
    return (await this.transact({ success: keys.map((key) => ({ get: key })) })).found;
  }

  /** One try. */
  async transact(transaction: Transaction): Promise<Transacted> {
    // Written and read by `etcd-codec`, see `callKeysPlainly`.
    const made = (await this.client.kv.txn(transaction as object as ITxnRequest)) as unknown as Transacted;
    this.#saw(made.revision);
    return made;
  }

  /** The whole key, below the prefix of this cluster. */
  keyOf(name: string): Buffer {
    return Buffer.from(this.#folder + name);
  }

  /** The other way round. @param key below the prefix */
  nameOf(key: Buffer): string {
    return key.toString().slice(this.#folder.length);
  }

  /** Where the names with this prefix lie. Names never hold NUL: what begins with it is the store's own, and left out. */
  rangeOf(prefix: string): { readonly key: Buffer; readonly range_end: Buffer } {
    return { key: this.keyOf(prefix === "" ? "\x01" : prefix), range_end: endOf(this.keyOf(prefix)) };
  }

  /** @throws {StatusError} `notReady` */
  async grantLease(ttlMs: number, options?: CallOptions): Promise<EtcdLease> {
    const lease = await this.call("open a lease", () => EtcdLease.grant(this.client, ttlMs), options);
    if (this.closed.aborted) await lease.end();
    else this.#leases.add(lease);
    lease.ended.addEventListener("abort", () => this.#leases.delete(lease), { once: true });
    return lease;
  }

  /** Ends all calls, watches and leases: what hangs on the leases vanishes at once when etcd can be reached. */
  async close(): Promise<void> {
    if (this.closed.aborted) return;
    this.#closed.abort();
    await Promise.all([...this.#leases].map((lease) => lease.end()));
    this.client.close();
  }

  #saw(revision: bigint): void {
    if (revision > this.#seenRevision) this.#seenRevision = revision;
  }
}

/** The least key behind all keys with this prefix: the last byte below 0xff goes up by one. */
function endOf(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  const last = end.findLastIndex((byte) => byte < 0xff);
  end[last]++;
  return end.subarray(0, last + 1);
}
