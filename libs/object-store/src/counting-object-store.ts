import type { StorageUse } from "@sluice/telemetry";
import type { ByteRange, ObjectInfo, ObjectStore } from "./object-store.ts";
import { UseCounter } from "./use-counter.ts";

/** The same store; calls, bytes and time are summed up by operation until they are taken. Disposing disposes of the store. */
export class CountingObjectStore implements ObjectStore {
  readonly #store: ObjectStore;
  readonly #use = new UseCounter();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** What was done since the last time. */
  take(): StorageUse[] {
    return this.#use.take();
  }

  stat(key: string): Promise<ObjectInfo | undefined> {
    return this.#use.count("stat", () => this.#store.stat(key));
  }

  readInto(key: string, position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    const read = () => this.#store.readInto(key, position, target, signal);
    return this.#use.count("read", read, (bytes) => bytes);
  }

  read(key: string, range?: ByteRange, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    return this.#use.chunks("read", this.#store.read(key, range, signal));
  }

  put(
    key: string,
    pieces: readonly Uint8Array[],
    signal?: AbortSignal,
    mayAppear?: () => Promise<void>,
  ): Promise<ObjectInfo> {
    return this.#use.count(
      "put",
      () => this.#store.put(key, pieces, signal, mayAppear),
      ({ sizeBytes }) => sizeBytes,
    );
  }

  copy(from: string, to: string, signal?: AbortSignal, mayAppear?: () => Promise<void>): Promise<void> {
    return this.#use.count("copy", () => this.#store.copy(from, to, signal, mayAppear));
  }

  list(prefix: string): AsyncIterable<ObjectInfo> {
    return this.#store.list(prefix);
  }

  delete(keys: readonly string[]): Promise<void> {
    return this.#use.count("delete", () => this.#store.delete(keys));
  }

  async abortWrites(prefix: string): Promise<number> {
    return this.#use.count("abortWrites", async () => (await this.#store.abortWrites?.(prefix)) ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]();
  }
}
