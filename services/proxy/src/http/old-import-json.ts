import type { rootCoord } from "@sluice/rpc";
import { jobJson, jobSummaryJson } from "./import-job-json.ts";

// Answers of `/v1/vector/collections/import`, which clients up to pymilvus 2.4.7 read. Source: the REST reference of Zilliz Cloud v1,
// which is where these routes were; members beyond it are those of v2.

/** Words of v1 for states of v2. */
const states: Readonly<Record<string, string>> = {
  Completed: "ImportCompleted",
  Failed: "ImportFailed",
  RolledBack: "ImportFailed",
};
const RUNNING = "ImportRunning";

/** A job; what is not known yet is null. `readyPercentage` is a share: 1 when all is done. */
export function v1JobJson(job: rootCoord.JobEntry) {
  const known = jobJson(job);
  const details = known.details.map((detail) => ({ ...detail, ...v1Progress(detail), fileName: pathsOf(detail) }));
  const fileName = details.map((detail) => detail.fileName).join(",");
  return { ...known, ...v1Progress(known), fileName, details };
}

/** The same in a list. */
export function v1JobSummaryJson(job: rootCoord.JobEntry) {
  return { ...jobSummaryJson(job), state: states[job.state] ?? RUNNING };
}

interface Progressing {
  readonly progress: number;
  readonly completeTime: string;
  readonly reason?: string;
}

function v1Progress({ progress, completeTime, reason }: Progressing) {
  return { readyPercentage: progress / 100, completeTime: completeTime || null, errorMessage: reason ?? null };
}

/** Without the brackets that v2 puts around them. */
function pathsOf({ fileName }: { readonly fileName: string }): string {
  return fileName.replace(/^\[(.*)\]$/s, "$1");
}
