import type { Job, JobState, OtherJob } from "../api/types.ts";

export type JobOrder = "commit" | "cancel" | "pause" | "resume" | "rollback" | "retry";

/** A button of a job, and what is asked before it does anything. */
export interface JobAction {
  readonly order: JobOrder;
  readonly title: string;
  readonly question: string;
  readonly isHarmful: boolean;
}

const actions: Readonly<Record<JobOrder, Omit<JobAction, "order">>> = {
  commit: { title: "Commit", isHarmful: false, question: "All its rows become visible at once." },
  pause: {
    title: "Pause",
    isHarmful: false,
    question: "Tasks that run begin anew when it is resumed. Its timeout goes on.",
  },
  resume: { title: "Resume", isHarmful: false, question: "Its tasks begin as soon as a worker is free." },
  cancel: { title: "Cancel", isHarmful: true, question: "Its tasks stop and what they have written is removed." },
  rollback: {
    title: "Roll back",
    isHarmful: true,
    question: "All its rows become invisible at once; those of other jobs stay.",
  },
  retry: {
    title: "Retry",
    isHarmful: false,
    question: "A new job imports the same files, as they are now, with the same options.",
  },
};

const openStates: readonly JobState[] = ["Pending", "Importing", "Uncommitted"];

/** What can be ordered of a job as it is. Source: docs/jobs.md. */
export function actionsOf(job: Pick<Job, "state" | "paused" | "dryRun" | "deletes" | "rollbackRefused">): JobAction[] {
  return ordersOf(job).map((order) => ({ order, ...actions[order] }));
}

/** What can be ordered of a job that is no import. Source: docs/export.md, docs/copy.md. */
export function actionsOfOther({ state, paused }: Pick<OtherJob, "state" | "paused">): JobAction[] {
  if (state === "Completed" || state === "Failed") return [];
  return [paused ? "resume" : "pause", "cancel"].map(
    (order) => ({ order, ...actions[order as JobOrder] }) as JobAction,
  );
}

function ordersOf({ state, paused, dryRun, deletes, rollbackRefused }: Parameters<typeof actionsOf>[0]): JobOrder[] {
  if (state === "Failed") return ["retry"];
  if (state === "Completed") return dryRun || deletes || rollbackRefused !== undefined ? [] : ["rollback"];
  if (!openStates.includes(state)) return [];
  if (state === "Uncommitted") return ["commit", "cancel"];
  return [paused ? "resume" : "pause", "cancel"];
}
