import type { TaskReport } from "@sluice/jobs";
import type { JobId, TaskId } from "@sluice/schema";

/** A pace is that of the last seconds: older ones say how fast it was, not how fast it is. */
const WINDOW_MS = 15_000;
/** Reports come by the dozen a second where a job has many tasks. */
const SAMPLE_MS = 1000;

/** What a job reads in a second. */
export interface Pace {
  readonly rowsPerSecond: number;
  readonly bytesPerSecond: number;
}

interface Sample {
  readonly atMs: number;
  readonly rows: number;
  readonly bytes: number;
}

interface JobSamples {
  /** Read since the first report, of all attempts: it only grows. */
  rows: number;
  bytes: number;
  readonly samples: Sample[];
  /** What the last report of each task has said. */
  readonly tasks: Map<TaskId, { readonly attempt: number; readonly rows: number; readonly bytes: number }>;
}

/** How fast jobs read, from the reports of their tasks; in memory, since the next reports tell it again. */
export class JobPace {
  readonly #jobs = new Map<JobId, JobSamples>();

  /**
   * Takes a report in; one of a task that does not run says nothing of the pace. @param nowMs of any clock that `of` is
   * asked by
   */
  note(jobId: JobId, { taskId, attempt, progress }: TaskReport, nowMs: number): void {
    if (progress.state !== "running") return;
    const job = this.#jobs.get(jobId) ?? {
      rows: 0,
      bytes: 0,
      samples: [{ atMs: nowMs, rows: 0, bytes: 0 }],
      tasks: new Map(),
    };
    this.#jobs.set(jobId, job);
    const { rowCount: rows, processedBytes: bytes } = progress;
    const last = job.tasks.get(taskId);
    // The first report of an attempt says how far it is, not how long it took.
    if (last?.attempt === attempt) {
      job.rows += Math.max(0, rows - last.rows);
      job.bytes += Math.max(0, bytes - last.bytes);
    }
    job.tasks.set(taskId, { attempt, rows, bytes });
    sample(job, nowMs);
  }

  /** Undefined while too little is known. */
  of(jobId: JobId, nowMs: number): Pace | undefined {
    const job = this.#jobs.get(jobId);
    const first = job?.samples.find(({ atMs }) => nowMs - atMs <= WINDOW_MS);
    if (!job || !first || nowMs - first.atMs < SAMPLE_MS) return undefined;
    const seconds = (nowMs - first.atMs) / 1000;
    return { rowsPerSecond: (job.rows - first.rows) / seconds, bytesPerSecond: (job.bytes - first.bytes) / seconds };
  }

  /** Of an ended job, whose pace nobody asks for. */
  forget(jobId: JobId): void {
    this.#jobs.delete(jobId);
  }
}

function sample({ samples, rows, bytes }: JobSamples, nowMs: number): void {
  if (nowMs - samples[samples.length - 1].atMs < SAMPLE_MS) return;
  samples.push({ atMs: nowMs, rows, bytes });
  while (nowMs - samples[0].atMs > WINDOW_MS) samples.shift();
}
