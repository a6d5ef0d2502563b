import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { common } from "@sluice/rpc";
import {
  accountedKeys,
  eventually,
  type JobOutcome,
  launchServer,
  readRecords,
  SourceFiles,
  storedKeys,
  TemporaryFolders,
  TestClient,
  type TestServer,
  visibleSegments,
} from "../support/index.ts";
import { faultCollections, type PlannedJob, planJob, rangeField } from "./planned-jobs.ts";
import { SeededRandom } from "./seeded-random.ts";

// The server is killed at random moments while it imports, and started again on the same data. However often that happens:
// F1. an accepted job ends, completely or without a trace, and for no other reason than its own files;
// F2. counts are those of the jobs that were Completed, at every moment;
// F3. keys that the server makes are unique;
// F4. nothing is stored that no visible segment accounts for, once garbage is collected.
//
// SLUICE_FAULT_SEED repeats a run's files, jobs and pauses (the moments themselves vary with the machine);
// SLUICE_FAULT_RUNS sets the number of kills.

const seed = Number(process.env.SLUICE_FAULT_SEED ?? randomInt(2 ** 31));
const kills = Number(process.env.SLUICE_FAULT_RUNS ?? 100);
const KILLS_PER_BATCH = 10;
const JOBS = 50;
/** Jobs submitted between two kills. */
const MAX_SUBMITTED = 4;
const MAX_PAUSE_MS = 700;
/** Part of the kills that hit a server before it is ready. */
const EARLY_KILLS = 0.15;
/** Many small objects: a kill finds some half written. */
const settings = { workers: 2, splitSize: "1MB", flushSize: "64KB" };

const folders = new TemporaryFolders();
const random = new SeededRandom(seed);
let importRoot: string;
let plan: PlannedJob[];
/** Attempts of tasks beyond their first, over all batches. */
let repeatedAttempts = 0;

beforeAll(async () => {
  process.stderr.write(`kill -9: SLUICE_FAULT_SEED=${seed} SLUICE_FAULT_RUNS=${kills}\n`);
  importRoot = await folders.create();
  const files = new SourceFiles(importRoot);
  plan = [];
  for (let i = 0; i < JOBS; i++) plan.push(await planJob(files, random, i));
}, 120_000);

afterAll(() => folders[Symbol.asyncDispose]());

const batches = Array.from({ length: Math.ceil(kills / KILLS_PER_BATCH) }, (_, i) => [i + 1] as const);

it.each(batches)(
  "batch %i of kills leaves every job complete or without a trace",
  async (batch) => {
    const rounds = Math.min(KILLS_PER_BATCH, kills - (batch - 1) * KILLS_PER_BATCH);
    const dataDir = await folders.create();
    const run = new Batch(dataDir);
    try {
      await run.prepare();
      for (let i = 0; i < rounds; i++) await run.round();
      await run.finish();
    } catch (error) {
      throw new Error(`seed ${seed}, batch ${batch}: ${(error as Error).message}\nserver:\n${run.log}`, {
        cause: error,
      });
    } finally {
      await run.end();
    }
  },
  300_000,
);

it("kills hit tasks while they ran", () => {
  // A handful of kills may miss all of them.
  if (kills >= 20) expect(repeatedAttempts).toBeGreaterThan(kills / 10);
});

