import { cpus } from "node:os";
import { useRest } from "../support/rest.ts";
import type { S3Server } from "../support/servers.ts";
import { TestClient } from "../support/test-client.ts";
import { TestBackends, TestCluster } from "../support/test-cluster.ts";
import { type RunResult, runJobs, vectorCollection } from "./cluster-run.ts";
import { type LoadTable, milliseconds, seconds } from "./load-table.ts";
import { lossesOf } from "./losses.ts";
import type { Chart } from "./plot.ts";
import { percentile } from "./process-usage.ts";
import { SimulatedNodes } from "./simulated-nodes.ts";

/** What is simulated; `counts` are numbers of datanodes, one run each. */
export interface SimulationOptions {
  readonly counts: readonly number[];
  /** At most: a few nodes would take hours for all. */
  readonly tasks: number;
  readonly jobs: number;
  /** 0 asks how many tasks the control plane carries. */
  readonly taskMs: number;
  readonly clients: number;
  readonly startS3: () => Promise<S3Server>;
}

/** Tasks of the job that is cancelled run longer than it takes to cancel it. */
const CANCELLED_TASK_MS = 600_000;
/** Of one request. */
const MAX_FILES = 1024;
const roles = ["rootcoord", "datacoord", "etcd", "redis", "simulated nodes"];

/** How much the control plane carries, for each number of nodes. */
export async function simulate(options: SimulationOptions, table: LoadTable): Promise<void> {
  const { counts, tasks, jobs, taskMs, clients } = options;
  const states = ["state p50", "state p99", "gap p50", "gap p99"];
  table.row("nodes", "tasks/s", "of ideal", "of a queue", ...states, "CPU a task", "CPU busy", ...roles);
  const rates: number[] = [];
  const p99: number[] = [];
  for (const count of counts) {
    const fitting = taskMs === 0 ? tasks : Math.min(tasks, Math.max(jobs, Math.round((count * 200_000) / taskMs)));
    const perJob = Math.ceil(fitting / jobs);
    const result = await runOn(count, perJob, options);
    rates.push((perJob * jobs * 1000) / result.makespanMs);
    p99.push(percentile(statesOf(result), 0.99));
    table.row(String(count), ...figuresOf(result, perJob * jobs, count, taskMs));
    for (const line of lossesOf(result, count)) console.log(`         ${line}`);
  }
  const ideals = counts.map((count) => (count * 1000) / taskMs);
  const series = [{ name: "measured", values: rates }];
  const withIdeal = taskMs === 0 ? series : [...series, { name: "ideal", values: ideals, isIdeal: true }];
  const charts: Chart[] = [
    { title: "Tasks ended", xLabel: "simulated datanodes", xs: counts, unit: "tasks/s", series: withIdeal },
    {
      ...{ title: "GetImportState meanwhile", xLabel: "simulated datanodes", xs: counts, unit: "ms" },
      series: [{ name: "p99", values: p99 }],
    },
  ];
  const what = `${jobs} jobs, up to ${tasks} tasks of ${taskMs / 1000} s, ${clients} clients`;
  table.save(taskMs === 0 ? "loadtest-saturated" : "loadtest-simulated", what, charts);
}

async function runOn(count: number, perJob: number, options: SimulationOptions): Promise<RunResult> {
  const { jobs, taskMs, clients } = options;
  await using simulation = await open(count, taskMs, options.startS3);
  const { cluster, backends, nodes } = simulation;
  const files = filesOf(perJob);
  const plans = Array.from({ length: jobs }, () => ({ collection: "load", files }));
  return await runJobs({ cluster, backends, jobs: plans, clients, pollMs: 500, others: nodes.processes });
}

