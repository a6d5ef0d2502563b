/** A call that takes longer than this waits for something. */
const SLOW_MS = 2;
/** So long a file system that was slow once is not waited for. */
const CAUTION_MS = 1000;

/**
 * Whether calls of the file system may be waited for by the thread. Where they end in microseconds, each turn of the thread pool costs
 * several times the call; where they do not, as in folders of other machines, nothing else must stand still meanwhile. So they are
 * timed, and one that was slow has the next ones made by the pool for a while.
 */
export class QuickCalls {
  readonly #now: () => number;
  #cautiousUntilMs = 0;

  /** @param now milliseconds of a clock that is not set */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** False for a second after a slow call. */
  get areQuick(): boolean {
    return this.#now() >= this.#cautiousUntilMs;
  }

  /** @throws what `calls` throws */
  run<T>(calls: () => T): T {
    const beganMs = this.#now();
    try {
      return calls();
    } finally {
      const endedMs = this.#now();
      if (endedMs - beganMs > SLOW_MS) this.#cautiousUntilMs = endedMs + CAUTION_MS;
    }
  }
}
