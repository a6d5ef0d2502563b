import type { ObjectStore } from "@sluice/object-store";

/**
 * Writes objects, a bounded number at once, in the order of the calls. The first failure stops everything: what runs is
 * aborted, what waits is not begun, and all later calls reject.
 */
export class PutQueue {
  readonly #store: ObjectStore;
  readonly #limit: number;
  readonly #stopping = new AbortController();
  readonly #signal: AbortSignal;
  readonly #running = new Set<Promise<unknown>>();
  readonly #waiting: (() => void)[] = [];
  #active = 0;
  #writtenBytes = 0;

  constructor(store: ObjectStore, limit: number, signal: AbortSignal) {
    this.#store = store;
    this.#limit = limit;
    this.#signal = AbortSignal.any([signal, this.#stopping.signal]);
  }

  /** Bytes of the objects that are written completely. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** @throws the first failure, or the reason of the signal */
  throwIfStopped(): void {
    this.#signal.throwIfAborted();
  }

  /** Resolves to the object's bytes. The pieces must not change until then. */
  put(key: string, pieces: readonly Uint8Array[]): Promise<number> {
    const written = this.#put(key, pieces);
    this.#running.add(written);
    const done = () => this.#running.delete(written);
    written.then(done, done);
    return written;
  }

  /** Aborts what runs. */
  stop(reason: unknown): void {
    this.#stopping.abort(reason);
  }

  /** Waits until no write runs or waits. Does not reject: failures reach the callers of `put`. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  async #put(key: string, pieces: readonly Uint8Array[]): Promise<number> {
    await this.#enter();
    try {
      this.throwIfStopped();
      await this.#store.put(key, pieces, this.#signal);
      const sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
      this.#writtenBytes += sizeBytes;
      return sizeBytes;
    } catch (error) {
      this.stop(error);
      throw error;
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#active < this.#limit) {
      this.#active++;
      return;
    }
    // The one who leaves hands over its place.
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#active--;
  }
}
