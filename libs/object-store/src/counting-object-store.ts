import { countStorage, type Metrics, type StorageUse } from "@sluice/telemetry";
import type { ByteRange, ObjectInfo, ObjectStore } from "./object-store.ts";

type Use = { -readonly [K in keyof StorageUse]: StorageUse[K] };

/** The same store; calls, bytes and time are summed up by operation until they are taken. Disposing disposes of the store. */
export class CountingObjectStore implements ObjectStore {
  readonly #store: ObjectStore;
  #use = new Map<string, Use>();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** Counted among `metrics` at each scrape. */
  static scraped(store: ObjectStore, metrics: Metrics): CountingObjectStore {
    const counting = new CountingObjectStore(store);
    const count = countStorage(metrics);
    metrics.onScrape(() => count(counting.take()));
    return counting;
  }

  /** What was done since the last time. */
  take(): StorageUse[] {
    const use = [...this.#use.values()];
    this.#use = new Map();
    return use;
  }

  stat(key: string): Promise<ObjectInfo | undefined> {
    return this.#count("stat", () => this.#store.stat(key));
  }

  readInto(key: string, position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    const read = () => this.#store.readInto(key, position, target, signal);
    return this.#count("read", read, (bytes) => bytes);
  }

  async *read(key: string, range?: ByteRange, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    const chunks = this.#store.read(key, range, signal)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.#count(
          "read",
          () => chunks.next(),
          ({ value }) => value?.length ?? 0,
        );
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await chunks.return?.();
    }
  }

  put(key: string, pieces: readonly Uint8Array[], signal?: AbortSignal): Promise<ObjectInfo> {
    return this.#count(
      "put",
      () => this.#store.put(key, pieces, signal),
      ({ sizeBytes }) => sizeBytes,
    );
  }

  list(prefix: string): AsyncIterable<ObjectInfo> {
    return this.#store.list(prefix);
  }

  delete(keys: readonly string[]): Promise<void> {
    return this.#count("delete", () => this.#store.delete(keys));
  }

  async abortWrites(prefix: string): Promise<number> {
    return this.#count("abortWrites", async () => (await this.#store.abortWrites?.(prefix)) ?? 0);
  }

  async #count<T>(operation: string, run: () => Promise<T>, bytesOf: (result: T) => number = () => 0): Promise<T> {
    const use = this.#use.get(operation) ?? { operation, calls: 0, errors: 0, bytes: 0, seconds: 0 };
    this.#use.set(operation, use);
    const startedMs = performance.now();
    try {
      const result = await run();
      use.bytes += bytesOf(result);
      return result;
    } catch (error) {
      use.errors++;
      throw error;
    } finally {
      use.calls++;
      use.seconds += (performance.now() - startedMs) / 1000;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]();
  }
}
