import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { jobStates, taskStates } from "@sluice/jobs";
import { durationBuckets, type Metrics } from "@sluice/telemetry";
import type { JobBook } from "./jobs/job-book.ts";

/** What a rootcoord counts, while it leads. Disposing ends the gauges: another one has the truth then. */
export class RootCoordMetrics implements Disposable {
  readonly #jobs;
  readonly #tasks;
  readonly #ended;
  readonly #seconds;
  readonly #waits;
  readonly #compactions;
  readonly #compactedSegments;
  readonly #compactedRows;
  readonly #attempts;
  readonly #retries;
  readonly #lost;
  readonly #webhooks;
  readonly #scrape: Disposable;

  constructor(metrics: Metrics, book: JobBook) {
    this.#jobs = metrics.gauge("sluice_jobs", {
      help: "Import jobs that are remembered, by state.",
      labels: ["state"],
    });
    this.#tasks = metrics.gauge("sluice_tasks", { help: "Tasks of open import jobs, by state.", labels: ["state"] });
    this.#ended = metrics.counter("sluice_jobs_ended_total", { help: "Import jobs that ended.", labels: ["state"] });
    this.#seconds = metrics.histogram("sluice_job_seconds", {
      help: "From the request to the end of an import job.",
      labels: ["state"],
      buckets: durationBuckets,
    });
    this.#compactions = metrics.counter("sluice_compactions_ended_total", {
      help: "Compactions that ended.",
      labels: ["state"],
    });
    this.#compactedSegments = metrics.counter("sluice_compacted_segments_total", {
      help: "Small segments that were merged into larger ones.",
    });
    this.#compactedRows = metrics.counter("sluice_compacted_rows_total", {
      help: "Rows of segments that were merged: each was written once more.",
    });
    this.#waits = metrics.histogram("sluice_task_wait_seconds", {
      help: "From the request to the first attempt of a task.",
      buckets: durationBuckets,
    });
    this.#attempts = metrics.counter("sluice_attempts_started_total", { help: "Attempts of tasks that began." });
    this.#retries = metrics.counter("sluice_task_retries_total", {
      help: "Attempts that failed and are tried again, by error code.",
      labels: ["code"],
    });
    this.#lost = metrics.counter("sluice_attempts_lost_total", {
      help: "Attempts whose datanode died or fell silent; another one began the task anew.",
    });
    this.#webhooks = metrics.counter("sluice_webhook_attempts_total", {
      help: "Messages to webhooks, by what became of them: delivered or failed.",
      labels: ["outcome"],
    });
    this.#scrape = metrics.onScrape(() => this.#collect(book));
  }

  /** @param removed segments that a completed compaction has replaced */
  jobEnded(job: JobRecord, nowMs: number, removed = 0): void {
    const { state } = job;
    if (job.kind === "compaction") return void this.#compactionEnded(job, removed);
    this.#ended.add(1, { state });
    this.#seconds.observe((nowMs - job.createdMs) / 1000, { state });
  }

  #compactionEnded({ state, rowCount }: JobRecord, removed: number): void {
    this.#compactions.add(1, { state });
    if (state !== "completed") return;
    this.#compactedSegments.add(removed);
    this.#compactedRows.add(rowCount);
  }

  /** The first one of a task tells how long that has waited, from the request. */
  attemptStarted(job: JobRecord, task: TaskRecord, nowMs: number): void {
    this.#attempts.add();
    // Those of compactions are meant to wait.
    if (task.attempt === 1 && job.kind !== "compaction") this.#waits.observe((nowMs - job.createdMs) / 1000);
  }

  /** The datanode died or fell silent. */
  attemptLost(): void {
    this.#lost.add();
  }

  /** One attempt, which may be followed by others. */
  webhookAttempted(outcome: "delivered" | "failed"): void {
    this.#webhooks.add(1, { outcome });
  }

  /** @param code of the error that ended the attempt */
  taskRetried(code: string): void {
    this.#retries.add(1, { code });
  }

  #collect(book: JobBook): void {
    const views = book.all().filter(({ job }) => job.kind !== "compaction");
    const tasks = views.flatMap((view) => (view.job.state === "importing" ? view.tasks : []));
    for (const state of jobStates) this.#jobs.set(views.filter(({ job }) => job.state === state).length, { state });
    for (const state of taskStates) this.#tasks.set(tasks.filter((task) => task.state === state).length, { state });
  }

  /** Counters stay: they count for the process. */
  [Symbol.dispose](): void {
    this.#scrape[Symbol.dispose]();
    this.#jobs.clear();
    this.#tasks.clear();
  }
}
