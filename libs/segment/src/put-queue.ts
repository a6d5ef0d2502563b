import type { ObjectWrites } from "@sluice/object-store";

/** Objects below this are small: they wait for syncs, not for bandwidth, and many may do so at once. */
const SMALL_BYTES = 1 << 20;
/** So many small objects take the place of a large one. */
const SMALL_PER_PLACE = 6;

/**
 * Writes objects, a bounded number at once, in the order of the calls. The first failure stops everything: what runs is
 * aborted, what waits is not begun, and all later calls reject.
 */
export class PutQueue {
  readonly #store: ObjectWrites;
  readonly #limit: number;
  readonly #stopping = new AbortController();
  readonly #signal: AbortSignal;
  readonly #mayAppear: (() => Promise<void>) | undefined;
  readonly #running = new Set<Promise<unknown>>();
  readonly #waiting: { readonly places: number; readonly enter: () => void }[] = [];
  #taken = 0;
  #writtenBytes = 0;

  /** @param mayAppear as of `ObjectWrites.put`, asked of every object */
  constructor(store: ObjectWrites, limit: number, signal: AbortSignal, mayAppear?: () => Promise<void>) {
    this.#store = store;
    this.#limit = limit;
    this.#mayAppear = mayAppear;
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
    const sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    return this.#tracked(sizeBytes, () => this.#store.put(key, pieces, this.#signal, this.#mayAppear));
  }

  /** The same of an object whose bytes another one has, which is there: the storage copies it. */
  copy(from: string, key: string, sizeBytes: number): Promise<number> {
    return this.#tracked(sizeBytes, () => this.#store.copy(from, key, this.#signal, this.#mayAppear));
  }

  #tracked(sizeBytes: number, write: () => Promise<unknown>): Promise<number> {
    const written = this.#write(sizeBytes, write);
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

  async #write(sizeBytes: number, write: () => Promise<unknown>): Promise<number> {
    const places = sizeBytes < SMALL_BYTES ? 1 / SMALL_PER_PLACE : 1;
    await this.#enter(places);
    try {
      this.throwIfStopped();
      await write();
      this.#writtenBytes += sizeBytes;
      return sizeBytes;
    } catch (error) {
      this.stop(error);
      throw error;
    } finally {
      this.#leave(places);
    }
  }

  async #enter(places: number): Promise<void> {
    if (this.#waiting.length === 0 && this.#taken + places <= this.#limit + ROUNDING) {
      this.#taken += places;
      return;
    }
    // Who leaves hands over its place.
    await new Promise<void>((enter) => this.#waiting.push({ places, enter }));
  }

  #leave(places: number): void {
    this.#taken -= places;
    for (
      let next = this.#waiting[0];
      next && this.#taken + next.places <= this.#limit + ROUNDING;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#taken += next.places;
      next.enter();
    }
  }
}

/** Sixths do not add up exactly. */
const ROUNDING = 1e-6;
