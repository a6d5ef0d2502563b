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
  readonly #attempts;
  readonly #retries;
  readonly #lost;
  readonly #scrape: Disposable;

  constructor(metrics: Metrics, book: JobBook) {
    this.#jobs = metrics.gauge("sluice_jobs", {
      help: "Import jobs that are remembered, by state.",
      labels: ["state"],
    });
    this.#tasks = metrics.gauge("sluice_tasks", { help: "Tasks of open jobs, by state.", labels: ["state"] });
    this.#ended = metrics.counter("sluice_jobs_ended_total", { help: "Import jobs that ended.", labels: ["state"] });
    this.#seconds = metrics.histogram("sluice_job_seconds", {
      help: "From the request to the end of an import job.",
      labels: ["state"],
      buckets: durationBuckets,
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
    this.#scrape = metrics.onScrape(() => this.#collect(book));
  }

  jobEnded(job: JobRecord, nowMs: number): void {
    const { state } = job;
    this.#ended.add(1, { state });
    this.#seconds.observe((nowMs - job.createdMs) / 1000, { state });
  }

  attemptStarted(job: JobRecord, task: TaskRecord, nowMs: number): void {
    this.#attempts.add();
    if (task.attempt === 1) this.#waits.observe((nowMs - job.createdMs) / 1000);
  }

  attemptLost(): void {
    this.#lost.add();
  }

  taskRetried(code: string): void {
    this.#retries.add(1, { code });
  }

  #collect(book: JobBook): void {
    const views = book.all();
    const tasks = views.flatMap((view) => (view.job.state === "importing" ? view.tasks : []));
    for (const state of jobStates) this.#jobs.set(views.filter(({ job }) => job.state === state).length, { state });
    for (const state of taskStates) this.#tasks.set(tasks.filter((task) => task.state === state).length, { state });
  }

  [Symbol.dispose](): void {
    this.#scrape[Symbol.dispose]();
    this.#jobs.clear();
    this.#tasks.clear();
  }
}
