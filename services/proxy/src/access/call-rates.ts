/** Clients that are remembered; who has been quiet the longest is forgotten first. */
const MAX_CLIENTS = 10_000;

interface Bucket {
  tokens: number;
  atMs: number;
}

/** How many calls each client may make: so many a second, and twice as many at once. */
export class CallRates {
  readonly #perSecond: number;
  readonly #buckets = new Map<string, Bucket>();
  readonly #now: () => number;

  /** @param perSecond 0 = no limit @param now milliseconds */
  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** Whether anything is counted at all. */
  get areLimited(): boolean {
    return this.#perSecond > 0;
  }

  /** Whether one more call of a client goes on; it counts if it does. */
  admits(client: string): boolean {
    if (!this.areLimited) return true;
    const [nowMs, most] = [this.#now(), 2 * this.#perSecond];
    const bucket = this.#buckets.get(client) ?? { tokens: most, atMs: nowMs };
    bucket.tokens = Math.min(most, bucket.tokens + ((nowMs - bucket.atMs) * this.#perSecond) / 1000);
    bucket.atMs = nowMs;
    this.#remember(client, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  #remember(client: string, bucket: Bucket): void {
    this.#buckets.delete(client);
    this.#buckets.set(client, bucket);
    if (this.#buckets.size <= MAX_CLIENTS) return;
    const [oldest] = this.#buckets.keys();
    this.#buckets.delete(oldest);
  }
}
