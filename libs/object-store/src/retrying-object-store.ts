import { sleep } from "@sluice/async";
import { ImportError } from "@sluice/errors";
import { compareKeys } from "./object-key.ts";
import type { ByteRange, ObjectInfo, ObjectStore } from "./object-store.ts";

export interface RetryOptions {
  /** Calls in all, the first included. Default 5. */
  readonly attempts?: number;
  /** Wait before the second call; doubles each time. Default 100. */
  readonly firstDelayMs?: number;
  /** Default 5000. */
  readonly maxDelayMs?: number;
  /** In [0, 1): each wait is between half and the whole of its length. Tests give their own. */
  readonly random?: () => number;
}

/**
 * Tries again, with growing waits, what failed because storage was unavailable. A `read` resumes at its offset and a `list`
 * behind its last key; progress starts the count of attempts anew. All other errors pass at once. An object that is
 * replaced between two attempts of one `read` comes in parts of both: objects are written once where this matters.
 */
export class RetryingObjectStore implements ObjectStore {
  readonly #inner: ObjectStore;
  readonly #attempts: number;
  readonly #firstDelayMs: number;
  readonly #maxDelayMs: number;
  readonly #random: () => number;

  constructor(inner: ObjectStore, options: RetryOptions = {}) {
    this.#inner = inner;
    this.#attempts = options.attempts ?? 5;
    this.#firstDelayMs = options.firstDelayMs ?? 100;
    this.#maxDelayMs = options.maxDelayMs ?? 5_000;
    this.#random = options.random ?? Math.random;
  }

  stat(key: string): Promise<ObjectInfo | undefined> {
    return this.#retry(() => this.#inner.stat(key));
  }

  readInto(key: string, position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    return this.#retry(() => this.#inner.readInto(key, position, target, signal), signal);
  }

  async *read(key: string, range?: ByteRange, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    let at = range?.start ?? 0;
    const end = range?.end ?? Number.MAX_SAFE_INTEGER;
    for (let attempt = 1; ; attempt++) {
      try {
        for await (const chunk of this.#inner.read(key, { start: at, end }, signal)) {
          at += chunk.byteLength;
          attempt = 0;
          yield chunk;
        }
        return;
      } catch (error) {
        await this.#pause(error, Math.max(attempt, 1), signal);
      }
    }
  }

  put(key: string, pieces: readonly Uint8Array[], signal?: AbortSignal): Promise<ObjectInfo> {
    return this.#retry(() => this.#inner.put(key, pieces, signal), signal);
  }

  async *list(prefix: string): AsyncGenerator<ObjectInfo> {
    let last: string | undefined;
    for (let attempt = 1; ; attempt++) {
      try {
        for await (const info of this.#inner.list(prefix)) {
          if (last !== undefined && compareKeys(info.key, last) <= 0) continue;
          last = info.key;
          attempt = 0;
          yield info;
        }
        return;
      } catch (error) {
        await this.#pause(error, Math.max(attempt, 1));
      }
    }
  }

  delete(keys: readonly string[]): Promise<void> {
    return this.#retry(() => this.#inner.delete(keys));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inner[Symbol.asyncDispose]();
  }

  async #retry<T>(run: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await run();
      } catch (error) {
        await this.#pause(error, attempt, signal);
      }
    }
  }

  /** Waits before the next attempt, or throws the error when there is none. */
  async #pause(error: unknown, attempt: number, signal?: AbortSignal): Promise<void> {
    const isTransient = error instanceof ImportError && error.code === "object_store_unavailable";
    if (!isTransient || attempt >= this.#attempts) throw error;
    const delay = Math.min(this.#maxDelayMs, this.#firstDelayMs * 2 ** (attempt - 1));
    await sleep(delay * (0.5 + this.#random() / 2), signal);
    signal?.throwIfAborted();
  }
}
