import type { HeldKey, HoldRequest, MetaStore } from "../meta-store.ts";
import type { EtcdConnection } from "./etcd-connection.ts";
import { isLeaseGone } from "./etcd-errors.ts";
import type { EtcdLease } from "./etcd-lease.ts";

type Store = Pick<MetaStore, "get" | "watch">;

/**
 * Waits until the key is absent, then puts it with a lease of its own. One lease holds one key: releasing it is revoking
 * the lease, and a put that was sent again, its first answer lost, finds out by the lease whether the key is its own; one
 * that reaches etcd late, after its caller has given up, comes with a lease that is gone and writes nothing.
 * @throws {StatusError} `notReady`
 */
export async function holdInEtcd(
  store: Store,
  connection: EtcdConnection,
  request: HoldRequest,
): Promise<HeldKey | undefined> {
  const stopped = new AbortController();
  const signal = AbortSignal.any([request.signal, connection.closed]);
  const changes = store.watch(request.key, AbortSignal.any([signal, stopped.signal]))[Symbol.asyncIterator]();
  try {
    while (!signal.aborted) {
      const isTaken = (await store.get(request.key)) !== undefined;
      const held = isTaken ? undefined : await tryToHold(store, connection, { ...request, signal });
      if (held) return held;
      if (!signal.aborted && (await changes.next()).done) return undefined;
    }
    return undefined;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    stopped.abort();
  }
}

async function tryToHold(store: Store, connection: EtcdConnection, request: HoldRequest): Promise<HeldKey | undefined> {
  const { key, ttlMs, signal } = request;
  const lease = await connection.grantLease(ttlMs, { signal });
  try {
    const doing = `hold "${key}"`;
    const revision = await connection.call(doing, () => putWithLease(connection, request, lease), { signal });
    if (revision !== undefined) return new EtcdHeldKey(store, { key, revision }, lease);
  } catch (error) {
    await lease.end();
    if (isLeaseGone(error)) return tryToHold(store, connection, request);
    throw error;
  }
  await lease.end();
  return undefined;
}

/** One try. Resolves to the revision of the key when it is ours, by this try or an earlier one. */
async function putWithLease(
  connection: EtcdConnection,
  { key: name, value }: HoldRequest,
  lease: EtcdLease,
): Promise<bigint | undefined> {
  const key = connection.keyOf(name);
  const { succeeded, revision, found } = await connection.transact({
    conditions: [{ key, revision: 0n }],
    success: [{ put: key, value: Buffer.from(value), lease: lease.id }],
    failure: [{ get: key }],
  });
  if (succeeded) return revision;
  const [there] = found;
  return there?.lease === BigInt(lease.id) ? there.revision : undefined;
}

class EtcdHeldKey implements HeldKey {
  readonly guard: { readonly key: string; readonly revision: bigint };
  readonly #store: Store;
  readonly #lease: EtcdLease;
  readonly #released = new AbortController();
  readonly #taken = new AbortController();
  readonly #lost: AbortSignal;

  constructor(store: Store, guard: { readonly key: string; readonly revision: bigint }, lease: EtcdLease) {
    this.guard = guard;
    this.#store = store;
    this.#lease = lease;
    this.#lost = AbortSignal.any([lease.lost, this.#taken.signal]);
    void this.#watch();
  }

  get lost(): AbortSignal {
    void this.#lease.lost; // Looks at the clock.
    return this.#lost;
  }

  /** Somebody who deletes or replaces the key takes it away; so does an etcd that restored an older state. */
  async #watch(): Promise<void> {
    const { key, revision } = this.guard;
    const { signal } = this.#released;
    for await (const keys of this.#store.watch(key, signal)) {
      if (!keys.has(key)) continue;
      while (!signal.aborted) {
        const found = await this.#store.get(key).catch((error: Error) => error);
        if (found instanceof Error) continue; // It has been tried for long: whether the key is still ours is not known.
        if (found?.revision !== revision && !signal.aborted) this.#taken.abort();
        break;
      }
      if (this.#taken.signal.aborted) return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#released.signal.aborted) return;
    this.#released.abort();
    await this.#lease.end();
  }
}
