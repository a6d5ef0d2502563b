/** Part of a budget that is held until it is disposed; disposing twice gives back once. */
export interface MemoryReservation extends Disposable {
  readonly bytes: number;
}

interface Waiter {
  readonly bytes: number;
  grant(): void;
}

/**
 * Memory in bytes that tasks of one node share. Strictly first come, first served: a large request is not overtaken by
 * small ones, so it cannot starve. Who needs memory reserves all of it at once: tasks that hold some while they wait for
 * more can block each other forever.
 */
export class MemoryBudget {
  readonly totalBytes: number;
  #usedBytes = 0;
  readonly #waiting: Waiter[] = [];

  constructor(totalBytes: number) {
    if (!(totalBytes > 0))
      throw new RangeError(`memory budget: expected a positive number of bytes, got ${totalBytes}`);
    this.totalBytes = totalBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Number of requests that wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Waits until `bytes` are free. Aborting ends the wait: it rejects with the signal's reason.
   * @throws {RangeError} more than the whole budget, which would wait forever
   */
  async reserve(bytes: number, signal?: AbortSignal): Promise<MemoryReservation> {
    if (!(bytes >= 0)) throw new RangeError(`memory budget: cannot reserve ${bytes} bytes`);
    if (bytes > this.totalBytes) {
      throw new RangeError(`memory budget: ${bytes} bytes are needed, the whole budget has ${this.totalBytes}`);
    }
    signal?.throwIfAborted();
    if (this.#waiting.length > 0 || !this.#fits(bytes)) return this.#wait(bytes, signal);
    return this.#take(bytes);
  }

  #fits(bytes: number): boolean {
    return this.#usedBytes + bytes <= this.totalBytes;
  }

  #take(bytes: number): MemoryReservation {
    this.#usedBytes += bytes;
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      this.#usedBytes -= bytes;
      this.#grantWaiting();
    };
    return { bytes, [Symbol.dispose]: release };
  }

  #wait(bytes: number, signal: AbortSignal | undefined): Promise<MemoryReservation> {
    const { promise, resolve, reject } = Promise.withResolvers<MemoryReservation>();
    const waiter: Waiter = {
      bytes,
      grant: () => {
        signal?.removeEventListener("abort", abort);
        resolve(this.#take(bytes));
      },
    };
    const abort = () => {
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      reject(signal?.reason);
      this.#grantWaiting(); // The one behind may fit where this one did not.
    };
    signal?.addEventListener("abort", abort, { once: true });
    this.#waiting.push(waiter);
    return promise;
  }

  #grantWaiting(): void {
    while (this.#waiting.length > 0 && this.#fits(this.#waiting[0].bytes)) this.#waiting.shift()!.grant();
  }
}
