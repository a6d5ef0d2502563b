import type { LeaseRequest, TaskLease } from "./task-queue.ts";

/** A request for a task that is not served yet. */
export interface LeaseWaiter {
  readonly request: LeaseRequest;
  /** Ends the wait; undefined: without a task. */
  settle(lease: TaskLease | undefined): void;
}

/** Requests that wait, in order of arrival. A request leaves when it is settled, or when its signal aborts. */
export class LeaseWaiters {
  readonly #waiters = new Set<LeaseWaiter>();

  /** Requests that wait. */
  get size(): number {
    return this.#waiters.size;
  }

  /** Resolves when the request is settled. @throws {RangeError} for a lease without time */
  add(request: LeaseRequest): Promise<TaskLease | undefined> {
    if (!(request.leaseMs > 0)) throw new RangeError(`a lease of ${request.leaseMs} ms is none`);
    const { promise, resolve } = Promise.withResolvers<TaskLease | undefined>();
    const abort = () => waiter.settle(undefined);
    const waiter: LeaseWaiter = {
      request,
      settle: (lease) => {
        this.#waiters.delete(waiter);
        request.signal.removeEventListener("abort", abort);
        resolve(lease);
      },
    };
    request.signal.addEventListener("abort", abort);
    this.#waiters.add(waiter);
    return promise;
  }

  /** Takes a waiter out, to settle it later: nobody else serves it meanwhile. */
  remove(waiter: LeaseWaiter): void {
    this.#waiters.delete(waiter);
  }

  /** All resolve to undefined. */
  endAll(): void {
    for (const waiter of [...this.#waiters]) waiter.settle(undefined);
  }

  /** In order of arrival. */
  [Symbol.iterator](): IterableIterator<LeaseWaiter> {
    return this.#waiters.values();
  }
}
