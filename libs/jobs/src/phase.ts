import type { Job, Task } from "./job.ts";
import { isEnded } from "./states.ts";

/** Where a job is, in words for people: what its state says, and whether somebody works on it. */
export type JobPhase = "planning" | "waiting" | "working" | "uncommitted" | "committing" | "ended";

type PhasedJob = Pick<Job, "state" | "isPaused">;
type PhasedTask = Pick<Task, "kind" | "state" | "outages" | "endedAttempts">;

/** It is `waiting` while it is paused, and while tasks are pending of which none runs. */
export function phaseOf(job: PhasedJob, tasks: readonly PhasedTask[]): JobPhase {
  if (isEnded(job.state)) return "ended";
  if (job.isPaused) return "waiting";
  if (job.state === "pending") return "planning";
  if (job.state === "uncommitted" || job.state === "committing") return job.state;
  const isOpen = tasks.some(({ state }) => state === "pending");
  return isOpen && !tasks.some(({ state }) => state === "running") ? "waiting" : "working";
}

/** What has to happen before a job goes on, as words that follow "waits for"; `""` while it goes on by itself. */
export function waitsFor(job: PhasedJob, tasks: readonly PhasedTask[]): string {
  const phase = phaseOf(job, tasks);
  if (phase === "uncommitted") return "somebody to commit or abort it";
  if (phase !== "waiting") return "";
  if (job.isPaused) return "somebody to resume it";
  const away = tasks.find(({ state, outages }) => state === "pending" && outages > 0);
  if (!away) return "a worker that is free";
  const what = away.kind === "pull" || away.kind === "push" ? "the other service" : "storage";
  return `${what}, and is tried again: ${away.endedAttempts.at(-1)?.cause}`;
}
