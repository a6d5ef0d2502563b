import type { TaskRecord } from "@sluice/catalog";
import { formatLocation } from "@sluice/errors";
import { isEnded, MAX_NAMED_ROWS } from "@sluice/jobs";
import { type milvus, okStatus } from "@sluice/rpc";
import { duplicateRowsIn, nodesOf, reasonText, rejectedRowsIn } from "./file-details.ts";
import type { JobView } from "./job-book.ts";
import { isDryRun, percentOf, rowsOf, warningsOf } from "./job-entry.ts";
import { publicStates } from "./job-words.ts";

/** A job in the form of gRPC: every info of every Milvus version. */
export function stateOf({ job, tasks }: JobView): milvus.GetImportStateResponse {
  const infos: [string, string][] = [
    ["files", pathsAskedFor(job).join(",")],
    ["collection", job.collectionName],
    ["partition", job.partitionName],
    ["progress_percent", String(percentOf({ job, tasks }))],
    ...(job.lastProgress === undefined ? [] : infoOf("progress_at_failure", [String(job.lastProgress)])),
    ["persist_cost", job.state === "completed" ? ((job.completedMs - job.createdMs) / 1000).toFixed(2) : "0.00"],
    ...(job.state === "rolled_back" ? infoOf("failed_reason", ["the import was rolled back"]) : []),
    ...(job.failure ? ([["failed_reason", reasonText(job.failure)]] as [string, string][]) : []),
    ...infoOf("datanodes", nodesOf(tasks)),
    ...infoOf("warnings", warningsOf({ job, tasks })),
    ...(isDryRun(job) ? infoOf("checked_rows", [String(rowsOf({ job, tasks }))]) : []),
    ...rejectedInfos(tasks),
    ...(duplicateRowsIn(tasks) > 0 ? infoOf("duplicate_rows", [String(duplicateRowsIn(tasks))]) : []),
    ...job.spec.options.map(([key, value]) => [key, value] as [string, string]),
  ];
  return {
    status: okStatus(),
    state: publicStates[job.state],
    rowCount: BigInt(isEnded(job.state) || isDryRun(job) ? job.rowCount : rowsOf({ job, tasks })),
    idList: [...job.autoIds],
    infos: infos.map(([key, value]) => ({ key, value })),
    id: job.jobId,
    collectionId: job.collectionId,
    segmentIds: [...job.segmentIds],
    createTs: BigInt(Math.floor(job.createdMs / 1000)),
  };
}

/** A folder or pattern stands for thousands of files, which `describe` shows. */
function pathsAskedFor({ groups }: JobView["job"]): string[] {
  const paths: string[] = [];
  const add = (path: string) => path !== paths.at(-1) && paths.push(path);
  // A plain loop: asked for at every poll, of a thousand files.
  for (const { from, files } of groups) {
    if (from !== undefined) add(from);
    else for (const { path } of files) add(path);
  }
  return paths;
}

function infoOf(key: string, values: readonly (string | bigint)[]): [string, string][] {
  return values.length > 0 ? [[key, values.join("; ")]] : [];
}

/** What was left out, so that the counts add up. */
function rejectedInfos(tasks: readonly TaskRecord[]): [string, string][] {
  const rows = rejectedRowsIn(tasks);
  if (rows === 0) return [];
  const first = tasks.flatMap(({ findings }) => findings?.rejected ?? []).slice(0, MAX_NAMED_ROWS);
  const texts = first.map(({ reason, ...at }) => `${reason}${formatLocation(at)}`);
  return [["rejected_rows", String(rows)], ...infoOf("rejected", texts)];
}