/** One data folder, some kills, then a look at everything. */
class Batch {
  readonly #dataDir: string;
  readonly #waiting = shuffled(plan);
  /** Submitted, whether or not an answer came. */
  readonly #submitted: PlannedJob[] = [];
  /** Those with an answer. */
  readonly #accepted = new Map<bigint, PlannedJob>();
  #server: TestServer | undefined;
  #client: TestClient | undefined;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  get log(): string {
    return this.#server?.stderr ?? "";
  }

  async prepare(): Promise<void> {
    await this.#start();
    for (const spec of faultCollections) await this.client.createCollection(spec);
  }

  get client(): TestClient {
    if (!this.#client) throw new Error("no server runs");
    return this.#client;
  }

  /** Submits some jobs, kills the server at a random moment, starts it again. */
  async round(): Promise<void> {
    const submitting = this.#submitSome();
    await sleep(random.int(0, MAX_PAUSE_MS));
    await this.#kill();
    await submitting;
    if (random.chance(EARLY_KILLS)) await this.#killEarly();
    await this.#start();
    await this.#checkCounts();
  }

  async #start(): Promise<void> {
    this.#server = this.#launch();
    await this.#server.ready();
    this.#client = new TestClient(this.#server.address);
  }

  #launch(): TestServer {
    return launchServer({ dataDir: this.#dataDir, importRoots: [importRoot], settings });
  }

  async #killEarly(): Promise<void> {
    const server = this.#launch();
    await Promise.race([sleep(random.int(50, 1200)), server.ended]);
    await server.kill9();
  }

  async #kill(): Promise<void> {
    await this.#server?.kill9();
    this.#client?.[Symbol.dispose]();
  }

  async end(): Promise<void> {
    await this.#kill();
  }

  /** Resolves when every call has an answer, or the server is gone. */
  async #submitSome(): Promise<void> {
    const jobs = this.#waiting.splice(0, random.int(1, MAX_SUBMITTED));
    const gone = this.#server?.ended;
    await Promise.race([Promise.allSettled(jobs.map((job) => this.#submit(job))), gone]);
  }

  async #submit(job: PlannedJob): Promise<void> {
    this.#submitted.push(job);
    const task = await this.client.import(job.collection, job.files);
    this.#accepted.set(task, job);
  }

  /** F2: a count lies between what was Completed before it and what is Completed or just being committed after it. */
  async #checkCounts(): Promise<void> {
    for (const { name } of faultCollections) {
      const before = completedRows(await this.client.list(name));
      const count = await this.client.count(name);
      const jobs = await this.client.list(name);
      const after = completedRows(jobs) + committingRows(jobs);
      if (count < before || count > after) throw new Error(`${name} has ${count} rows, its jobs ${before} to ${after}`);
    }
  }

  async finish(): Promise<void> {
    const outcomes: JobOutcome[] = [];
    for (const { name } of faultCollections) {
      for (const job of await this.client.list(name)) outcomes.push(await this.client.waitFor(job.id));
    }
    const missing = [...this.#accepted.keys()].filter((id) => !outcomes.some((outcome) => outcome.id === id));
    expect(missing).toEqual([]);
    for (const job of this.#submitted)
      await this.#checkJob(
        job,
        outcomes.filter((outcome) => outcome.infos.files === job.files.join(",")),
      );
    for (const { name } of faultCollections)
      expect(await this.client.count(name)).toBe(completedRows(await this.client.list(name)));
    await this.#checkKeys(outcomes);
    await this.#checkStorage(outcomes);
  }

  /** F1. A job whose answer was lost may exist or not, but not twice. */
  async #checkJob(job: PlannedJob, outcomes: readonly JobOutcome[]): Promise<void> {
    const [outcome] = outcomes;
    expect(outcomes.length).toBeLessThanOrEqual(1);
    const field = rangeField(job.collection);
    const rows = await this.client.count(job.collection, `${field} >= ${job.first} and ${field} < ${job.last}`);
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
      const rows = await this.client.query(name, `${field} >= 0`, ["id", field]);
      expect(new Set(rows.map((row) => row.id)).size).toBe(rows.length);
      expect(new Set(rows.map((row) => row[field])).size).toBe(rows.length);
    }
    const ranges = outcomes.flatMap(({ idRanges }) => pairsOf(idRanges)).sort((a, b) => (a[0] < b[0] ? -1 : 1));
    expect(ranges.filter(([begin], i) => i > 0 && begin < ranges[i - 1][1])).toEqual([]);
  }

  /** F4. */
  async #checkStorage(outcomes: readonly JobOutcome[]): Promise<void> {
    const visible = outcomes
      .filter((outcome) => outcome.isCompleted)
      .flatMap((outcome) => outcome.segmentIds.map(String));
    await eventually(async () => {
      const stored = new Set((await storedKeys(this.#dataDir)).map((key) => key.split("/")[3]));
      expect([...stored].sort()).toEqual(visible.sort());
    }, 30_000);
    await this.#server?.stop();
    const records = await readRecords(this.#dataDir);
    for (const { attempt } of records.tasks) repeatedAttempts += Math.max(0, attempt - 1);
    expect(await storedKeys(this.#dataDir)).toEqual(accountedKeys(visibleSegments(records)));
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

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, order: random.next() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
