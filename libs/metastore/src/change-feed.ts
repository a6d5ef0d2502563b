interface Subscriber {
  readonly prefix: string;
  changed: Set<string>;
  wake: (() => void) | undefined;
}

/** Tells watchers in this process which keys changed. A slow watcher gets one larger set, so memory stays bounded by keys. */
export class ChangeFeed {
  readonly #subscribers = new Set<Subscriber>();
  #closed = false;

  /** Wakes up those whose prefix one of the keys begins with. */
  publish(keys: readonly string[]): void {
    for (const subscriber of this.#subscribers) {
      for (const key of keys) if (key.startsWith(subscriber.prefix)) subscriber.changed.add(key);
      if (subscriber.changed.size > 0) subscriber.wake?.();
    }
  }

  /** Changes from this call on, also those before the first item is asked for. Ends when the signal aborts or the feed closes. */
  watch(prefix: string, signal: AbortSignal): AsyncIterable<ReadonlySet<string>> {
    const subscriber: Subscriber = { prefix, changed: new Set(), wake: undefined };
    if (!signal.aborted && !this.#closed) this.#subscribers.add(subscriber);
    const end = () => {
      this.#subscribers.delete(subscriber);
      subscriber.wake?.();
    };
    signal.addEventListener("abort", end, { once: true });
    return this.#items(subscriber, () => {
      signal.removeEventListener("abort", end);
      end();
    });
  }

  /** Ends all watches, and those that are asked for later. */
  close(): void {
    this.#closed = true;
    for (const subscriber of this.#subscribers) {
      this.#subscribers.delete(subscriber);
      subscriber.wake?.();
    }
  }

  async *#items(subscriber: Subscriber, unsubscribe: () => void): AsyncGenerator<ReadonlySet<string>> {
    try {
      while (this.#subscribers.has(subscriber)) {
        if (subscriber.changed.size === 0) await new Promise<void>((resolve) => (subscriber.wake = resolve));
        subscriber.wake = undefined;
        if (subscriber.changed.size === 0) continue;
        const changed = subscriber.changed;
        subscriber.changed = new Set();
        if (this.#subscribers.has(subscriber)) yield changed;
      }
    } finally {
      unsubscribe();
    }
  }
}
