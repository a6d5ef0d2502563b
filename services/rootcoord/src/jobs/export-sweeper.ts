import { sleep } from "@sluice/async";
import type { StoredJob } from "@sluice/catalog";
import { isEnded, specOf } from "@sluice/jobs";
import type { ExportRoots } from "@sluice/object-store";
import type { JobId } from "@sluice/schema";
import type { Logger } from "@sluice/telemetry";
import type { JobBook } from "./job-book.ts";

/** What the sweeper needs; `now` is in Unix milliseconds. */
export interface ExportSweeperDeps {
  readonly book: JobBook;
  readonly roots: Pick<ExportRoots, "open">;
  readonly now: () => number;
  readonly log: Logger;
  readonly intervalMs: number;
}

/** A writer that was cut off may finish a put for as long as its lease; after this it is swept for the last time. */
const GRACE_MS = 10 * 60_000;

/**
 * Removes what exports, and copies by files, that failed or were cancelled have written: at once, and again after a grace. What is to be swept
 * follows from the records of jobs; after a restart all of them are swept once more, as long as they are remembered.
 */
export class ExportSweeper implements AsyncDisposable {
  readonly #deps: ExportSweeperDeps;
  readonly #closing = new AbortController();
  /** When each was swept last. */
  readonly #swept = new Map<JobId, number>();
  readonly #running: Promise<void>;

  constructor(deps: ExportSweeperDeps) {
    this.#deps = deps;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.sweep();
      await sleep(this.#deps.intervalMs, signal);
    }
  }

  /** One pass. What cannot be removed now is tried again. */
  async sweep(): Promise<void> {
    const jobs = this.#deps.book.jobs().filter((job) => placeOf(job) !== undefined && isUnfinished(job));
    for (const job of jobs) {
      if (this.#closing.signal.aborted) return;
      if (this.#isDue(job)) await this.#sweepJob(job).catch((error) => this.#warn(job, error));
    }
    const known = new Set(jobs.map(({ jobId }) => jobId));
    for (const id of this.#swept.keys()) if (!known.has(id)) this.#swept.delete(id);
  }

  #isDue({ jobId, completedMs }: StoredJob): boolean {
    const sweptMs = this.#swept.get(jobId);
    if (sweptMs === undefined) return true;
    return sweptMs < completedMs + GRACE_MS && this.#deps.now() >= completedMs + GRACE_MS;
  }

  async #sweepJob(job: StoredJob): Promise<void> {
    const place = placeOf(job);
    if (!place) return;
    const { root, folder } = place;
    const nowMs = this.#deps.now();
    const store = await this.#deps.roots.open(root);
    const keys = (await Array.fromAsync(store.list(`${folder}/`))).map(({ key }) => key);
    if (keys.length > 0) await store.delete(keys);
    await store.abortWrites?.(`${folder}/`);
    this.#swept.set(job.jobId, nowMs);
    if (keys.length > 0)
      this.#deps.log.info(`removed the files of a job of kind ${job.kind} that did not end`, aboutOf(job, keys.length));
  }

  #warn(job: StoredJob, error: unknown): void {
    this.#deps.log.warn("files of a failed job could not be removed; it is tried again", {
      ...aboutOf(job),
      err: error,
    });
  }

  /** Waits for the sweep that is under way; what it has not come to is swept after the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }
}

/** Where a job writes files. */
function placeOf(job: StoredJob): { readonly root: string; readonly folder: string } | undefined {
  if (job.kind === "export") return specOf(job, "export");
  const copy = job.kind === "copy" ? specOf(job, "copy") : undefined;
  return copy?.direction === "out" ? copy.handover : undefined;
}

function isUnfinished({ state }: StoredJob): boolean {
  return isEnded(state) && state !== "completed";
}

function aboutOf({ jobId }: StoredJob, files?: number) {
  return { jobId: jobId.toString(), ...(files !== undefined && { files }) };
}
