import type { ObjectInfo, ObjectWrites } from "@sluice/object-store";
import { LastKnown } from "../last-known.ts";

/** The datanode is asked again after so long. It asks the rootcoord when it has not heard of it for as long as a lease. */
const KNOWN_MS = 1000;

/**
 * The writes of one attempt, each of which may appear only while the attempt is the current one.
 *
 * F1. The request that makes an object appear is sent at most `task-lease` and a second after the rootcoord confirmed the
 *     attempt: who was cut off or stopped for longer asks first, by either clock. So what garbage collection has swept for
 *     the second time, after `gc-grace`, stays swept, however long its writer was away.
 */
export class FencedWrites implements ObjectWrites {
  readonly #store: ObjectWrites;
  readonly #known = new LastKnown();
  readonly #ask: () => Promise<void>;

  /** @param ask rejects when the attempt is not the current one */
  constructor(store: ObjectWrites, ask: () => Promise<void>) {
    this.#store = store;
    this.#ask = ask;
  }

  put(key: string, pieces: readonly Uint8Array[], signal?: AbortSignal): Promise<ObjectInfo> {
    return this.#store.put(key, pieces, signal, () => this.#confirm());
  }

  copy(from: string, to: string, signal?: AbortSignal): Promise<void> {
    return this.#store.copy(from, to, signal, () => this.#confirm());
  }

  #confirm(): Promise<void> {
    return this.#known.confirm(KNOWN_MS, this.#ask);
  }

  delete(keys: readonly string[]): Promise<void> {
    return this.#store.delete(keys);
  }
}
