import { expect } from "@jest/globals";
import { common } from "@sluice/rpc";
import type { JobOutcome, TestClient } from "../support/index.ts";
import { faultCollections, type PlannedJob, rangeField } from "./planned-jobs.ts";
import { visibleIn } from "./stored-segments.ts";

// F1. an accepted job ends, completely or without a trace, and for no other reason than its own files;
// F2. counts are those of the jobs that were Completed, at every moment;
// F3. keys that the server makes are unique.

/** The jobs of one run with faults: what was submitted, and whether the server keeps its promises about it. */
export class JobLedger {
  readonly #client: () => TestClient;
  readonly #waiting: PlannedJob[];
  /** Submitted, whether or not an answer came. */
  readonly #submitted: PlannedJob[] = [];
  /** Those with an answer. */
  readonly #accepted = new Map<bigint, PlannedJob>();

  /** @param client the one of now: a server that is started again may have another address */
  constructor(client: () => TestClient, jobs: readonly PlannedJob[]) {
    this.#client = client;
    this.#waiting = [...jobs];
  }

  /** Submits the next jobs; resolves when every call has an answer, or fails. */
  async submit(count: number): Promise<void> {
    const jobs = this.#waiting.splice(0, count);
    await Promise.allSettled(jobs.map((job) => this.#submit(job)));
  }

  async #submit(job: PlannedJob): Promise<void> {
    this.#submitted.push(job);
    const task = await this.#client().import(job.collection, job.files);
    this.#accepted.set(task, job);
  }

  /** F2: a count lies between what was Completed before it and what is Completed or just being committed after it. */
  async checkCounts(): Promise<void> {
    const client = this.#client();
    for (const { name } of faultCollections) {
      const before = completedRows(await client.list(name));
      const count = await client.count(name);
      const jobs = await client.list(name);
      const after = completedRows(jobs) + committingRows(jobs);
      if (count < before || count > after) throw new Error(`${name} has ${count} rows, its jobs ${before} to ${after}`);
    }
  }

  /** Waits until all jobs have ended, and looks at every one of them. */
  async settle(): Promise<JobOutcome[]> {
    const client = this.#client();
    const outcomes: JobOutcome[] = [];
    for (const { name } of faultCollections) {
      for (const job of await client.list(name)) outcomes.push(await client.waitFor(job.id));
    }
    const missing = [...this.#accepted.keys()].filter((id) => !outcomes.some((outcome) => outcome.id === id));
    expect(missing).toEqual([]);
    for (const job of this.#submitted)
      await this.#checkJob(
        job,
        outcomes.filter((outcome) => outcome.infos.files === job.files.join(",")),
      );
    for (const { name } of faultCollections)
      expect(await client.count(name)).toBe(completedRows(await client.list(name)));
    await this.#checkKeys(outcomes);
    return outcomes;
  }

  /** Ids of all visible segments, as text, ascending. */
  async visibleSegments(): Promise<string[]> {
    const names = faultCollections.map(({ name }) => name);
    return visibleIn(this.#client(), names);
  }

  /** F1. A job whose answer was lost may exist or not, but not twice. */
  async #checkJob(job: PlannedJob, outcomes: readonly JobOutcome[]): Promise<void> {
    const [outcome] = outcomes;
    expect(outcomes.length).toBeLessThanOrEqual(1);
    const field = rangeField(job.collection);
    const rows = await this.#client().count(job.collection, `${field} >= ${job.first} and ${field} < ${job.last}`);
    if (!outcome) expect(rows).toBe(0);
    else if (job.fault.length === 0) {
      expect([outcome.reason, outcome.rowCount, rows]).toEqual(["", job.rowCount, job.rowCount]);
    } else {
      expect([outcome.isCompleted, rows]).toEqual([false, 0]);
      for (const part of job.fault) expect(outcome.reason).toContain(part);
    }
  }

  /** F3. */
  async #checkKeys(outcomes: readonly JobOutcome[]): Promise<void> {
    for (const { name } of faultCollections) {
      const field = rangeField(name);
      const rows = await this.#client().query(name, `${field} >= 0`, ["id", field]);
      expect(new Set(rows.map((row) => row.id)).size).toBe(rows.length);
      expect(new Set(rows.map((row) => row[field])).size).toBe(rows.length);
    }
    const ranges = outcomes.flatMap(({ idRanges }) => pairsOf(idRanges)).sort((a, b) => (a[0] < b[0] ? -1 : 1));
    expect(ranges.filter(([begin], i) => i > 0 && begin < ranges[i - 1][1])).toEqual([]);
  }
}

function completedRows(jobs: readonly JobOutcome[]): number {
  return jobs.filter((job) => job.isCompleted).reduce((sum, job) => sum + job.rowCount, 0);
}

/** A job's rows are visible a moment before it is said to be Completed. */
function committingRows(jobs: readonly JobOutcome[]): number {
  const committing = jobs.filter((job) => job.state === common.ImportState.ImportPersisted);
  return committing.reduce((sum, job) => sum + job.rowCount, 0);
}

function pairsOf(bounds: readonly bigint[]): [bigint, bigint][] {
  return Array.from({ length: bounds.length / 2 }, (_, i) => [bounds[2 * i], bounds[2 * i + 1]]);
}
