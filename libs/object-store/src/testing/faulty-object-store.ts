import { setTimeout as sleep } from "node:timers/promises";
import { ImportError } from "@sluice/errors";
import type { ByteRange, ObjectInfo, ObjectStore } from "../object-store.ts";

/** How often, how and where a store fails. */
export interface FaultOptions {
  /** The same seed and the same order of calls give the same faults. */
  readonly seed: number;
  /** Part of the calls that fail, 0 to 1. Half of the failing writes have taken effect all the same. */
  readonly errorRate: number;
  /** Each call is delayed by up to so many milliseconds. Default 0. */
  readonly maxDelayMs?: number;
  /** The calls that may fail or be slow; default all. */
  readonly operations?: readonly FaultyOperation[];
}

/** Methods of `ObjectStore`. */
export type FaultyOperation = "stat" | "readInto" | "read" | "put" | "copy" | "list" | "delete";

/**
 * A store that fails and lingers at random, for tests of what is built on one. A `read` or `list` fails before, between
 * or after its items; a `put` or `delete` before or after it took effect, as when an answer is lost.
 */
export class FaultyObjectStore implements ObjectStore {
  readonly #inner: ObjectStore;
  readonly #options: FaultOptions;
  readonly #random: () => number;
  /** Number of faults so far: tests check that there were some. */
  faults = 0;

  constructor(inner: ObjectStore, options: FaultOptions) {
    this.#inner = inner;
    this.#options = options;
    this.#random = seededRandom(options.seed);
  }

  async stat(key: string): Promise<ObjectInfo | undefined> {
    await this.#before("stat", key);
    return this.#inner.stat(key);
  }

  async readInto(key: string, position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    await this.#before("readInto", key);
    return this.#inner.readInto(key, position, target, signal);
  }

  read(key: string, range?: ByteRange, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    return this.#during("read", key, this.#inner.read(key, range, signal));
  }

  put(
    key: string,
    pieces: readonly Uint8Array[],
    signal?: AbortSignal,
    mayAppear?: () => Promise<void>,
  ): Promise<ObjectInfo> {
    return this.#around("put", key, () => this.#inner.put(key, pieces, signal, mayAppear));
  }

  copy(from: string, to: string, signal?: AbortSignal, mayAppear?: () => Promise<void>): Promise<void> {
    return this.#around("copy", to, () => this.#inner.copy(from, to, signal, mayAppear));
  }

  list(prefix: string): AsyncIterable<ObjectInfo> {
    return this.#during("list", prefix, this.#inner.list(prefix));
  }

  delete(keys: readonly string[]): Promise<void> {
    return this.#around("delete", keys.join(", "), () => this.#inner.delete(keys));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inner[Symbol.asyncDispose]();
  }

  async #before(operation: FaultyOperation, what: string): Promise<void> {
    const fails = await this.#draw(operation);
    if (fails) this.#fail(operation, what);
  }

  async #around<T>(operation: FaultyOperation, what: string, run: () => Promise<T>): Promise<T> {
    const fails = await this.#draw(operation);
    if (fails && this.#random() < 0.5) this.#fail(operation, what);
    const result = await run();
    if (fails) this.#fail(operation, what);
    return result;
  }

  async *#during<T>(operation: FaultyOperation, what: string, items: AsyncIterable<T>): AsyncGenerator<T> {
    const fails = await this.#draw(operation);
    let left = fails ? Math.floor(this.#random() * 4) : Number.POSITIVE_INFINITY;
    for await (const item of items) {
      if (left-- === 0) this.#fail(operation, what);
      yield item;
    }
    if (fails) this.#fail(operation, what);
  }

  async #draw(operation: FaultyOperation): Promise<boolean> {
    const { operations, errorRate, maxDelayMs = 0 } = this.#options;
    if (operations && !operations.includes(operation)) return false;
    const fails = this.#random() < errorRate;
    if (maxDelayMs > 0) await sleep(this.#random() * maxDelayMs);
    return fails;
  }

  #fail(operation: FaultyOperation, what: string): never {
    this.faults++;
    throw new ImportError("object_store_unavailable", `injected fault in ${operation} of "${what}"`);
  }
}

/** Numbers in [0, 1). Source: mulberry32, a public-domain generator; good enough to choose faults. */
function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
