import type { JobId, TaskId } from "@sluice/schema";
import type { QueuedTask } from "../task-queue.ts";

interface JobTasks {
  /** Given back, the latest first: they go before the others. */
  readonly returned: QueuedTask[];
  /** In order of arrival. */
  readonly fresh: Map<TaskId, QueuedTask>;
}

/** Tasks that wait, taken round the jobs and first in, first out inside a job. */
export class WaitingTasks {
  /** In order of whose turn it is. */
  readonly #jobs = new Map<JobId, JobTasks>();
  readonly #jobOf = new Map<TaskId, JobId>();

  /** Tasks of all jobs. */
  get size(): number {
    return this.#jobOf.size;
  }

  /** Whether it waits. */
  has(taskId: TaskId): boolean {
    return this.#jobOf.has(taskId);
  }

  /** Whether one of more than so many bytes waits. */
  hasLarger(sizeBytes: number): boolean {
    const isLarger = (task: QueuedTask) => task.sizeBytes > sizeBytes;
    return [...this.#jobs.values()].some(
      ({ returned, fresh }) => returned.some(isLarger) || [...fresh.values()].some(isLarger),
    );
  }

  /** In no order that anybody may rely on. */
  ids(): Iterable<TaskId> {
    return this.#jobOf.keys();
  }

  /** To the end of its job. */
  add(task: QueuedTask): void {
    this.#tasksOf(task).fresh.set(task.taskId, task);
  }

  /** To the front of its job. */
  addReturned(task: QueuedTask): void {
    this.#tasksOf(task).returned.unshift(task);
  }

  /** The next task of at most `maxSizeBytes`. Its job goes to the end of the round; jobs without such a task keep their turn. */
  take(maxSizeBytes: number): QueuedTask | undefined {
    for (const [jobId, tasks] of this.#jobs) {
      const task = firstFitting(tasks, maxSizeBytes);
      if (!task) continue;
      this.remove(task.taskId);
      const left = this.#jobs.get(jobId);
      if (left) {
        this.#jobs.delete(jobId);
        this.#jobs.set(jobId, left);
      }
      return task;
    }
    return undefined;
  }

  /** One that does not wait changes nothing. */
  remove(taskId: TaskId): void {
    const jobId = this.#jobOf.get(taskId);
    if (jobId === undefined) return;
    this.#jobOf.delete(taskId);
    const tasks = this.#jobs.get(jobId)!;
    if (!tasks.fresh.delete(taskId)) {
      tasks.returned.splice(
        tasks.returned.findIndex((task) => task.taskId === taskId),
        1,
      );
    }
    if (tasks.fresh.size === 0 && tasks.returned.length === 0) this.#jobs.delete(jobId);
  }

  #tasksOf({ taskId, jobId }: QueuedTask): JobTasks {
    this.#jobOf.set(taskId, jobId);
    let tasks = this.#jobs.get(jobId);
    if (!tasks) this.#jobs.set(jobId, (tasks = { returned: [], fresh: new Map() }));
    return tasks;
  }
}

function firstFitting({ returned, fresh }: JobTasks, maxSizeBytes: number): QueuedTask | undefined {
  for (const task of returned) if (task.sizeBytes <= maxSizeBytes) return task;
  for (const task of fresh.values()) if (task.sizeBytes <= maxSizeBytes) return task;
  return undefined;
}