/** Cancels a job that all nodes work on: how long until the call is answered, and until none works on it. */
export async function cancelOn(count: number, { startS3 }: SimulationOptions, table: LoadTable): Promise<void> {
  await using simulation = await open(count, CANCELLED_TASK_MS, startS3);
  const { cluster, nodes } = simulation;
  using client = new TestClient(cluster.address);
  const rest = useRest({ url: `http://${cluster.address}` });
  table.row("nodes", "tasks", "begun", "answered", "none runs");
  for (const tasks of [count, Math.min(2 * count, MAX_FILES)]) {
    const beganMs = performance.now();
    const jobId = String(await client.import("load", filesOf(tasks)));
    await nodes.untilRunning(count);
    const orderedMs = performance.now();
    await rest.post("cancel", { jobId });
    const answeredMs = performance.now();
    await nodes.untilRunning(0);
    const times = [orderedMs - beganMs, answeredMs - orderedMs, performance.now() - orderedMs];
    table.row(String(count), String(tasks), ...times.map(seconds));
  }
}

interface Simulation extends AsyncDisposable {
  readonly backends: TestBackends;
  readonly cluster: TestCluster;
  readonly nodes: SimulatedNodes;
}

async function open(count: number, taskMs: number, startS3: () => Promise<S3Server>): Promise<Simulation> {
  await using cleanup = new AsyncDisposableStack();
  const backends = cleanup.use(await TestBackends.start(startS3));
  // As a cluster is by default; tests collect garbage much more often.
  const settings = { datacoord: { gcInterval: "5s", gcGrace: "1m", taskLease: "6s" }, datanode: { taskLease: "6s" } };
  const cluster = cleanup.use(await TestCluster.start(backends, { counts: { datanode: 0 }, settings }));
  const nodes = cleanup.use(await SimulatedNodes.start(cluster, count, taskMs));
  // Large enough to be a task of its own: smaller files share one.
  await cluster.objects.put("whole.jsonl", [Buffer.alloc(2 << 20, '{"id":1}\n')]);
  using client = new TestClient(cluster.address);
  await client.createCollection(vectorCollection("load", 128));
  const opened = cleanup.move();
  return { backends, cluster, nodes, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

function filesOf(count: number): string[] {
  return Array.from({ length: count }, () => "whole.jsonl");
}

function figuresOf(result: RunResult, tasks: number, nodes: number, taskMs: number): string[] {
  const { makespanMs, gapMs, processes } = result;
  const stateMs = statesOf(result);
  const cpuOf = (wanted: readonly string[]) =>
    processes.reduce((sum, { role, cpuSeconds }) => sum + (wanted.includes(role) ? cpuSeconds : 0), 0);
  const busy = cpuOf(processes.map(({ role }) => role));
  const share = (cpuSeconds: number, cores: number) => `${((100_000 * cpuSeconds) / makespanMs / cores).toFixed(0)} %`;
  const ofTime = (ms: number) => (taskMs === 0 ? "" : `${((100 * ms) / makespanMs).toFixed(1)} %`);
  return [
    ...[((tasks * 1000) / makespanMs).toFixed(1), ofTime(Math.ceil(tasks / nodes) * taskMs)],
    ofTime(listScheduledMs(tasks, nodes, taskMs)),
    ...[percentile(stateMs, 0.5), percentile(stateMs, 0.99)].map(milliseconds),
    ...[percentile(gapMs, 0.5), percentile(gapMs, 0.99)].map((ms) => `${ms.toFixed(0)} ms`),
    milliseconds((1000 * cpuOf(["rootcoord", "datacoord"])) / tasks),
    ...[share(busy, cpus().length), ...roles.map((role) => share(cpuOf([role]), 1))],
  ];
}

/** What tasks of 0.8 to 1.2 times this length take where a free node has its next one at once: the last ones do not end together. */
function listScheduledMs(tasks: number, nodes: number, taskMs: number): number {
  const ends = new Float64Array(nodes);
  for (let task = 0; task < tasks; task++) {
    let next = 0;
    for (let node = 1; node < nodes; node++) if (ends[node] < ends[next]) next = node;
    ends[next] += taskMs * (0.8 + 0.4 * Math.random());
  }
  return Math.max(...ends);
}

function statesOf({ states }: RunResult): number[] {
  return states.map(({ tookMs }) => tookMs);
}
