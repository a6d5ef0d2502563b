import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { excerptOfList, ImportError } from "@sluice/errors";
import { bytesPerSecondOf, next, nextWithLook, type TaskReport, taskWithId, verdictOn } from "@sluice/jobs";
import { type importing, reportOfMessage, type rootCoord } from "@sluice/rpc";
import { encodePlain, type JobId, jobId, nodeId, type TaskId, taskId } from "@sluice/schema";
import type { Logger } from "@sluice/telemetry";
import type { RootCoordMetrics } from "../metrics.ts";
import type { JobBook, JobView } from "./job-book.ts";
import type { JobCredentials } from "./job-credentials.ts";
import type { JobPace } from "./job-pace.ts";
import type { JobPlanners } from "./kinds/job-planner.ts";
import { reportIntervalMs } from "./report-interval.ts";

/** What taking reports needs; `now` is in Unix milliseconds. */
export interface TaskReportsDeps {
  readonly book: JobBook;
  readonly planners: JobPlanners;
  readonly credentials: JobCredentials;
  readonly now: () => number;
  readonly log: Logger;
  /** Datanodes that may die with a task before it fails. */
  readonly maxNodesKilled: number;
  readonly pace: JobPace;
  /** The job's collection or partition, named, once it is dropped. */
  readonly droppedTarget: (job: JobRecord) => Promise<string | undefined>;
  /** Told of progress, which no record holds. */
  readonly onProgress?: (jobId: JobId) => void;
  readonly metrics?: RootCoordMetrics;
}

/**
 * The datanodes' side of a job: StartTask begins the next attempt of a task, ReportImport takes what it did. R1: only
 * the current attempt of a running task is listened to, so that a node thought dead that comes back changes nothing.
 */
export class TaskReports {
  readonly #deps: TaskReportsDeps;
  readonly #leadsSinceMs: number;
  constructor(deps: TaskReportsDeps) {
    this.#deps = deps;
    this.#leadsSinceMs = deps.now();
  }

  /** Begins the next attempt, and every earlier one is superseded from now on; or says that nobody is to work on it any more. */
  async startTask(
    request: rootCoord.StartTaskRequest,
  ): Promise<{ obsolete: boolean; order: importing.TaskOrder | undefined }> {
    const { book, now, metrics, planners, maxNodesKilled } = this.#deps;
    const known = book.get(jobId(request.jobId))?.job;
    if (known && planners[known.kind].lost?.(known)) return { obsolete: true, order: undefined };
    const event = {
      kind: "task_started",
      taskId: taskId(request.taskId),
      nodeId: nodeId(request.nodeId),
      nowMs: now(),
      leadsSinceMs: this.#leadsSinceMs,
      maxNodesKilled,
      others: this.#others(taskId(request.taskId)),
    } as const;
    let started: TaskRecord | undefined;
    let before: TaskRecord | undefined;
    const view = await book.change(jobId(request.jobId), ({ job, tasks }) => {
      before = taskWithId(tasks, event.taskId);
      const step = next(job, tasks, { ...event, files: before ? filesOf(job, before) : [] });
      started = step.tasks?.[0];
      return step;
    });
    if (!view || !started) return { obsolete: true, order: undefined };
    if (before?.state === "running" && before.nodeId !== event.nodeId) this.#noteLost(before, started);
    if (started.state !== "running") return { obsolete: true, order: undefined };
    metrics?.attemptStarted(view.job, started, now());
    return { obsolete: false, order: this.#orderOf(view.job, started) };
  }

  /** Looked at only when a task has lost several nodes: there may be many. */
  *#others(taskId: TaskId): Generator<TaskRecord> {
    for (const { tasks } of this.#deps.book.all()) for (const task of tasks) if (task.taskId !== taskId) yield task;
  }

  /** Everything that an attempt needs, from the records alone. */
  #orderOf(job: JobRecord, task: TaskRecord): importing.TaskOrder {
    return {
      jobId: job.jobId,
      taskId: task.taskId,
      attempt: BigInt(task.attempt),
      kind: task.kind,
      input: encodePlain(this.#deps.planners[job.kind].inputOf(job, task)),
      collectionId: job.collectionId,
      traceParent: job.traceParent ?? "",
      reportMs: BigInt(reportIntervalMs(this.#deps.book.runningTasks)),
      taskRevision: this.#deps.book.revisionOf(task),
      bytesPerSecond: BigInt(bytesPerSecondOf(job)),
      ...this.#deps.credentials.inOrder(
        this.#deps.planners[job.kind].secretsOf?.(job) ?? {},
        `${job.jobId}/${task.taskId}/${task.attempt}`,
      ),
    };
  }

  /** @throws {ImportError} `attempt_superseded` when the report does not come from the current attempt (R1) */
  async report(result: importing.ImportResult): Promise<void> {
    const { jobId: job, report } = reportOfMessage(result);
    const isHeard = report.progress.state === "running" ? this.#note(job, report) : await this.#take(job, report);
    if (isHeard) return;
    await this.#noteHeard(job, report);
    const reason = `attempt ${report.attempt} of task ${report.taskId} is no longer the current one`;
    throw new ImportError("attempt_superseded", reason);
  }

  /** Progress is kept in memory, since the next report tells it again. */
  #note(job: JobId, report: TaskReport): boolean {
    const { book, pace, now, onProgress } = this.#deps;
    if (!book.note(job, (view) => this.#reported(view, report)?.tasks?.[0])) return false;
    pace.note(job, report, now());
    onProgress?.(job);
    return true;
  }

  /** Ends are recorded; with the last one, that the job goes on. */
  async #take(job: JobId, report: TaskReport): Promise<boolean> {
    let verdict = "superseded" as ReturnType<typeof verdictOn>;
    const look = await this.#lookAhead(job, report);
    const view = await this.#deps.book.change(job, (view) => {
      const task = taskOf(view, report);
      if (task) verdict = verdictOn(view.job, task, report);
      return look
        ? nextWithLook(view.job, view.tasks, this.#eventOf(view, report), look)
        : this.#reported(view, report);
    });
    const task = view && taskOf(view, report);
    if (verdict === "current" && task?.state === "pending") this.#noteRetry(task, report);
    return verdict !== "superseded";
  }

  /** For a report after which all tasks of its job are done, as far as can be told before it is taken. */
  async #lookAhead(jobId: JobId, { taskId, progress }: TaskReport) {
    const { book, planners, droppedTarget } = this.#deps;
    const view = progress.state === "persisted" ? book.get(jobId) : undefined;
    if (!view?.tasks.every((task) => task.state === "persisted" || task.taskId === taskId)) return undefined;
    const refusal = (job: JobRecord, tasks: readonly TaskRecord[]) => planners[job.kind].refusal?.(job, tasks);
    return { droppedTarget: await droppedTarget(view.job), refusal };
  }

