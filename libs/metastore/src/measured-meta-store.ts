import type { StoreObserver } from "@sluice/telemetry";
import type { MetaEntry, MetaStore } from "./meta-store.ts";

/** The same store; every operation is told to `observe`. */
export function measuredMetaStore(store: MetaStore, observe: StoreObserver): MetaStore {
  return {
    limits: store.limits,
    get: (key) => observe("get", () => store.get(key)),
    scan: (prefix, after) => scan(store.scan(prefix, after), observe),
    commit: (transaction) => observe("commit", () => store.commit(transaction)),
    watch: (prefix, signal) => store.watch(prefix, signal),
    hold: (request) => store.hold(request),
    [Symbol.asyncDispose]: async () => store[Symbol.asyncDispose](),
  };
}

/** A scan is told of when it ends, with the time that its reader took. */
async function* scan(entries: AsyncIterable<MetaEntry>, observe: StoreObserver): AsyncGenerator<MetaEntry> {
  const ended = Promise.withResolvers<void>();
  const observed = observe("scan", () => ended.promise);
  observed.catch(() => undefined);
  try {
    yield* entries;
    ended.resolve();
  } catch (error) {
    ended.reject(error);
    throw error;
  } finally {
    ended.resolve();
  }
}
