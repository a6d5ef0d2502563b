import { sleep } from "./sleep.ts";

/** Time that was spent on something else is made up for, up to so much of it. */
const CREDIT_MS = 1000;

/** Lets so many bytes a second through: who is about to move some waits until it is their turn. */
export class ByteRate {
  readonly #bytesPerSecond: number;
  readonly #now: () => number;
  /** Until when what was let through has had its time. */
  #untilMs: number;

  /** @param bytesPerSecond 0: any number @param now milliseconds */
  constructor(bytesPerSecond: number, now: () => number = () => performance.now()) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#now = now;
    this.#untilMs = now();
  }

  /** Resolves when bytes may be moved; of several callers one after the other. @throws the signal's reason */
  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    if (this.#bytesPerSecond <= 0) return;
    const now = this.#now();
    this.#untilMs = Math.max(this.#untilMs, now - CREDIT_MS) + (1000 * bytes) / this.#bytesPerSecond;
    if (this.#untilMs > now) await sleep(this.#untilMs - now, signal);
    signal?.throwIfAborted();
  }
}
