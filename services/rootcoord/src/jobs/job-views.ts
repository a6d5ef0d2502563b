import type { FileGroupRecord, TaskRecord } from "@sluice/catalog";
import { type Failure, formatLocation, ImportError } from "@sluice/errors";
import {
  isEnded,
  isOpenTask,
  type JobState,
  progressPercent,
  type TaskState,
  taskPercent,
  totalRows,
} from "@sluice/jobs";
import { common, failureMessage, type milvus, okStatus, type rootCoord } from "@sluice/rpc";
import { type CollectionId, jobId } from "@sluice/schema";
import type { JobBook, JobView } from "./job-book.ts";

/** The collection that a name or alias stands for now; none for "". @throws {StatusError} 800 for an unknown database */
type FindCollection = (dbName: string, name: string) => Promise<CollectionId | undefined>;
/** A collection's name as of now; undefined once nothing is known of it. */
type NameOfCollection = (id: CollectionId) => Promise<string | undefined>;

/** What the public interfaces show of jobs. A superset of every Milvus version's answer (import semantics §8.3). */
export class JobViews {
  readonly #book: JobBook;
  readonly #findCollection: FindCollection;
  readonly #nameOf: NameOfCollection;
  constructor(
    book: JobBook,
    findCollection: FindCollection = () => Promise.resolve(undefined),
    nameOf: NameOfCollection = () => Promise.resolve(undefined),
  ) {
    this.#book = book;
    this.#findCollection = findCollection;
    this.#nameOf = nameOf;
  }

