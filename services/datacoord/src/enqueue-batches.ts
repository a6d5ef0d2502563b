import { Serial } from "@sluice/async";
import type { QueuedTask, TaskQueue } from "@sluice/task-queue";

/**
 * Enqueues tasks that come by many calls in batches: what arrives while one batch is on its way goes with the next. A caller
 * has its answer when its tasks are queued.
 */
export class EnqueueBatches {
  readonly #queue: TaskQueue;
  #next: { readonly tasks: QueuedTask[]; readonly done: Promise<void> } | undefined;
  readonly #turns = new Serial();

  constructor(queue: TaskQueue) {
    this.#queue = queue;
  }

  /** @throws what the queue throws, for the whole batch */
  enqueue(tasks: readonly QueuedTask[]): Promise<void> {
    this.#next ??= this.#open();
    this.#next.tasks.push(...tasks);
    return this.#next.done;
  }

  #open() {
    const tasks: QueuedTask[] = [];
    const done = this.#turns.run(() => {
      this.#next = undefined;
      return this.#queue.enqueue(tasks);
    });
    return { tasks, done };
  }
}
