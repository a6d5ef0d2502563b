import type { FileGroupRecord, TaskRecord } from "@sluice/catalog";
import { type Failure, formatLocation, ImportError } from "@sluice/errors";
import { isEnded, type JobState, progressPercent, type TaskState, taskPercent } from "@sluice/jobs";
import { common, failureMessage, type milvus, okStatus, type rootCoord } from "@sluice/rpc";
import { type CollectionId, jobId } from "@sluice/schema";
import type { JobBook, JobView } from "./job-book.ts";

/** The collection that a name or alias stands for now; none for "". @throws {StatusError} 800 for an unknown database */
type FindCollection = (dbName: string, name: string) => Promise<CollectionId | undefined>;

/** What the public interfaces show of jobs. A superset of every Milvus version's answer (import semantics §8.3). */
export class JobViews {
  readonly #book: JobBook;
  readonly #findCollection: FindCollection;
  constructor(book: JobBook, findCollection: FindCollection = () => Promise.resolve(undefined)) {
    this.#book = book;
    this.#findCollection = findCollection;
  }

  /** @throws {ImportError} in Milvus's words when there is no such job */
  state(request: milvus.GetImportStateRequest): milvus.GetImportStateResponse {
    return stateOf(this.#find(request.task));
  }

  /** The newest `limit` jobs of a collection, or of the whole database, ascending by id (D8, D13). */
  async listStates(request: milvus.ListImportTasksRequest): Promise<milvus.ListImportTasksResponse> {
    const views = await this.#list(request.dbName, request.collectionName, request.limit);
    return { status: okStatus(), tasks: views.map(stateOf) };
  }

  describe(request: rootCoord.DescribeJobRequest): rootCoord.DescribeJobResponse {
    return { status: okStatus(), job: entryOf(this.#find(request.jobId)) };
  }

  async list(request: rootCoord.ListJobsRequest): Promise<rootCoord.ListJobsResponse> {
    const views = await this.#list(request.dbName, request.collectionName, request.limit);
    return { status: okStatus(), jobs: views.map(entryOf) };
  }

  #find(id: bigint): JobView {
    const view = this.#book.get(jobId(id));
    if (!view) throw new ImportError("internal", `import job does not exist, jobID=${id}`);
    return view;
  }

  /** Of a collection by any of its names, also one that it had not when the job began; of a dropped one by its last name. */
  async #list(dbName: string, collectionName: string, limit: bigint): Promise<JobView[]> {
    const collectionId = await this.#findCollection(dbName, collectionName);
    const wanted = this.#book.all().filter(({ job }) => {
      if (collectionId !== undefined) return job.collectionId === collectionId;
      return (
        (dbName === "" || job.dbName === dbName) && (collectionName === "" || job.collectionName === collectionName)
      );
    });
    return limit > 0n ? wanted.slice(-Number(limit)) : wanted;
  }
}

const publicStates: Readonly<Record<JobState, common.ImportState>> = {
  pending: common.ImportState.ImportPending,
  importing: common.ImportState.ImportStarted,
  committing: common.ImportState.ImportPersisted,
  completed: common.ImportState.ImportCompleted,
  failed: common.ImportState.ImportFailed,
};

const restStates: Readonly<Record<JobState, string>> = {
  pending: "Pending",
  importing: "Importing",
  committing: "Importing",
  completed: "Completed",
  failed: "Failed",
};

const detailStates: Readonly<Record<TaskState, string>> = {
  pending: "Pending",
  running: "InProgress",
  persisted: "Completed",
  failed: "Failed",
};

function stateOf({ job, tasks }: JobView): milvus.GetImportStateResponse {
  const infos: [string, string][] = [
    ["files", job.groups.flatMap((group) => group.files.map((file) => file.path)).join(",")],
    ["collection", job.collectionName],
    ["partition", job.partitionName],
    ["progress_percent", String(percentOf({ job, tasks }))],
    ["persist_cost", job.state === "completed" ? ((job.completedMs - job.createdMs) / 1000).toFixed(2) : "0.00"],
    ...(job.failure ? ([["failed_reason", reasonText(job.failure)]] as [string, string][]) : []),
    ...infoOf("datanodes", nodesOf(tasks)),
    ...infoOf("warnings", [...job.spec.warnings, ...tasks.flatMap((task) => task.warnings)]),
    ...job.spec.options.map(([key, value]) => [key, value] as [string, string]),
  ];
  return {
    status: okStatus(),
    state: publicStates[job.state],
    rowCount: BigInt(isEnded(job.state) ? job.rowCount : rowsOf({ job, tasks })),
    idList: [...job.autoIds],
    infos: infos.map(([key, value]) => ({ key, value })),
    id: job.jobId,
    collectionId: job.collectionId,
    segmentIds: [...job.segmentIds],
    createTs: BigInt(Math.floor(job.createdMs / 1000)),
  };
}