  /** @throws {ImportError} in Milvus's words when there is no such job */
  async state(request: milvus.GetImportStateRequest): Promise<milvus.GetImportStateResponse> {
    return stateOf(await this.#named(this.#find(request.task)));
  }

  /** The newest `limit` jobs of a collection, or of the whole database, ascending by id (D8, D13). */
  async listStates(request: milvus.ListImportTasksRequest): Promise<milvus.ListImportTasksResponse> {
    const views = await this.#list(request.dbName, request.collectionName, request.limit);
    return { status: okStatus(), tasks: (await this.#allNamed(views)).map(stateOf) };
  }

  async describe(request: rootCoord.DescribeJobRequest): Promise<rootCoord.DescribeJobResponse> {
    return { status: okStatus(), job: entryOf(await this.#named(this.#find(request.jobId))) };
  }

  async list(request: rootCoord.ListJobsRequest): Promise<rootCoord.ListJobsResponse> {
    const { dbName, collectionName, limit, newestFirst } = request;
    const views = await this.#list(dbName, collectionName, limit, new Set(request.states));
    const jobs = (await this.#allNamed(views)).map(summaryOf);
    return { status: okStatus(), jobs: newestFirst ? jobs.reverse() : jobs };
  }

  /** With the collection's name as of now: who renamed it looks for the new one. */
  async #named(view: JobView): Promise<JobView> {
    const { collectionId, collectionName } = view.job;
    return { ...view, job: { ...view.job, collectionName: (await this.#nameOf(collectionId)) ?? collectionName } };
  }

  /** Asks once for each collection. */
  async #allNamed(views: readonly JobView[]): Promise<JobView[]> {
    const ids = [...new Set(views.map(({ job }) => job.collectionId))];
    const names = new Map(await Promise.all(ids.map(async (id) => [id, await this.#nameOf(id)] as const)));
    return views.map(({ job, tasks }) => ({
      job: { ...job, collectionName: names.get(job.collectionId) ?? job.collectionName },
      tasks,
    }));
  }

  #find(id: bigint): JobView {
    const view = this.#book.get(jobId(id));
    if (!view) throw new ImportError("internal", `import job does not exist, jobID=${id}`);
    return view;
  }

  /** Of a collection by any of its names, also one that it had not when the job began; of a dropped one by its last name. */
  async #list(
    dbName: string,
    collectionName: string,
    limit: bigint,
    states: ReadonlySet<string> = new Set(),
  ): Promise<JobView[]> {
    const collectionId = await this.#findCollection(dbName, collectionName);
    const wanted = this.#book.all().filter(({ job }) => {
      if (states.size > 0 && !states.has(restStates[job.state])) return false;
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

/** Tasks end with their job: nobody works on them any more, whatever their records were left at. */
function endWithJob(tasks: readonly TaskRecord[]): string {
  return tasks.every((task) => task.attempt === 0) ? "NotBegun" : "Cancelled";
}

function stateOf({ job, tasks }: JobView): milvus.GetImportStateResponse {
  const infos: [string, string][] = [
    ["files", job.groups.flatMap((group) => group.files.map((file) => file.path)).join(",")],
    ["collection", job.collectionName],
    ["partition", job.partitionName],
    ["progress_percent", String(percentOf({ job, tasks }))],
    ...(job.lastProgress === undefined ? [] : infoOf("progress_at_failure", [String(job.lastProgress)])),
    ["persist_cost", job.state === "completed" ? ((job.completedMs - job.createdMs) / 1000).toFixed(2) : "0.00"],
    ...(job.failure ? ([["failed_reason", reasonText(job.failure)]] as [string, string][]) : []),
    ...infoOf("datanodes", nodesOf(tasks)),
    ...infoOf("warnings", [...new Set([...job.spec.warnings, ...tasks.flatMap((task) => task.warnings)])]),
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
      tasks.filter((task) => worksOn(task, i)).map((task) => partOf(task, i, group)),
      isEnded(job.state),
    ),
  );
  return { ...summaryOf(view), details };
}

/** An entry of a list: a thousand jobs of a thousand files are too many to be told of each file. */
function summaryOf(view: JobView): rootCoord.JobEntry {
  const { job, tasks } = view;
  const total = job.state === "completed" ? { rows: job.rowCount, isEstimate: false } : totalRows(tasks);
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
    totalRows: BigInt(total.rows),
    totalRowsEstimated: total.isEstimate,
    progressAtFailure: job.lastProgress ?? 0,
    sizeBytes: BigInt(job.groups.reduce((sum, group) => sum + bytesOf(group), 0)),
    details: [],
    failure: job.failure && failureMessage(job.failure),
    segmentIds: [...job.segmentIds],
    warnings: [...job.spec.warnings],
    kind: job.kind,
  };
}

function worksOn({ group, groupCount = 1 }: TaskRecord, index: number): boolean {
  return group <= index && index < group + groupCount;
}

/**
 * What of a task concerns one of its groups. While a packed task runs, nobody counts its groups apart; when it fails, the
 * failure is that of the group whose file it names.
 */
function partOf(task: TaskRecord, index: number, group: FileGroupRecord): TaskRecord {
  if (task.groupCount === undefined) return task;
  const sizeBytes = bytesOf(group);
  const processedBytes = Math.floor((task.processedBytes * sizeBytes) / Math.max(1, task.sizeBytes));
  // Without groups they are all about the first one.
  const warnings = task.warnings.filter((_, i) => (task.warningGroups?.[i] ?? 0) === index - task.group);
  const part = { ...task, sizeBytes, processedBytes, warnings, rowCount: task.groupRows?.[index - task.group] ?? 0 };
  const { failure } = task;
  const isElsewhere = failure?.file !== undefined && !group.files.some(({ path }) => path === failure.file);
  return isElsewhere ? { ...part, state: "running" } : part;
}

function bytesOf({ files }: FileGroupRecord): number {
  return files.reduce((sum, file) => sum + file.sizeBytes, 0);
}

function detailOf(group: FileGroupRecord, tasks: readonly TaskRecord[], isOver: boolean): rootCoord.JobDetail {
  const failure = tasks.find((task) => task.state === "failed")?.failure;
  const state = stateOfAll(tasks);
  const total = totalRows(tasks);
  const percents = tasks.map(taskPercent);
  const begun = tasks.filter((task) => task.startedMs > 0).map((task) => task.startedMs);
  return {
    paths: group.files.map((file) => file.path),
    sizeBytes: BigInt(bytesOf(group)),
    progressPercent: Math.floor(percents.reduce((sum, percent) => sum + percent, 0) / Math.max(1, percents.length)),
    state: isOver && isOpenTask(state) ? endWithJob(tasks) : detailStates[state],
    importedRows: BigInt(tasks.reduce((sum, task) => sum + task.rowCount, 0)),
    totalRows: BigInt(total.rows),
    totalRowsEstimated: total.isEstimate,
    startedMs: BigInt(begun.length > 0 ? Math.min(...begun) : 0),
    completedMs: BigInt(state === "persisted" ? Math.max(...tasks.map((task) => task.endedMs)) : 0),
    reason: failure ? reasonText(failure) : "",
    nodeIds: nodesOf(tasks),
    warnings: [...new Set(tasks.flatMap((task) => task.warnings))],
    endedAttempts: tasks.flatMap(endedAttempts),
  };
}

function endedAttempts({ taskId, endedAttempts }: TaskRecord): rootCoord.EndedAttempt[] {
  return endedAttempts.map(({ attempt, nodeId, startedMs, endedMs, cause }) => ({
    ...{ taskId, attempt: BigInt(attempt), nodeId, cause },
    ...{ startedMs: BigInt(startedMs), endedMs: BigInt(endedMs) },
  }));
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
  // As Milvus has it; how far the job had come is told beside it (D16).
  if (job.state === "failed") return 0;
  return progressPercent({ state: job.state, tasks });
}

function rowsOf({ job, tasks }: JobView): number {
  return job.state === "completed" ? job.rowCount : tasks.reduce((sum, task) => sum + task.rowCount, 0);
}

/** Milvus's wording first, then the place: `<detail>: importing data failed (books.jsonl, row 7, field "v", byte 12)`. */
function reasonText(failure: Failure): string {
  return `${failure.reason}${formatLocation(failure)}`;
}