  #reported(view: JobView, report: TaskReport) {
    return next(view.job, view.tasks, this.#eventOf(view, report));
  }

  #eventOf(view: JobView, report: TaskReport) {
    return { kind: "task_reported", report: withFiles(report, view), nowMs: this.#deps.now() } as const;
  }

  /** Who was given up and speaks has not died. */
  async #noteHeard(job: JobId, { taskId, attempt }: TaskReport): Promise<void> {
    await this.#deps.book.change(job, (view) => next(view.job, view.tasks, { kind: "node_heard", taskId, attempt }));
  }

  #noteLost({ jobId, taskId, nodeId, attempt }: TaskRecord, { failure }: TaskRecord): void {
    const about = { jobId: jobId.toString(), taskId: taskId.toString(), nodeId: nodeId.toString(), attempt };
    this.#deps.metrics?.attemptLost();
    if (failure) this.#deps.log.error("datanodes die of a task; it is not begun again", { ...about, failure });
    else this.#deps.log.warn("a datanode fell silent with a task; another one begins it anew", about);
  }

  #noteRetry({ jobId, taskId, attempt, failures }: TaskRecord, { nodeId, progress }: TaskReport): void {
    if (progress.state !== "failed") return;
    const about = { jobId: jobId.toString(), taskId: taskId.toString(), nodeId: nodeId.toString(), attempt, failures };
    this.#deps.metrics?.taskRetried(progress.failure.code);
    this.#deps.log.warn("an attempt failed; its task is tried again", { ...about, failure: progress.failure });
  }
}

/** A failure of the system, such as a thread that died, knows no file: those that the task had are named. */
function withFiles(report: TaskReport, view: JobView): TaskReport {
  const { progress } = report;
  const task = taskOf(view, report);
  if (progress.state !== "failed" || progress.failure.code !== "internal" || progress.failure.file || !task)
    return report;
  const files = filesOf(view.job, task);
  if (files.length === 0) return report;
  const reason = `${progress.failure.reason}; the task had ${excerptOfList(files)}`;
  return { ...report, progress: { ...progress, failure: { ...progress.failure, reason } } };
}

/** What a task reads, as the user named it. */
function filesOf(job: JobRecord, { group, groupCount = 1 }: TaskRecord): string[] {
  return job.groups.slice(group, group + groupCount).flatMap(({ files }) => files.map(({ path }) => path));
}

function taskOf({ tasks }: JobView, { taskId }: TaskReport): TaskRecord | undefined {
  return taskWithId(tasks, taskId);
}