function entryOf(view: JobView): rootCoord.JobEntry {
  const { job, tasks } = view;
  const details = job.groups.map((group, i) =>
    detailOf(
      group,
      tasks.filter((task) => task.group === i),
    ),
  );
  return {
    jobId: job.jobId,
    collectionId: job.collectionId,
    collectionName: job.collectionName,
    dbName: job.dbName,
    partitionName: job.partitionName,
    state: restStates[job.state],
    progressPercent: percentOf(view),
    reason: job.failure ? reasonText(job.failure) : "",
    createdMs: BigInt(job.createdMs),
    completedMs: BigInt(job.completedMs),
    importedRows: BigInt(rowsOf(view)),
    totalRows: BigInt(rowsOf(view)),
    sizeBytes: details.reduce((sum, detail) => sum + detail.sizeBytes, 0n),
    details,
    failure: job.failure && failureMessage(job.failure),
    segmentIds: [...job.segmentIds],
    warnings: [...job.spec.warnings],
    kind: job.kind,
  };
}

function detailOf(group: FileGroupRecord, tasks: readonly TaskRecord[]): rootCoord.JobDetail {
  const failure = tasks.find((task) => task.state === "failed")?.failure;
  const state = stateOfAll(tasks);
  const rows = BigInt(tasks.reduce((sum, task) => sum + task.rowCount, 0));
  const percents = tasks.map(taskPercent);
  const begun = tasks.filter((task) => task.startedMs > 0).map((task) => task.startedMs);
  return {
    paths: group.files.map((file) => file.path),
    sizeBytes: BigInt(group.files.reduce((sum, file) => sum + file.sizeBytes, 0)),
    progressPercent: Math.floor(percents.reduce((sum, percent) => sum + percent, 0) / Math.max(1, percents.length)),
    state: detailStates[state],
    importedRows: rows,
    totalRows: rows,
    startedMs: BigInt(begun.length > 0 ? Math.min(...begun) : 0),
    completedMs: BigInt(state === "persisted" ? Math.max(...tasks.map((task) => task.endedMs)) : 0),
    reason: failure ? reasonText(failure) : "",
    nodeIds: nodesOf(tasks),
    warnings: tasks.flatMap((task) => task.warnings),
  };
}

/** Of the tasks of one group: failed when one is, persisted when all are, running when any was begun. */
function stateOfAll(tasks: readonly TaskRecord[]): TaskState {
  if (tasks.some((task) => task.state === "failed")) return "failed";
  if (tasks.every((task) => task.state === "pending")) return "pending";
  return tasks.every((task) => task.state === "persisted") ? "persisted" : "running";
}

/** Datanodes that work or have worked on the tasks' current attempts, each once. */
function nodesOf(tasks: readonly TaskRecord[]): bigint[] {
  return [...new Set(tasks.map((task) => task.nodeId))].filter((id) => id !== 0n);
}

function infoOf(key: string, values: readonly (string | bigint)[]): [string, string][] {
  return values.length > 0 ? [[key, values.join("; ")]] : [];
}

function percentOf({ job, tasks }: JobView): number {
  // D16: what had been done when the job failed stays visible.
  return job.lastProgress ?? progressPercent({ state: job.state, tasks });
}

function rowsOf({ job, tasks }: JobView): number {
  return job.state === "completed" ? job.rowCount : tasks.reduce((sum, task) => sum + task.rowCount, 0);
}

/** Milvus's wording first, then the place: `<detail>: importing data failed (books.jsonl, row 7, field "v", byte 12)`. */
function reasonText(failure: Failure): string {
  return `${failure.reason}${formatLocation(failure)}`;
}
