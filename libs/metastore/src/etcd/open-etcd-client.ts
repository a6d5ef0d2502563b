import { takePlainRequests } from "@sluice/rpc/plain-requests";
import { ExponentialBackoff, type IBackoff, noop } from "cockatiel";
import { Etcd3 } from "etcd3";
import { decodeTransacted, encodeTransaction } from "./etcd-codec.ts";

/** A member that vanished without a word is found out after their sum. etcd drops clients that ask more often than each 5 s. */
const KEEPALIVE_MS = { time: 8000, timeout: 4000 };

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

/** The settings that keep the client from harm: no circuit breaker, no deadline on streams, no hidden repetition. */
export function openClient({ endpoints, auth, tls }: EtcdOptions, callTimeoutMs: number): Etcd3 {
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

/** @throws Error for endpoints and prefixes that are none */
export function checkOptions({ endpoints, prefix }: EtcdOptions): void {
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
