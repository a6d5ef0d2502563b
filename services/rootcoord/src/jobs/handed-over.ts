import { forEachConcurrent, Slots } from "@sluice/async";
import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { bytesPerSecondOf, isOpenTask } from "@sluice/jobs";
import type { JobId } from "@sluice/schema";
import type { JobView } from "./known-job.ts";

/** Tasks of one call, and calls at once over all jobs: other calls must not wait behind thousands of tasks. */
const TASKS_PER_CALL = 64;
const CONCURRENCY = 4;

/** Tasks that the datacoord has, as far as is known. */
export class HandedOver {
  readonly #tasks = new Set<bigint>();
  /** Jobs of which it has all: to ask for each of a thousand tasks after every report adds up. */
  readonly #jobs = new Set<JobId>();
  readonly #calls = new Slots(CONCURRENCY);
  /** How often tasks were forgotten. */
  #forgotten = 0;

  /** Of all jobs. */
  get taskIds(): bigint[] {
    return [...this.#tasks];
  }

  /** Hands open tasks over that the datacoord does not have, many by each `send`; of some jobs one after the other. */
  async hand({ job, tasks }: JobView, send: (tasks: readonly TaskRecord[]) => Promise<void>): Promise<void> {
    if (this.#jobs.has(job.jobId)) return;
    const forgotten = this.#forgotten;
    const open = tasks.filter((task) => isOpenTask(task.state)).slice(0, isInTurn(job) ? 1 : undefined);
    const missing = open.filter((task) => !this.#tasks.has(task.taskId));
    await forEachConcurrent(callsOf(missing), CONCURRENCY, async (sent) => {
      using _slot = await this.#calls.take();
      await send(sent);
      for (const { taskId } of sent) this.#tasks.add(taskId);
    });
    if (!isInTurn(job) && forgotten === this.#forgotten) this.#jobs.add(job.jobId);
  }

  /** The datacoord was found to have it: one of an earlier rootcoord. */
  add(taskId: bigint): void {
    this.#tasks.add(taskId);
  }

  /** They are handed over again at the next look, if they are open. Of every job it is looked again what is missing. */
  forget(taskIds: readonly bigint[]): void {
    for (const taskId of taskIds) this.#tasks.delete(taskId);
    this.#forgotten++;
    this.#jobs.clear();
  }

  /** Its tasks become others, or are wanted no more. */
  forgetJob(jobId: JobId): void {
    this.#jobs.delete(jobId);
  }
}

function* callsOf(tasks: readonly TaskRecord[]): Generator<readonly TaskRecord[]> {
  for (let i = 0; i < tasks.length; i += TASKS_PER_CALL) yield tasks.slice(i, i + TASKS_PER_CALL);
}

/** Compactions, which nobody waits for, and copies whose one task has all that they may move in a second. */
function isInTurn(job: Pick<JobRecord, "kind" | "spec">): boolean {
  return job.kind === "compaction" || bytesPerSecondOf(job) > 0;
}
