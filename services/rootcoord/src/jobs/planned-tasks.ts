import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { taskId } from "@sluice/schema";
import { withSpan } from "@sluice/telemetry";
import type { JobPlanners, PlannedTask } from "./kinds/job-planner.ts";

type AllocateIds = (count: number) => Promise<bigint>;

/** Tasks that fit into the transaction of their job, beside its files and its idempotency key. */
const MAX_AT_ONCE = 16;

/** Gives the tasks of a job their ids. */
export async function withTaskIds(
  { jobId }: JobRecord,
  planned: readonly PlannedTask[],
  allocateIds: AllocateIds,
): Promise<TaskRecord[]> {
  const first = planned.length === 0 ? 0n : await allocateIds(planned.length);
  return planned.map((task, i) => ({ ...task, jobId, taskId: taskId(first + BigInt(i)) }));
}

/** The tasks of a new job where no file has to be looked at and they are few; else none: the loop plans it. */
export async function tasksAtOnce(
  job: JobRecord,
  planners: JobPlanners,
  allocateIds: AllocateIds,
): Promise<TaskRecord[]> {
  const planned = planners[job.kind].planAtOnce?.(job) ?? [];
  if (planned.length === 0 || planned.length > MAX_AT_ONCE) return [];
  const about = { jobId: job.jobId.toString() };
  return withSpan(`plan ${job.kind} job`, about, () => withTaskIds(job, planned, allocateIds), job.traceParent);
}
