import { setTimeout as sleep } from "node:timers/promises";
import { JOBS, RecordReader, TASKS, type TaskRecord } from "@sluice/catalog";
import { EtcdMetaStore } from "@sluice/metastore/etcd";
import { DataType } from "@sluice/schema";
import type { CollectionSpec } from "../support/collections.ts";
import { TestClient } from "../support/test-client.ts";
import type { TestBackends, TestCluster } from "../support/test-cluster.ts";
import { usageOf } from "./process-usage.ts";

/** What came of the jobs of a run. */
export interface RunResult {
  /** First Import to last Completed, by its record: clients see it later. */
  readonly makespanMs: number;
  readonly rows: number;
  /** Import to Completed, a value a job. */
  readonly jobMs: readonly number[];
  /** Recorded to first begun, a value a task. */
  readonly queueWaitMs: readonly number[];
  /** End of a task to begin of its node's next one. */
  readonly gapMs: readonly number[];
  /** How long GetImportState took while the jobs ran. */
  readonly states: readonly StateQuery[];
  readonly tasks: readonly TaskRecord[];
  /** Unix milliseconds. */
  readonly startedMs: number;
  readonly endedMs: number;
  readonly processes: readonly ProcessResult[];
}

/** One `GetImportState` of a run. */
export interface StateQuery {
  /** When it was asked, since the first Import. */
  readonly atMs: number;
  readonly tookMs: number;
}

/** What a process of a cluster has used; `peakBytes` of memory that was resident. */
export interface ProcessResult {
  readonly role: string;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

/** One import. */
export interface JobPlan {
  readonly collection: string;
  readonly files: readonly string[];
}

/** What a run does, and on what. */
export interface RunOptions {
  readonly cluster: TestCluster;
  readonly backends: TestBackends;
  readonly jobs: readonly JobPlan[];
  /** Clients that submit and poll side by side. */
  readonly clients: number;
  readonly pollMs: number;
  /** Processes beside those of the cluster whose use is told. */
  readonly others?: readonly { readonly role: string; readonly pid: number }[];
}

const LIMIT_MS = 30 * 60_000;

/** An int64 key `id` and a float `vector`, on two shards. */
export const vectorCollection = (name: string, dim: number): CollectionSpec => ({
  name,
  shards: 2,
  fields: [
    { name: "id", type: DataType.Int64, key: true },
    { name: "vector", type: DataType.FloatVector, dim },
  ],
});

/** Submits all jobs through several clients at once, polls them until they have ended, and reads what they left. */
export async function runJobs(options: RunOptions): Promise<RunResult> {
  const { cluster, jobs, clients } = options;
  const before = processesOf(options).map(({ pid }) => usageOf(pid).cpuSeconds);
  const states: StateQuery[] = [];
  const jobMs: number[] = [];
  let rows = 0;
  const waiting = [...jobs];
  const startedMs = Date.now();
  const one = async () => {
    using client = new TestClient(cluster.address);
    const mine = waiting.splice(0, Math.ceil(jobs.length / clients));
    const submitted = await Promise.all(
      mine.map(async (job) => ({ atMs: performance.now(), id: await client.import(job.collection, job.files) })),
    );
    await Promise.all(
      submitted.map(async ({ atMs, id }) => {
        const imported = await ended(client, id, options.pollMs, (tookMs) =>
          states.push({ atMs: Date.now() - tookMs - startedMs, tookMs }),
        );
        rows += imported;
        jobMs.push(performance.now() - atMs);
      }),
    );
  };
  await Promise.all(Array.from({ length: clients }, one));
  const processes = processesOf(options).map(({ role, pid }, i) => {
    const { cpuSeconds, peakBytes } = usageOf(pid);
    return { role, cpuSeconds: cpuSeconds - before[i], peakBytes };
  });
  const { endedMs, ...times } = await timesOf(options);
  return { makespanMs: endedMs - startedMs, startedMs, endedMs, rows, jobMs, ...times, states, processes };
}

async function ended(
  client: TestClient,
  id: bigint,
  pollMs: number,
  onState: (tookMs: number) => void,
): Promise<number> {
  const late = Date.now() + LIMIT_MS;
  for (;;) {
    // Clients do not ask in step.
    await sleep(pollMs * (0.5 + Math.random()));
    const askedMs = performance.now();
    const state = await client.state(id);
    onState(performance.now() - askedMs);
    if (state.isCompleted) return state.rowCount;
    if (state.reason !== "") throw new Error(`job ${id} failed: ${state.reason}`);
    if (Date.now() > late) throw new Error(`job ${id} did not end: ${JSON.stringify(state.infos)}`);
  }
}

function processesOf({ cluster, backends, others = [] }: RunOptions): { role: string; pid: number }[] {
  const own = cluster.processes.filter(({ server }) => !server.hasEnded);
  return [
    ...own.map(({ role, server }) => ({ role: role as string, pid: server.pid })),
    ...others,
    { role: "etcd", pid: backends.etcd.server.pid },
    { role: "redis", pid: backends.redis.server.pid },
    { role: "s3", pid: backends.s3.server.pid },
  ];
}

/** From the records: when jobs were recorded, and when their tasks began and ended. */
async function timesOf({
  backends,
  cluster,
}: RunOptions): Promise<Pick<RunResult, "queueWaitMs" | "gapMs" | "tasks" | "endedMs">> {
  await using store = await EtcdMetaStore.open({ endpoints: [backends.etcd.url], prefix: cluster.prefix });
  const all = (await Array.fromAsync(new RecordReader(store, JOBS).scan())).map(({ record }) => record);
  // Nobody has asked for compactions, which come when the jobs have ended.
  const jobs = all.filter(({ kind }) => kind === "import");
  const created = new Map(jobs.map(({ jobId, createdMs }) => [jobId, createdMs]));
  const found = (await Array.fromAsync(new RecordReader(store, TASKS).scan())).map(({ record }) => record);
  const tasks = found.filter(({ jobId }) => created.has(jobId));
  const queueWaitMs = tasks.map(({ jobId, startedMs }) => startedMs - (created.get(jobId) ?? startedMs));
  const ofNodes = Map.groupBy(tasks, ({ nodeId }) => nodeId).values();
  const endedMs = Math.max(...jobs.map(({ completedMs }) => completedMs));
  return { queueWaitMs, gapMs: [...ofNodes].flatMap(gapsOf), tasks, endedMs };
}

function gapsOf(ofNode: readonly TaskRecord[]): number[] {
  const inTurn = ofNode.toSorted((a, b) => a.startedMs - b.startedMs);
  return inTurn.slice(1).map(({ startedMs }, i) => startedMs - inTurn[i].endedMs);
}
