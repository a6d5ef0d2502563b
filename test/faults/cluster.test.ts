import { randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import {
  accountedKeys,
  describeWith,
  eventually,
  recordsOf,
  SourceFiles,
  scaled,
  segmentsIn,
  TemporaryFolders,
  TestBackends,
  TestClient,
  TestCluster,
  visibleSegments,
} from "../support/index.ts";
import { chooseFault, RecordHistory } from "./cluster-faults.ts";
import { JobLedger } from "./job-ledger.ts";
import { faultCollections, type PlannedJob, planJob } from "./planned-jobs.ts";
import { SeededRandom } from "./seeded-random.ts";

// A cluster of separate processes on real etcd, Redis and S3 imports, and merges small segments, while one after the other fails.
// F1 to F3 hold (see the job ledger), and
// F4. nothing is stored that no visible segment accounts for, once garbage is collected;
// F5. records go forward only, whoever writes them: no leader that was thought dead writes between those of the next.
//
// SLUICE_FAULT_SEED repeats a run's files, jobs, faults and pauses; SLUICE_CLUSTER_FAULT_RUNS sets the number of faults.

const seed = Number(process.env.SLUICE_FAULT_SEED ?? randomInt(2 ** 31));
const faults = Number(process.env.SLUICE_CLUSTER_FAULT_RUNS ?? scaled(200));
const FAULTS_PER_BATCH = 40;
const JOBS = 40;
const MAX_PAUSE_MS = 500;
/** Twice what a fault lasts at most. */
const GRACE = "8s";
/** Processes whose clocks jump, of all that are started. */
const JUMPING = 0.3;

const folders = new TemporaryFolders();
const random = new SeededRandom(seed);
let importRoot: string;
let plan: PlannedJob[];
let repeatedAttempts = 0;

const suite = describeWith("etcd", "redis-server", "weed");

suite("a cluster", () => {
  beforeAll(async () => {
    process.stderr.write(`cluster faults: SLUICE_FAULT_SEED=${seed} SLUICE_CLUSTER_FAULT_RUNS=${faults}\n`);
    importRoot = await folders.create();
    const files = new SourceFiles(importRoot);
    plan = [];
    for (let i = 0; i < JOBS; i++) plan.push(inBucket(await planJob(files, random, i)));
  }, 300_000);

  afterAll(() => folders[Symbol.asyncDispose]());

  const batches = Array.from({ length: Math.ceil(faults / FAULTS_PER_BATCH) }, (_, i) => [i + 1] as const);

  it.each(batches)(
    "batch %i of faults leaves every job complete or without a trace",
    async (batch) => {
      const rounds = Math.min(FAULTS_PER_BATCH, faults - (batch - 1) * FAULTS_PER_BATCH);
      await using run = await Batch.open();
      try {
        for (let i = 0; i < rounds; i++) await run.round();
        await run.finish();
      } catch (error) {
        const struck = run.struck.join(", ");
        throw new Error(
          `seed ${seed}, batch ${batch}, faults: ${struck}: ${(error as Error).message}\n${run.cluster.log}`,
          { cause: error },
        );
      }
    },
    600_000,
  );

  it("faults hit tasks while they ran", () => {
    if (faults >= 40) expect(repeatedAttempts).toBeGreaterThan(faults / 20);
  });
});

/** The keys of a job's files are their paths below the import root. */
function inBucket(job: PlannedJob): PlannedJob {
  return { ...job, files: job.files.map((path) => relative(importRoot, path)) };
}

/** One cluster, some faults, then a look at everything. */
class Batch implements AsyncDisposable {
  readonly cluster: TestCluster;
  readonly struck: string[] = [];
  readonly #backends: TestBackends;
  readonly #history: RecordHistory;
  readonly #ledger: JobLedger;
  #client: TestClient | undefined;
  #address = "";

  private constructor(cluster: TestCluster, backends: TestBackends, history: RecordHistory) {
    this.cluster = cluster;
    this.#backends = backends;
    this.#history = history;
    this.#ledger = new JobLedger(() => this.client, random.shuffled(plan));
  }

  static async open(): Promise<Batch> {
    const backends = await TestBackends.start();
    const cluster = await TestCluster.start(backends, {
      counts: { rootcoord: 2, datacoord: 2, datanode: 2 },
      settings: {
        // Its nodes are taken away at any moment.
        rootcoord: { splitSize: "1MB", compactionInterval: "200ms", maxNodesKilled: 32 },
        datacoord: { gcGrace: GRACE, gcInterval: "1s", readerGrace: "10s" },
        datanode: { workers: 1, flushSize: "64KB" },
      },
      withFaults: true,
      jumpingClocks: () => random.chance(JUMPING),
    });
    for (const key of new Set(plan.flatMap(({ files }) => files)))
      await cluster.objects.put(key, [await readFile(`${importRoot}/${key}`)]);
    const batch = new Batch(cluster, backends, await RecordHistory.watch(backends, cluster));
    for (const spec of faultCollections) await batch.client.createCollection(spec);
    return batch;
  }

  /** Of the proxy that lives: a new one has another address. */
  get client(): TestClient {
    const { address } = this.cluster;
    if (address !== this.#address) {
      this.#client?.[Symbol.dispose]();
      this.#client = new TestClient(address);
      this.#address = address;
    }
    return this.#client as TestClient;
  }

  /** Submits a job now and then, strikes at a random moment, and counts when all is well again. */
  async round(): Promise<void> {
    const submitting = random.chance(0.7) ? this.#ledger.submit(random.int(1, 2)) : undefined;
    await sleep(random.int(0, MAX_PAUSE_MS));
    const fault = chooseFault(random);
    this.struck.push(fault.name);
    await fault.strike({ cluster: this.cluster, backends: this.#backends, random });
    // Calls to a proxy that died wait for their deadline: nobody waits for them here.
    if (!/proxy/.test(fault.name)) await submitting;
    if (random.chance(0.3)) await this.#ledger.checkCounts();
    expect(this.#history.violations).toEqual([]);
  }

  async finish(): Promise<void> {
    await this.#ledger.settle();
    expect(this.#history.violations).toEqual([]);
    await this.#checkStorage();
  }

  /** F4. */
  async #checkStorage(): Promise<void> {
    await eventually(async () => {
      const stored = segmentsIn(await this.#storedKeys());
      expect(stored).toEqual(await this.#ledger.visibleSegments());
      // Where it is quiet, small segments are merged once more, and what they replace goes after its readers.
    }, 240_000);
    const records = await recordsOf(this.#backends, this.cluster);
    for (const { attempt } of records.tasks) repeatedAttempts += Math.max(0, attempt - 1);
    expect(await this.#storedKeys()).toEqual(accountedKeys(visibleSegments(records)));
  }

  async #storedKeys(): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.cluster.objects.list("files/")) keys.push(key.slice("files/".length));
    return keys.sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client?.[Symbol.dispose]();
    await this.#history[Symbol.asyncDispose]();
    await this.cluster[Symbol.asyncDispose]();
    await this.#backends[Symbol.asyncDispose]();
  }
}
