import type { TaskOutcome } from "../tasks/task-kind.ts";
import type { ThreadTask } from "./messages.ts";
import type { AttemptRunner, RunHooks } from "./worker-thread.ts";

/**
 * Runs small tasks in a thread of large ones that has nothing to do, which is warm and there; in one of their own while all are busy.
 * That one takes its memory, and the time to start, only where imports meet.
 */
export class SmallTaskRunner implements AttemptRunner {
  readonly #others: readonly AttemptRunner[];
  readonly #own: AttemptRunner;

  constructor(others: readonly AttemptRunner[], own: AttemptRunner) {
    this.#others = others;
    this.#own = own;
  }

  run(task: ThreadTask, hooks: RunHooks, signal: AbortSignal): Promise<TaskOutcome> {
    const runner = this.#others.find(({ isIdle }) => isIdle) ?? this.#own;
    return runner.run(task, hooks, signal);
  }

  /** The others have owners. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#own[Symbol.asyncDispose]();
  }
}
