import { sleep } from "@sluice/async";
import { StatusError, statusCodes } from "@sluice/errors";
import { takePlainRequests } from "@sluice/rpc/plain-requests";
import { ExponentialBackoff, type IBackoff, noop } from "cockatiel";
import { Etcd3, type IRangeRequest, type IRangeResponse, type ITxnRequest } from "etcd3";
import { decodeTransacted, encodeTransaction, type FoundKey, type Transacted, type Transaction } from "./etcd-codec.ts";
import { etcdError, isTransient } from "./etcd-errors.ts";
import { EtcdLease } from "./etcd-lease.ts";

/** Where etcd is, and what of it is ours. */
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

/** Bounds of one call, its repetitions included. */
export interface CallOptions {
  readonly patienceMs?: number;
  /** Ends the repetition: the call fails when it is not made yet. */
  readonly signal?: AbortSignal;
}

const CALL_TIMEOUT_MS = 2000;
const PATIENCE_MS = 15_000;
const RETRY_MS = 100;
/** A member that vanished without a word is found out after their sum. etcd drops clients that ask more often than each 5 s. */
const KEEPALIVE_MS = { time: 8000, timeout: 4000 };

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

/** The settings that keep the client from harm: no circuit breaker, no deadline on streams, no hidden repetition. */
function openClient({ endpoints, auth, tls }: EtcdOptions, callTimeoutMs: number): Etcd3 {
  const credentials = tls && {
    rootCertificate: tls.caPem === undefined ? undefined : Buffer.from(tls.caPem),
    ...(tls.keyPem !== undefined && { privateKey: Buffer.from(tls.keyPem) }),
    ...(tls.certPem !== undefined && { certChain: Buffer.from(tls.certPem) }),
  };
  const client = new Etcd3({
    hosts: [...endpoints],
    dialTimeout: callTimeoutMs,
    ...(auth && { auth: { username: auth.user, password: auth.password } }),
    ...(credentials && { credentials: credentials as { rootCertificate: Buffer } }),
    faultHandling: {
      host: () => noop,
      global: noop, // Else the client makes calls again by itself, and does not tell.
      // The client calls `next()` first, as of a factory; its types ask for what that returns.
      watchBackoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 1000 }) as unknown as IBackoff<unknown>,
    },
    grpcOptions: {
      "grpc.max_receive_message_length": -1,
      "grpc.keepalive_time_ms": KEEPALIVE_MS.time,
      "grpc.keepalive_timeout_ms": KEEPALIVE_MS.timeout,
      // After a failure the client opens a new channel; with the shared pool it would get the old connection again.
      "grpc.use_local_subchannel_pool": 1,
    },
    defaultCallOptions: (context) => (context.isStream ? {} : { deadline: Date.now() + callTimeoutMs }),
  });
  callKeysPlainly(client);
  return client;
}

/** What the client does not show of itself. */
interface ClientInside {
  readonly pool: {
    readonly hosts: readonly { getServiceClient(name: string): Parameters<typeof takePlainRequests>[0] }[];
  };
}

const ofTransactions = {
  requestSerialize: encodeTransaction as (transaction: object) => Buffer,
  responseDeserialize: decodeTransacted,
};

/** Nearly all calls read and write keys. */
function callKeysPlainly(client: Etcd3): void {
  for (const host of (client as unknown as ClientInside).pool.hosts) {
    const open = host.getServiceClient.bind(host);
    const taken = new WeakSet<object>();
    host.getServiceClient = (name) => {
      const service = open(name);
      if (name === "KV" && !taken.has(service)) takePlainRequests(service, { range: {}, txn: ofTransactions });
      taken.add(service);
      return service;
    };
  }
}

function checkOptions({ endpoints, prefix }: EtcdOptions): void {
  for (const endpoint of endpoints) {
    const url = URL.parse(endpoint);
    const isPlain = url && /^https?:$/.test(url.protocol) && url.pathname === "/" && !url.username && !url.password;
    if (!isPlain) throw new Error("an endpoint of etcd must have the form http://HOST:PORT or https://HOST:PORT");
  }
  if (endpoints.length === 0) throw new Error("etcd needs at least one endpoint");
  if (new Set(endpoints.map((endpoint) => URL.parse(endpoint)?.protocol)).size > 1)
    throw new Error("the endpoints of etcd must all begin with http://, or all with https://");
  if (!/^[^/\0]+(\/[^/\0]+)*$/.test(prefix)) throw new Error(`invalid etcd prefix ${JSON.stringify(prefix)}`);
}

/** The least key behind all keys with this prefix: the last byte below 0xff goes up by one. */
function endOf(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  const last = end.findLastIndex((byte) => byte < 0xff);
  end[last]++;
  return end.subarray(0, last + 1);
}
