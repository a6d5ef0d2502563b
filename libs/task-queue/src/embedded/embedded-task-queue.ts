import type { TaskId } from "@sluice/schema";
import { type Clock, systemClock } from "../clock.ts";
import { LeaseWaiters } from "../lease-waiters.ts";
import type { LeaseRequest, QueuedTask, TaskLease, TaskQueue } from "../task-queue.ts";
import { WaitingTasks } from "./waiting-tasks.ts";

/**
 * The queue of a single process, in memory only: the records of tasks are the truth, and who starts the process fills the
 * queue from them again. Waiting requests are served in order of arrival, each with the first task that fits it.
 */
export class EmbeddedTaskQueue implements TaskQueue {
  readonly #clock: Clock;
  readonly #waiting = new WaitingTasks();
  readonly #background = new WaitingTasks();
  readonly #leases = new Map<TaskId, EmbeddedTaskLease>();
  readonly #waiters = new LeaseWaiters();
  #closed = false;

  constructor({ clock = systemClock }: { readonly clock?: Clock } = {}) {
    this.#clock = clock;
  }

  async enqueue(tasks: readonly QueuedTask[]): Promise<void> {
    this.#checkOpen();
    for (const task of tasks) {
      const waiting = this.#waitingFor(task);
      if (!waiting.has(task.taskId) && !this.#leases.has(task.taskId)) waiting.add(task);
    }
    this.#serve();
  }

  async lease(request: LeaseRequest): Promise<TaskLease | undefined> {
    this.#checkOpen();
    if (request.signal.aborted) return undefined;
    const served = this.#waiters.add(request);
    this.#serve();
    return served;
  }

  async remove(taskIds: readonly TaskId[]): Promise<void> {
    this.#checkOpen();
    for (const taskId of taskIds) {
      this.#waiting.remove(taskId);
      this.#background.remove(taskId);
      this.#leases.get(taskId)?.lose("the task was removed from the queue");
    }
  }

  async hasWaiting(moreThanBytes: number): Promise<boolean> {
    return this.#waiting.hasLarger(moreThanBytes);
  }

  async depth(): Promise<{ readonly waiting: number; readonly leased: number }> {
    return { waiting: this.#waiting.size + this.#background.size, leased: this.#leases.size };
  }

  async known(): Promise<ReadonlySet<TaskId>> {
    return new Set([...this.#waiting.ids(), ...this.#background.ids(), ...this.#leases.keys()]);
  }

  /** Ends all waits and revokes all leases. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#waiters.endAll();
    for (const lease of this.#leases.values()) lease.lose("the queue was closed");
  }

  #waitingFor({ isBackground }: QueuedTask): WaitingTasks {
    return isBackground ? this.#background : this.#waiting;
  }

  #serve(): void {
    if (this.#waiting.size + this.#background.size === 0) return;
    for (const waiter of this.#waiters) {
      const task = this.#take(waiter.request);
      if (task) waiter.settle(this.#grant(task, waiter.request.leaseMs));
    }
  }

  #take({ maxSizeBytes }: LeaseRequest): QueuedTask | undefined {
    if (maxSizeBytes !== undefined) return this.#waiting.take(maxSizeBytes);
    return this.#waiting.take(Number.POSITIVE_INFINITY) ?? this.#background.take(Number.POSITIVE_INFINITY);
  }

  #grant(task: QueuedTask, leaseMs: number): TaskLease {
    const lease = new EmbeddedTaskLease(task, leaseMs, this.#clock, (goesBack) => {
      this.#leases.delete(task.taskId);
      if (!goesBack || this.#closed) return;
      this.#waitingFor(task).addReturned(task);
      this.#serve();
    });
    this.#leases.set(task.taskId, lease);
    return lease;
  }

  #checkOpen(): void {
    if (this.#closed) throw new Error("the task queue is closed");
  }
}

/** Ends once: by completion, by giving it back, or by loss. */
class EmbeddedTaskLease implements TaskLease {
  readonly task: QueuedTask;
  readonly #leaseMs: number;
  readonly #clock: Clock;
  readonly #onEnd: (goesBack: boolean) => void;
  readonly #lost = new AbortController();
  #timer: Disposable;
  #ended = false;

  constructor(task: QueuedTask, leaseMs: number, clock: Clock, onEnd: (goesBack: boolean) => void) {
    this.task = task;
    this.#leaseMs = leaseMs;
    this.#clock = clock;
    this.#onEnd = onEnd;
    this.#timer = this.#startTimer();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async renew(): Promise<boolean> {
    if (this.#ended) return false;
    this.#timer[Symbol.dispose]();
    this.#timer = this.#startTimer();
    return true;
  }

  async complete(): Promise<void> {
    this.#end(false);
  }

  async giveBack(): Promise<void> {
    this.#end(true);
  }

  /** By decision of the queue; the task is not to be run again from here. */
  lose(reason: string): void {
    if (this.#ended) return;
    this.#end(false);
    this.#lost.abort(new Error(reason));
  }

  #startTimer(): Disposable {
    return this.#clock.schedule(() => this.#expire(), this.#leaseMs);
  }

  #expire(): void {
    if (this.#ended) return;
    this.#end(true); // First: a holder that completes the task when it hears of the loss must come too late.
    this.#lost.abort(new Error("the lease was not renewed in time"));
  }

  #end(goesBack: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timer[Symbol.dispose]();
    this.#onEnd(goesBack);
  }
}
