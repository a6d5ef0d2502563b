import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { launchServer, SourceFiles, scaled, TemporaryFolders, TestClient, type TestServer } from "../support/index.ts";
import { JobLedger } from "./job-ledger.ts";
import { faultCollections, type PlannedJob, planJob } from "./planned-jobs.ts";
import { SeededRandom } from "./seeded-random.ts";
import { accountedRecords, storedIsVisible } from "./stored-segments.ts";

// The server is killed at random moments while it imports and merges small segments, and started again on the same data. However often that happens:
// F1 to F3 hold (see the job ledger), and
// F4. nothing is stored that no visible segment accounts for, once garbage is collected.
//
// SLUICE_FAULT_SEED repeats a run's files, jobs and pauses (the moments themselves vary with the machine);
// SLUICE_FAULT_RUNS sets the number of kills.

const seed = Number(process.env.SLUICE_FAULT_SEED ?? randomInt(2 ** 31));
const kills = Number(process.env.SLUICE_FAULT_RUNS ?? scaled(100));
/** The end of each waits for readers and garbage, ten seconds and more. */
const KILLS_PER_BATCH = 17;
const JOBS = 50;
/** Jobs submitted between two kills. */
const MAX_SUBMITTED = 4;
const MAX_PAUSE_MS = 700;
/** Part of the kills that hit a server before it is ready. */
const EARLY_KILLS = 0.15;
/** Many small objects: a kill finds some half written. No writer outlives the process, so that garbage is soon gone for good. */
const settings = {
  ...{ workers: 2, splitSize: "1MB", flushSize: "64KB" },
  ...{ gcGrace: "3s", compactionInterval: "100ms", readerGrace: "5s" },
};

const folders = new TemporaryFolders();
const random = new SeededRandom(seed);
let importRoot: string;
let plan: PlannedJob[];
/** Attempts of tasks beyond their first, over all batches. */
let repeatedAttempts = 0;
/** That were completed. */
let compactions = 0;

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
  if (kills < 20) return;
  expect(repeatedAttempts).toBeGreaterThan(kills / 10);
  expect(compactions).toBeGreaterThan(0);
});

/** One data folder, some kills, then a look at everything. */
class Batch {
  readonly #dataDir: string;
  readonly #ledger = new JobLedger(() => this.client, random.shuffled(plan));
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
    const submitting = Promise.race([this.#ledger.submit(random.int(1, MAX_SUBMITTED)), this.#server?.ended]);
    await sleep(random.int(0, MAX_PAUSE_MS));
    await this.#kill();
    await submitting;
    if (random.chance(EARLY_KILLS)) await this.#killEarly();
    await this.#start();
    await this.#ledger.checkCounts();
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

  async finish(): Promise<void> {
    await this.#ledger.settle();
    await this.#checkStorage();
  }

  /** F4. */
  async #checkStorage(): Promise<void> {
    await storedIsVisible(this.#dataDir, () => this.#ledger.visibleSegments(), 40_000);
    await this.#server?.stop();
    const records = await accountedRecords(this.#dataDir);
    compactions += records.jobs.filter(({ kind, state }) => kind === "compaction" && state === "completed").length;
    for (const { attempt } of records.tasks) repeatedAttempts += Math.max(0, attempt - 1);
  }
}
