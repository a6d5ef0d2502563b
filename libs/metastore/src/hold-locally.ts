import type { HeldKey, HoldRequest, MetaStore } from "./meta-store.ts";

/**
 * `hold` of stores that one process owns: a key is held until it is released or taken away, since the holder and the store
 * live and die together.
 */
export async function holdLocally(
  store: Pick<MetaStore, "commit" | "watch">,
  { key, value, signal }: HoldRequest,
): Promise<HeldKey | undefined> {
  const changes = store.watch(key, signal)[Symbol.asyncIterator]();
  try {
    while (!signal.aborted) {
      const revision = await store.commit({ guards: [{ key, revision: 0n }], writes: [{ key, value }] });
      if (revision !== undefined) return new LocalHeldKey(store, key, revision);
      if ((await changes.next()).done) return undefined;
    }
    return undefined;
  } finally {
    await changes.return?.();
  }
}

class LocalHeldKey implements HeldKey {
  readonly guard: { readonly key: string; readonly revision: bigint };
  readonly lost: AbortSignal;
  readonly #store: Pick<MetaStore, "commit" | "watch">;
  readonly #released = new AbortController();
  readonly #lost = new AbortController();

  constructor(store: Pick<MetaStore, "commit" | "watch">, key: string, revision: bigint) {
    this.#store = store;
    this.guard = { key, revision };
    this.lost = this.#lost.signal;
    void this.#watch(store.watch(key, this.#released.signal));
  }

  /** Somebody who writes or deletes the key takes it away. */
  async #watch(changes: AsyncIterable<ReadonlySet<string>>): Promise<void> {
    for await (const keys of changes) {
      if (!keys.has(this.guard.key) || this.#released.signal.aborted) continue;
      const isHeld = (await this.#store.commit({ guards: [this.guard], writes: [] })) !== undefined;
      if (!isHeld) return this.#lost.abort();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#released.signal.aborted) return;
    this.#released.abort();
    await this.#store.commit({ guards: [this.guard], writes: [{ key: this.guard.key, value: undefined }] });
  }
}
