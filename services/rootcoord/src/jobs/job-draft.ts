import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { taskPlace } from "@sluice/jobs";
import type { JobChange, JobDecision, JobView } from "./known-job.ts";

/** What became of a decision: the job as it was after it, or what it threw. */
export type Decided = { readonly view: JobView } | { readonly error: unknown };

/** Changes of a job that are decided one after the other, each on what the ones before have made of it, and written together. */
export class JobDraft {
  readonly #tasks = new Map<bigint, TaskRecord>();
  #job: JobRecord | undefined;
  #view: JobView;

  private constructor(view: JobView) {
    this.#view = view;
  }

  /**
   * Decides as many as one transaction takes, and the first one in any case.
   * @param operations guards and writes of a transaction
   */
  static of(
    view: JobView,
    decisions: readonly JobDecision[],
    operations: number,
  ): { change: JobChange; decided: Decided[] } {
    const draft = new JobDraft(view);
    const decided: Decided[] = [];
    for (const decide of decisions) {
      try {
        const change = decide(draft.#view) ?? {};
        if (decided.length > 0 && !draft.#hasRoomFor(change, operations)) break;
        decided.push({ view: draft.#take(change) });
      } catch (error) {
        decided.push({ error });
      }
    }
    const job = draft.#job;
    return { change: { ...(job && { job }), tasks: [...draft.#tasks.values()] }, decided };
  }

  /** Each record is guarded and written; one more for the guard on the job. */
  #hasRoomFor({ tasks = [] }: JobChange, operations: number): boolean {
    return 2 * (this.#tasks.size + tasks.length + 1) < operations;
  }

  #take({ job, tasks = [] }: JobChange): JobView {
    if (job) this.#job = job;
    for (const task of tasks) this.#tasks.set(task.taskId, task);
    if (job || tasks.length > 0)
      this.#view = { job: job ?? this.#view.job, tasks: withChanged(this.#view.tasks, tasks) };
    return this.#view;
  }
}

/** In order of id, as new ones are: those come behind. */
function withChanged(tasks: readonly TaskRecord[], changed: readonly TaskRecord[]): readonly TaskRecord[] {
  if (changed.length === 0) return tasks;
  const place = changed.length === 1 ? taskPlace(tasks, changed[0].taskId) : -1;
  if (place >= 0) return tasks.with(place, changed[0]);
  const left = new Map(changed.map((task) => [task.taskId, task]));
  const all = tasks.map((task) => {
    const next = left.get(task.taskId);
    left.delete(task.taskId);
    return next ?? task;
  });
  return left.size === 0 ? all : [...all, ...left.values()];
}
