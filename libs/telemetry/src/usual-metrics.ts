import { durationBuckets, type Metrics } from "./metrics.ts";

/** Called at the end of a call: its method, its Milvus code (0 when it succeeded), how long it took. */
export type CallObserver = (method: string, code: number, seconds: number, reason?: string) => void;

/** Calls that a gRPC server answered. */
export function observeCalls(metrics: Metrics): CallObserver {
  const seconds = metrics.histogram("sluice_rpc_seconds", {
    help: "Answered gRPC calls, by method and whether they succeeded.",
    labels: ["method", "result"],
    buckets: durationBuckets,
  });
  return (method, code, took) => seconds.observe(took, { method, result: code === 0 ? "ok" : "refused" });
}

/** Runs one operation of a store and notes how long it took and how it ended. */
export type StoreObserver = <T>(operation: string, run: () => Promise<T>) => Promise<T>;

/** Operations of the metastore. */
export function observeMetaStore(metrics: Metrics): StoreObserver {
  const seconds = metrics.histogram("sluice_metastore_seconds", {
    help: "Operations of the metastore, retries included.",
    labels: ["operation"],
    buckets: durationBuckets,
  });
  const errors = metrics.counter("sluice_metastore_errors_total", {
    help: "Operations of the metastore that failed.",
    labels: ["operation"],
  });
  return async (operation, run) => {
    const startedMs = performance.now();
    try {
      return await run();
    } catch (error) {
      errors.add(1, { operation });
      throw error;
    } finally {
      seconds.observe((performance.now() - startedMs) / 1000, { operation });
    }
  };
}

/** What was done with an object store, summed up: it crosses threads as such. */
export interface StorageUse {
  readonly operation: string;
  readonly calls: number;
  readonly errors: number;
  readonly bytes: number;
  readonly seconds: number;
}

/** Operations of object stores, of this thread and others. */
export function countStorage(metrics: Metrics): (use: readonly StorageUse[]) => void {
  const labels = ["operation"] as const;
  const counter = (name: string, help: string) => metrics.counter(name, { help, labels });
  const calls = counter("sluice_object_store_operations_total", "Operations of object stores.");
  const errors = counter("sluice_object_store_errors_total", "Operations of object stores that failed.");
  const bytes = counter("sluice_object_store_bytes_total", "Bytes read from and written to object stores.");
  const seconds = counter("sluice_object_store_wait_seconds_total", "Time that operations of object stores took.");
  return (use) => {
    for (const one of use) {
      const { operation } = one;
      calls.add(one.calls, { operation });
      errors.add(one.errors, { operation });
      bytes.add(one.bytes, { operation });
      seconds.add(one.seconds, { operation });
    }
  };
}

/** The same of a store that sums up what is done with it: counted among `metrics` at each scrape. */
export function scrapeStorage<S extends { take(): readonly StorageUse[] }>(store: S, metrics: Metrics): S {
  const count = countStorage(metrics);
  metrics.onScrape(() => count(store.take()));
  return store;
}
