import { sleep } from "@sluice/async";
import type { StoredJob } from "@sluice/catalog";
import type { JobId } from "@sluice/schema";
import type { Logger } from "@sluice/telemetry";
import type { HiddenCollections } from "../ddl/index.ts";
import type { JobBook } from "./job-book.ts";

/** What dropping the rest of failed jobs needs. */
export interface MergeEndsDeps {
  readonly book: JobBook;
  readonly hidden: Pick<HiddenCollections, "drop">;
  readonly log: Logger;
  readonly intervalMs: number;
}

/**
 * Drops what merges and copies that failed or were cancelled have made: their collection, which nobody has seen, gives its name back, and
 * garbage collection takes the rest. It follows from the records of jobs; after a restart all of them are looked at once more.
 */
export class MergeEnds implements AsyncDisposable {
  readonly #deps: MergeEndsDeps;
  readonly #closing = new AbortController();
  readonly #dropped = new Set<JobId>();
  readonly #running: Promise<void>;

  constructor(deps: MergeEndsDeps) {
    this.#deps = deps;
    deps.book.onChange((jobId) => {
      const job = deps.book.get(jobId)?.job;
      if (job && this.#isDue(job)) void this.#drop(job);
    });
    this.#running = this.#run();
  }

  #isDue(job: StoredJob): boolean {
    return hasFailed(job) && !this.#dropped.has(job.jobId) && !this.#closing.signal.aborted;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const due = this.#deps.book.jobs().filter((job) => this.#isDue(job));
      for (const job of due) await this.#drop(job);
      await sleep(this.#deps.intervalMs, signal);
    }
  }

  /** What is not hidden stays: a dry run's is the source. What fails is tried again. */
  async #drop({ jobId, collectionId }: StoredJob): Promise<void> {
    try {
      await this.#deps.hidden.drop(collectionId);
      this.#dropped.add(jobId);
    } catch (error) {
      const about = { jobId: jobId.toString(), err: error };
      this.#deps.log.warn("the collection of a failed job could not be dropped; it is tried again", about);
    }
  }

  /** Waits for the look that is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }
}

/** One that has made a hidden collection which is not wanted any more. */
export function hasFailed({ kind, state }: StoredJob): boolean {
  return (kind === "merge" || kind === "copy") && state === "failed";
}
