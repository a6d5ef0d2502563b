import type { JobId } from "@sluice/schema";
import type { Logger } from "@sluice/telemetry";

/** What differs from one try to the next: ids, times, references. */
const VARYING = /[0-9a-f]{8,}|\d+/g;

/**
 * Steps of jobs that fail for reasons outside of the jobs, such as a queue that refuses, are tried again twice a second, of each
 * job. Each reason is told when the first job has it, and once more when none has it any longer.
 */
export class JobTroubles {
  readonly #log: Logger;
  readonly #jobsOf = new Map<string, Set<JobId>>();
  readonly #reasonOf = new Map<JobId, string>();
  /** The same as it was said last. */
  readonly #wordsOf = new Map<JobId, string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Why a step of the job is tried again; undefined where none is. */
  of(jobId: JobId): string | undefined {
    return this.#wordsOf.get(jobId);
  }

  /** Told to the log once for each reason; what varies between jobs in its words, numbers above all, makes no other one. */
  failed(jobId: JobId, error: unknown): void {
    const words = String((error as Error)?.message ?? error);
    const reason = words.replace(VARYING, "#");
    if (this.#reasonOf.get(jobId) !== reason) this.passed(jobId);
    this.#wordsOf.set(jobId, words);
    if (this.#reasonOf.get(jobId) === reason) return;
    this.#reasonOf.set(jobId, reason);
    const jobs = this.#jobsOf.get(reason);
    if (jobs) return void jobs.add(jobId);
    this.#jobsOf.set(reason, new Set([jobId]));
    this.#log.warn("a step of a job failed; it is tried again", { jobId: jobId.toString(), err: error });
  }

  /** A step of the job was done, or the job is gone. */
  passed(jobId: JobId): void {
    const reason = this.#reasonOf.get(jobId);
    if (reason === undefined) return;
    this.#reasonOf.delete(jobId);
    this.#wordsOf.delete(jobId);
    const jobs = this.#jobsOf.get(reason);
    jobs?.delete(jobId);
    if (jobs?.size !== 0) return;
    this.#jobsOf.delete(reason);
    this.#log.info("steps of jobs that failed go on", { jobId: jobId.toString(), reason });
  }
}
