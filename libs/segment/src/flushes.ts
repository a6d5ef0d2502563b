/**
 * Flushes that are being written, at most so many bytes of rows at once: small ones, which wait for syncs, in any number. None
 * ever rejects: the put queue keeps the failure.
 */
export class Flushes {
  readonly #limitBytes: number;
  readonly #running = new Set<Promise<void>>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Nothing is being written. */
  get isEmpty(): boolean {
    return this.#running.size === 0;
  }

  /** Whether one more of `bytes` may run beside the others. Alone it may always. */
  hasRoomFor(bytes: number): boolean {
    return this.isEmpty || this.#bytes + bytes <= this.#limitBytes;
  }

  /** @param ended called when `done` settles, whichever way */
  add(done: Promise<void>, bytes: number, ended: () => void): void {
    this.#bytes += bytes;
    const end = () => {
      this.#bytes -= bytes;
      this.#running.delete(flush);
      ended();
    };
    const flush: Promise<void> = done.then(end, end);
    this.#running.add(flush);
  }

  /** Resolves when one of them has ended. */
  async oneEnded(): Promise<void> {
    await Promise.race(this.#running);
  }

  /** Resolves when all have. */
  async allEnded(): Promise<void> {
    await Promise.all(this.#running);
  }
}
