import { once } from "node:events";
import { Cluster, Redis, type RedisOptions } from "ioredis";
import type { RedisAddress } from "./redis-url.ts";

/** Of one server, of Sentinels' master, or of a cluster. */
export type RedisClient = Redis | Cluster;

/** Pauses between tries to connect, growing to a second. */
const retryStrategy = (attempt: number) => Math.min(50 * attempt, 1000);

/** For calls that somebody waits for: they fail within seconds when Redis is away, rather than hang. */
export const failFast: RedisOptions = { enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: 3000 };
/** For the connections of workers: they wait for Redis to come back. */
export const patient: RedisOptions = { maxRetriesPerRequest: null };

/** Connects in the background, and again when the connection breaks. What fails shows itself at the calls. */
export function connectRedis(address: RedisAddress, caPem: string | undefined, mode: RedisOptions): RedisClient {
  const { kind, hosts, masterName, user, password, database } = address;
  const tls = address.tls ? { tls: caPem === undefined ? {} : { ca: caPem } } : {};
  const shared: RedisOptions = { username: user, password, ...tls, ...mode, retryStrategy, connectTimeout: 3000 };
  const client = open();
  client.on("error", () => {}); // Calls fail with the same error; without a listener the event would be logged raw.
  return client;

  function open(): RedisClient {
    if (kind === "cluster") {
      const { enableOfflineQueue = true } = mode;
      return new Cluster([...hosts], { redisOptions: shared, enableOfflineQueue, clusterRetryStrategy: retryStrategy });
    }
    if (kind === "sentinel")
      return new Redis({
        ...shared,
        db: database,
        sentinels: [...hosts],
        name: masterName,
        enableTLSForSentinelMode: address.tls,
      });
    return new Redis({ ...shared, db: database, ...hosts[0] });
  }
}

/** Resolves when the client is connected; rejects when the signal aborts before. */
export async function connected(client: RedisClient, signal: AbortSignal): Promise<void> {
  if (client.status !== "ready") await once(client, "ready", { signal });
}

/** Calls are answered now. */
export function isReady({ status }: RedisClient): boolean {
  return status === "ready";
}
