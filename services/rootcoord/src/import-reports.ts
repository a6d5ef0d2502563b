import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { type Failure, ImportError, importErrors } from "@sluice/errors";
import { common, failureOfMessage, type importing, type rootCoord } from "@sluice/rpc";
import { jobId, nodeId, taskId } from "@sluice/schema";
import type { JobBook, JobView } from "./job-book.ts";
import type { RootCoordMetrics } from "./metrics.ts";

/** Attempts that may fail with an error that could pass (storage away), before the job fails with that error. */
const MAX_FAILURES = 8;

const noReason: Failure = { code: "internal", reason: "the datanode gave no reason" };

/**
 * The datanodes' side of a job: StartTask begins the next attempt of a task, ReportImport takes what it did. R1: only
 * the current attempt of a running task is listened to, so that a node thought dead that comes back changes nothing.
 */
export class ImportReports {
  readonly #book: JobBook;
  readonly #now: () => number;
  readonly #metrics: RootCoordMetrics | undefined;
  constructor(book: JobBook, now: () => number, metrics?: RootCoordMetrics) {
    this.#book = book;
    this.#now = now;
    this.#metrics = metrics;
  }

  /** Begins the next attempt; every earlier one is superseded from now on. */
  async startTask(
    request: rootCoord.StartTaskRequest,
  ): Promise<{ obsolete: boolean; order: importing.TaskOrder | undefined }> {
    const id = taskId(request.taskId);
    let started: TaskRecord | undefined;
    const view = await this.#book.change(jobId(request.jobId), ({ job, tasks }) => {
      const task = job.state === "importing" ? tasks.find((candidate) => candidate.taskId === id) : undefined;
      if (!task || (task.state !== "pending" && task.state !== "running")) return undefined;
      started = {
        ...task,
        state: "running",
        attempt: task.attempt + 1,
        nodeId: nodeId(request.nodeId),
        startedMs: task.startedMs || this.#now(),
      };
      return { tasks: [started] };
    });
    if (!view || !started) return { obsolete: true, order: undefined };
    this.#metrics?.attemptStarted(view.job, started, this.#now());
    return { obsolete: false, order: orderOf(view.job, started) };
  }

  /** @throws {ImportError} `attempt_superseded` when the report does not come from the current attempt (R1) */
  async report(result: importing.ImportResult): Promise<void> {
    const id = jobId(result.jobId);
    const next = (view: JobView) => {
      const task = currentTask(view, result);
      return task && this.#next(task, result);
    };
    let isCurrent = false;
    if (isEnd(result)) {
      await this.#book.change(id, (view) => {
        const task = next(view);
        isCurrent = task !== undefined || hasEndedBy(view, result);
        return task && { tasks: [task] };
      });
    } else isCurrent = this.#book.note(id, next);
    if (!isCurrent) {
      const reason = `attempt ${result.attempt} of task ${result.taskId} is no longer the current one`;
      throw new ImportError("attempt_superseded", reason);
    }
  }

  #next(task: TaskRecord, result: importing.ImportResult): TaskRecord {
    // A later attempt starts from nothing, yet what users see must not fall back.
    const processedBytes = Math.max(task.processedBytes, Number(result.processedBytes));
    switch (result.state) {
      case common.ImportState.ImportPersisted:
        return {
          ...task,
          state: "persisted",
          rowCount: Number(result.rowCount),
          processedBytes: task.sizeBytes,
          autoIds: result.autoIds,
          endedMs: this.#now(),
        };
      case common.ImportState.ImportFailed:
        return this.#failed(task, result.failure);
      default:
        return { ...task, rowCount: Math.max(task.rowCount, Number(result.rowCount)), processedBytes };
    }
  }

  #failed(task: TaskRecord, failure: importing.TaskFailure | undefined): TaskRecord {
    const record = failure ? failureOfMessage(failure) : noReason;
    const failures = task.failures + 1;
    if (importErrors[record.code].retry === "backoff" && failures < MAX_FAILURES) {
      this.#metrics?.taskRetried(record.code);
      return { ...task, state: "pending", failures };
    }
    return { ...task, state: "failed", failures, failure: record, endedMs: this.#now() };
  }
}

function currentTask({ job, tasks }: JobView, result: importing.ImportResult): TaskRecord | undefined {
  if (job.state !== "importing") return undefined;
  const id = taskId(result.taskId);
  return tasks.find(
    (task) => task.taskId === id && task.state === "running" && BigInt(task.attempt) === result.attempt,
  );
}

/** Ends are recorded; progress is kept in memory, since the next report tells it again. */
function isEnd({ state }: importing.ImportResult): boolean {
  return state === common.ImportState.ImportPersisted || state === common.ImportState.ImportFailed;
}

/** The same end was reported before, and its answer was lost. A failure that may pass left the task pending. */
function hasEndedBy({ tasks }: JobView, result: importing.ImportResult): boolean {
  const states = result.state === common.ImportState.ImportPersisted ? ["persisted"] : ["failed", "pending"];
  const id = taskId(result.taskId);
  return tasks.some(
    (task) => task.taskId === id && states.includes(task.state) && BigInt(task.attempt) === result.attempt,
  );
}

/** Everything that an attempt needs, from the records alone. */
function orderOf(job: JobRecord, task: TaskRecord): importing.TaskOrder {
  const group = job.groups[task.group];
  return {
    jobId: job.jobId,
    taskId: task.taskId,
    attempt: BigInt(task.attempt),
    collectionId: job.collectionId,
    collectionName: job.collectionName,
    schema: Buffer.from(job.schema, "base64"),
    vchannels: [...job.vchannels],
    partitionIds: [...job.partitionIds],
    format: group.format,
    files: group.files.map(({ path, key, sizeBytes }) => ({ path, key, sizeBytes: BigInt(sizeBytes) })),
    range: task.range && { begin: BigInt(task.range.begin), end: BigInt(task.range.end) },
    timestamp: job.timestamp,
    options: job.options.map(([key, value]) => ({ key, value })),
    dbName: job.dbName,
    properties: job.properties.map(([key, value]) => ({ key, value })),
    traceParent: job.traceParent ?? "",
  };
}
