import type { RestAnswer, RestJobs } from "../support/index.ts";

/** Where a job is when something is ordered of it. */
export const situations = [
  "fresh",
  "importing",
  "uncommitted",
  "committing",
  "completed",
  "failed",
  "rolled_back",
] as const;
/** What a job is doing when it gets an order. */
export type Situation = (typeof situations)[number];

/** What is ordered. `timeout` is no call: the job's time ends while the server is dead. */
export const orders = ["commit", "abort", "cancel", "pause", "resume", "rollback", "retry", "timeout"] as const;
/** What a user may tell a job to do. */
export type Order = (typeof orders)[number];

/** One job, what is ordered of it, and what was answered. */
export interface OrderedJob {
  readonly situation: Situation;
  readonly order: Order;
  readonly isTwoPhase: boolean;
  /** Its rows have the keys [first, first + rowCount). */
  readonly first: number;
  readonly rowCount: number;
  /** With which it is created; again with the same one it is the same job. */
  readonly key: string;
  /** Undefined until its creation was answered. */
  jobId: string | undefined;
  answer: "accepted" | "refused" | "lost" | "not sent";
  /** Of the job that a retry has made. */
  retriedBy: string | undefined;
}

/** What REST says of a job. */
export interface Described {
  readonly state: string;
  readonly paused?: boolean;
  readonly reason?: string;
  readonly retryOf?: string;
}

const CANCELLED = /^(the import job was cancelled|aborted by user)$/;
const TIMED_OUT = /^import timeout$/;

/** How the job ends when nothing is ordered of it. */
function naturalEnds({ situation, isTwoPhase, order }: OrderedJob): string[] {
  if (situation === "failed") return ["Failed"];
  if (situation === "rolled_back") return ["RolledBack"];
  if (situation === "completed") return ["Completed"];
  // Its commit is ordered at the same moment, and may be lost or come too late.
  if (situation === "committing") return ["Completed", "Uncommitted"];
  // Not committed, it waits for its commit.
  if (order === "timeout") return isTwoPhase ? ["Failed"] : ["Completed", "Failed"];
  return [isTwoPhase ? "Uncommitted" : "Completed"];
}

/** How it ends when the order is carried out. */
function orderedEnds(job: OrderedJob): string[] {
  if (job.order === "commit") return ["Completed"];
  if (job.order === "abort" || job.order === "cancel") return ["Failed"];
  return job.order === "rollback" ? ["RolledBack"] : naturalEnds(job);
}

/** What is wrong with how a job has ended; undefined when nothing is. */
export function wrongEnd(job: OrderedJob, { state, reason = "" }: Described): string | undefined {
  const [natural, ordered] = [naturalEnds(job), orderedEnds(job)];
  const ends = { accepted: ordered, refused: natural, "not sent": natural, lost: [...natural, ...ordered] }[job.answer];
  if (!ends.includes(state)) return `is ${state} instead of ${ends.join(" or ")}`;
  if (state !== "Failed" || job.situation === "failed") return undefined;
  const wanted = job.order === "timeout" ? TIMED_OUT : CANCELLED;
  return wanted.test(reason) ? undefined : `has failed for another reason: ${reason}`;
}

/** Whether a job goes on by itself, and what it is now says nothing of how it ends. */
export function isOnItsWay({ state, paused }: Described): boolean {
  return paused === true || !["Completed", "Failed", "RolledBack", "Uncommitted"].includes(state);
}

/** The same of a job whose time is to end: one that was requested again after the server died has it still before it. */
export function isOnItsWayToItsEnd(job: OrderedJob, described: Described): boolean {
  const waitsForItsTime = job.order === "timeout" && /^(fresh|importing|uncommitted)$/.test(job.situation);
  return isOnItsWay(described) || (waitsForItsTime && described.state === "Uncommitted");
}

/** Orders it, and notes what was answered. */
export async function give(rest: RestJobs, job: OrderedJob): Promise<void> {
  const { jobId, order } = job;
  if (jobId === undefined || order === "timeout") return;
  job.answer = "lost";
  const answer: RestAnswer | undefined = await rest.post(order, { jobId }).catch(() => undefined);
  if (!answer) return;
  job.answer = answer.code === 0 ? "accepted" : "refused";
  if (order === "retry") job.retriedBy = answer.data?.jobId;
}
