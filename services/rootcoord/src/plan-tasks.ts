import type { FileGroupRecord, JobRecord, TaskRecord } from "@sluice/catalog";
import { type FormatName, probeFile } from "@sluice/formats";
import { planSplits } from "@sluice/jobs";
import type { ObjectSource, SourceStore } from "@sluice/object-store";
import { decodeStoredSchema } from "@sluice/rpc";
import { type CollectionSchema, nodeId, taskId } from "@sluice/schema";

export interface PlanTasksDeps {
  readonly sources: SourceStore;
  readonly allocateIds: (count: number) => Promise<bigint>;
  /** Source bytes of a task, about. */
  readonly splitBytes: number;
}

/**
 * Cuts a job's files into tasks: a file is one task, or several by range when it is large and can be cut; a column set
 * likewise. Reads headers and footers only. @throws {ImportError} for a header or footer that is broken
 */
export async function planTasks(job: JobRecord, deps: PlanTasksDeps): Promise<TaskRecord[]> {
  const schema = decodeStoredSchema(Buffer.from(job.schema, "base64"), job.properties);
  const tasks: Omit<TaskRecord, "taskId">[] = [];
  for (const [group, files] of job.groups.entries()) {
    for (const { range, sizeBytes } of await splitGroup(files, schema, deps)) {
      tasks.push({ ...newTask, jobId: job.jobId, group, range, sizeBytes });
    }
  }
  const first = await deps.allocateIds(tasks.length);
  return tasks.map((task, i) => ({ ...task, taskId: taskId(first + BigInt(i)) }));
}

const newTask = {
  state: "pending",
  attempt: 0,
  nodeId: nodeId(0n),
  failures: 0,
  rowCount: 0,
  processedBytes: 0,
  autoIds: [],
  startedMs: 0,
  endedMs: 0,
} as const satisfies Partial<TaskRecord>;

async function splitGroup(group: FileGroupRecord, schema: CollectionSchema, deps: PlanTasksDeps) {
  const sizeBytes = group.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  // A file that would stay whole anyway need not be looked into.
  if (sizeBytes < 1.5 * deps.splitBytes) return [{ range: undefined, sizeBytes }];
  const probe = await probeFile(group.format as FormatName, sourcesOf(group, deps.sources), schema);
  return planSplits({ sizeBytes, ...probe }, deps.splitBytes);
}

function sourcesOf(group: FileGroupRecord, store: SourceStore): ObjectSource[] {
  return group.files.map(({ path, key, sizeBytes }) => ({ store, path, key, sizeBytes }));
}
