import { setTimeout as sleep } from "node:timers/promises";
import type { RestClient } from "./rest-client.ts";

/** What `jobs/import/describe` answers, as far as the command shows it. */
export interface JobView {
  readonly jobId: string;
  /** Of a job that is no import. */
  readonly kind?: string;
  readonly collectionName: string;
  readonly state: string;
  readonly progress: number;
  readonly progressAtFailure?: number;
  readonly importedRows: number;
  readonly totalRows: number;
  readonly totalRowsEstimated?: boolean;
  readonly rejectedRows?: number;
  readonly duplicateRows?: number;
  readonly checkedRows?: number;
  /** Its files hold deletes alone, which its rows are. */
  readonly deletes?: boolean;
  readonly fileSize: number;
  readonly createTime: string;
  readonly completeTime: string;
  readonly reason?: string;
  /** Where rows that were left out are written into a volume, and, of a completed job, how many files. */
  readonly rejects?: { readonly path: string; readonly files?: number; readonly refusal?: string };
  readonly paused?: boolean;
  readonly warnings?: readonly string[];
  readonly checked?: Readonly<Record<string, unknown>>;
  readonly details: readonly JobFile[];
}

/** One file of a job, or one set of files that are columns of the same rows. */
export interface JobFile {
  readonly fileName: string;
  readonly fileSize: number;
  readonly state: string;
  readonly progress: number;
  readonly importedRows: number;
  readonly rejectedRows?: number;
  readonly reason?: string;
  readonly rejected?: readonly { readonly row: number; readonly reason: string; readonly field?: string }[];
  readonly attempts?: readonly { readonly attempt: number; readonly datanode: string; readonly cause: string }[];
}

const POLL_MS = 200;
const ended: ReadonlySet<string> = new Set(["Completed", "Failed", "RolledBack", "Uncommitted"]);

/** What jobs of all kinds have. */
export interface AnyJob {
  readonly jobId: string;
  readonly state: string;
  readonly progress: number;
  readonly progressAtFailure?: number;
  readonly paused?: boolean;
}

/** How far a job is, or had come when it failed: its progress is 0 then. */
export function percentOf({
  state,
  progress,
  progressAtFailure = 0,
}: Pick<AnyJob, "state" | "progress" | "progressAtFailure">): number {
  return state === "Failed" ? progressAtFailure : progress;
}

/** A job's state, and whether it rests. */
export function stateTextOf({ state, paused }: Pick<AnyJob, "state" | "paused">): string {
  return paused ? `${state}, paused` : state;
}

/** The job as it is. @param kind as in paths: `import` */
export function jobOf<J extends AnyJob>(rest: RestClient, kind: string, jobId: string): Promise<J> {
  return rest.post<J>(`jobs/${kind}/describe`, { jobId });
}

/** A job until it has ended, or waits for its commit. `onChange` sees every look. */
export async function watchJob<J extends AnyJob>(look: () => Promise<J>, onChange: (job: J) => void): Promise<J> {
  for (;;) {
    const job = await look();
    onChange(job);
    if (ended.has(job.state)) return job;
    await sleep(POLL_MS);
  }
}
