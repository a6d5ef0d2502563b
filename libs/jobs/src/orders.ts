import { failed, withEndedAttempt } from "./endings.ts";
import { type Job, specOf, type Task } from "./job.ts";
import { isEnded, type JobState } from "./states.ts";
import type { Step } from "./step.ts";

// What users may tell a job to do, while it runs and after it has ended.

/** `commit` and `abort` are of jobs that wait for somebody who commits, `rollback` is of completed imports. */
export const jobOrders = ["commit", "abort", "cancel", "pause", "resume", "rollback"] as const;
/** See `verdictOnOrder` for who may be told what. */
export type JobOrder = (typeof jobOrders)[number];

/** Somebody orders it; what was ordered before changes nothing. */
export interface OrderEvent {
  readonly kind: "ordered";
  readonly order: JobOrder;
  readonly nowMs: number;
}

type Verdict =
  /** The job changes. */
  | "do"
  /** It is as ordered already. */
  | "done"
  /** Why not, and what to do instead; a sentence that goes on from the job's name. */
  | { readonly refusal: string };

/** What a job makes of an order. Source of who may be committed and aborted, and of the words: import semantics §9 and §12. */
export function verdictOnOrder(job: Job, order: JobOrder): Verdict {
  if (job.kind === "compaction") return { refusal: `is a ${job.kind} job, which nobody orders about` };
  return verdicts[order](job);
}

const verdicts: Readonly<Record<JobOrder, (job: Job) => Verdict>> = {
  commit(job) {
    if (job.kind !== "import") return { refusal: AUTO_COMMIT };
    if (!isTwoPhase(job)) return { refusal: `${AUTO_COMMIT}: it was not created with auto_commit=false` };
    if (job.state === "uncommitted") return "do";
    if (job.state === "committing" || job.state === "completed") return "done";
    const wait = isEnded(job.state) ? "" : ": wait until it is";
    return { refusal: `is in state ${stateWords[job.state]}, expected Uncommitted${wait}` };
  },
  abort(job) {
    if (isTwoPhase(job)) return endable(job, "abort");
    const instead = isEndable(job) ? "use cancel" : (insteadOfEnd(job) ?? "it has nothing left to end");
    return { refusal: `${AUTO_COMMIT}: ${instead}` };
  },
  cancel: (job) => endable(job, "cancel"),
  pause(job) {
    if (job.isPaused) return "done";
    if (job.state === "pending" || job.state === "importing") return "do";
    return { refusal: `has nothing left to pause in state ${stateWords[job.state]}` };
  },
  resume(job) {
    if (isEnded(job.state)) return { refusal: `has ended: it is ${stateWords[job.state]}` };
    return job.isPaused ? "do" : "done";
  },
  rollback(job) {
    if (job.state === "rolled_back") return "done";
    if (job.kind !== "import") return { refusal: "has put no rows into a collection that others are in" };
    if (job.state !== "completed")
      return { refusal: `is ${stateWords[job.state]}, and only a Completed one has rows to take back` };
    if (specOf(job, "import").isDeletes) return { refusal: "has deleted rows, and nothing brings them back" };
    if (job.segmentIds.length === 0) return { refusal: "has made no rows visible" };
    return "do";
  },
};

const AUTO_COMMIT = "is auto-commit, manual commit/abort not allowed";

function endable(job: Job, order: "abort" | "cancel"): Verdict {
  if (job.state === "failed") return "done";
  if (isEndable(job)) return "do";
  const instead = insteadOfEnd(job);
  const refusal = `is in terminal/committed state ${stateWords[job.state]}, ${order} not allowed`;
  return { refusal: instead ? `${refusal}: ${instead}` : refusal };
}

function isEndable({ state }: Job): boolean {
  return state === "pending" || state === "importing" || state === "uncommitted";
}

/** What takes the rows back of a job that is over; undefined where there are none that anything takes back. */
function insteadOfEnd(job: Job): string | undefined {
  return verdicts.rollback(job) === "do" ? "use rollback" : undefined;
}

/** As REST shows them. */
const stateWords: Readonly<Record<JobState, string>> = {
  pending: "Pending",
  importing: "Importing",
  uncommitted: "Uncommitted",
  committing: "Committing",
  completed: "Completed",
  failed: "Failed",
  rolled_back: "RolledBack",
};

/** Whether somebody has to commit what the job made before anybody sees it. */
export function isTwoPhase({ kind, spec }: Pick<Job, "kind" | "spec">): boolean {
  return kind === "import" && "isTwoPhase" in spec && spec.isTwoPhase === true;
}

/** What the job says from then on: of an abort in Milvus's words. */
function endReason({ kind }: Job, order: "abort" | "cancel"): string {
  return order === "abort" ? "aborted by user" : `the ${kind} job was cancelled`;
}

/** A step, where `verdictOnOrder` says `do`. */
export function afterOrder<J extends Job, T extends Task>(
  job: J,
  tasks: readonly T[],
  { order, nowMs }: OrderEvent,
): Step<J, T> {
  if (verdictOnOrder(job, order) !== "do") return { effects: [] };
  switch (order) {
    case "commit":
      return { job: { ...job, state: "committing" }, effects: [] };
    case "abort":
    case "cancel":
      return failed(job, tasks, { code: "job_failed", reason: endReason(job, order) }, nowMs);
    case "pause":
      return {
        job: { ...job, isPaused: true },
        tasks: tasks.filter(isRunning).map(putBack(nowMs)),
        effects: ["take_back"],
      };
    case "resume":
      return { job: { ...job, isPaused: false }, effects: [] };
    case "rollback":
      return { job: { ...job, rollback: { askedMs: nowMs } }, effects: [] };
  }
}

function isRunning({ state }: Task): boolean {
  return state === "running";
}

/** Nobody listens to the attempt any more (R1): the next one begins anew. */
function putBack<T extends Task>(nowMs: number): (task: T) => T {
  return (task) => ({ ...withEndedAttempt(task, "its job was paused", nowMs), state: "pending" });
}

/** Whether a completed job's rows are to be taken back, and nobody has said yet that they cannot be. */
export function isRollingBack({ state, rollback }: Pick<Job, "state" | "rollback">): boolean {
  return state === "completed" && rollback !== undefined && rollback.refusal === undefined;
}
