import { createReadStream, statSync } from "node:fs";
import { cpus, freemem, tmpdir } from "node:os";
import { join } from "node:path";
import { jsonLines } from "../bench/datasets.ts";
import { findProgram } from "../support/find-program.ts";
import { programOptions } from "../support/program-options.ts";
import { startSeaweedFs, startVersityGw } from "../support/servers.ts";
import { TestClient } from "../support/test-client.ts";
import { TestBackends, TestCluster } from "../support/test-cluster.ts";
import { type RunResult, runJobs, vectorCollection } from "./cluster-run.ts";
import { CpuShare } from "./cpu-share.ts";
import { LoadTable, seconds } from "./load-table.ts";
import type { Chart } from "./plot.ts";
import { percentile } from "./process-usage.ts";
import { cancelOn, simulate } from "./simulate.ts";

const usage = `npm run loadtest -- [options]: a real cluster on loopback under load; tables are printed, and charts kept in test/bench.

npm run loadtest -- --nodes 1,2,4 [--gigabytes 4 --clients 4 --jobs 8]
  imports JSON Lines with so many real datanodes of one worker each
npm run loadtest -- --simulate 10,100,500 [--tasks 20000 --jobs 50 --task-seconds 5]
  how much the control plane carries: real rootcoord, datacoord, etcd and Redis, and datanodes whose work is only time. Tasks of 0 s
  take what it takes at most
npm run loadtest -- --simulate 500 --cancel
  cancels jobs that all nodes work on

--node-cores 0.25   each datanode gets that much of a core at most (root, control groups): how nodes add up where neither they nor the S3
                    server beside them fill the machine
--s3 weed           SeaweedFS instead of versitygw (test/servers.sh s3cross), which is taken where it is installed: it compresses text, and
                    needs as much CPU to hand out JSON Lines as a datanode to parse half of them
--data FOLDER       where data is kept from run to run (sluice-bench in the folder for temporary files)`;
const options = programOptions(usage, {
  nodes: { type: "string", default: "1,2,4" },
  gigabytes: { type: "string", default: "4" },
  clients: { type: "string", default: "4" },
  jobs: { type: "string" },
  simulate: { type: "string" },
  tasks: { type: "string", default: "20000" },
  s3: { type: "string", default: findProgram("versitygw") !== undefined ? "versitygw" : "weed" },
  "node-cores": { type: "string" },
  cancel: { type: "boolean", default: false },
  "task-seconds": { type: "string", default: "5" },
  data: { type: "string", default: join(tmpdir(), "sluice-bench") },
});
const startS3 = options.s3 === "weed" ? startSeaweedFs : startVersityGw;
const clients = Number(options.clients);
const DIM = 128;
const numbers = (text: string) => text.split(",").map(Number);
const table = new LoadTable(options.s3);

if (options.simulate) await simulateAll(numbers(options.simulate));
else await importForReal(numbers(options.nodes));

async function simulateAll(counts: readonly number[]): Promise<void> {
  const { tasks, jobs = "50" } = options;
  const taskMs = Number(options["task-seconds"]) * 1000;
  const simulation = { counts, tasks: Number(tasks), jobs: Number(jobs), taskMs, clients, startS3 };
  if (!options.cancel) return simulate(simulation, table);
  for (const count of counts) await cancelOn(count, simulation, table);
}

/** What a datanode takes at least, idle: a machine whose memory is full answers nobody any more. */
const NODE_BYTES = 200e6;

/** @throws Error where so many processes do not fit */
function checkFits(nodes: number): void {
  const room = Math.floor(freemem() / NODE_BYTES);
  if (nodes > room)
    throw new Error(`${nodes} datanodes do not fit, at most ${room} do: --simulate ${nodes} takes no process for each`);
}

async function importForReal(counts: readonly number[]): Promise<void> {
  checkFits(Math.max(...counts));
  const jobCount = Number(options.jobs ?? 8);
  const part = (Number(options.gigabytes) * 1e9) / jobCount;
  const dataset = jsonLines(join(options.data, "data"), part, DIM);
  table.row("nodes", "rows/s", "job p50", "job p99", "wait p50", "wait p99", "CPU busy", "node peak", "S3 CPU");
  const results: RunResult[] = [];
  for (const count of counts) {
    const result = await importOn(count, jobCount, dataset.files[0]);
    results.push(result);
    table.row(String(count), Math.round(rateOf(result)).toLocaleString("en"), ...figuresOf(result));
    processTable(result);
  }
  const cores = options["node-cores"];
  const what = `${jobCount} jobs of ${Math.round(dataset.bytes / 1e6)} MB JSON Lines, ${clients} clients`;
  if (cores === undefined) table.save("loadtest", what, chartsOf(counts, results));
  else table.save("loadtest-limited", `${what}, datanodes of ${cores} cores`, chartsOf(counts, results));
}

/** Imports a file by each of `jobCount` jobs at once, on a cluster of its own. */
async function importOn(nodes: number, jobCount: number, file: string): Promise<RunResult> {
  await using backends = await TestBackends.start(startS3);
  const settings = { datanode: { workers: 1 }, rootcoord: { splitSize: "256MB" } };
  await using shares = new AsyncDisposableStack();
  await using cluster = await TestCluster.start(backends, { counts: { datanode: nodes }, settings });
  if (options["node-cores"] !== undefined)
    for (const { pid } of cluster.of("datanode")) shares.use(CpuShare.limit(pid, Number(options["node-cores"])));
  await upload(cluster, file, "lines.jsonl");
  using client = new TestClient(cluster.address);
  const names = Array.from({ length: jobCount }, (_, i) => `load_${i}`);
  for (const name of names) await client.createCollection(vectorCollection(name, DIM));
  const jobs = names.map((collection) => ({ collection, files: ["lines.jsonl"] }));
  return await runJobs({ cluster, backends, jobs, clients, pollMs: 500 });
}

/** Rows a second. */
function rateOf({ rows, makespanMs }: RunResult): number {
  return (rows * 1000) / makespanMs;
}

function chartsOf(counts: readonly number[], results: readonly RunResult[]): Chart[] {
  const rates = results.map(rateOf);
  const ideal = counts.map((count) => (rates[0] * count) / counts[0]);
  const latency = (share: number) => results.map(({ jobMs }) => percentile(jobMs, share) / 1000);
  return [
    {
      ...{ title: "Throughput", xLabel: "datanodes", xs: counts, unit: "rows/s" },
      series: [
        { name: "measured", values: rates },
        { name: "ideal", values: ideal, isIdeal: true },
      ],
    },
    {
      ...{ title: "Job latency", xLabel: "datanodes", xs: counts, unit: "s" },
      series: [
        { name: "p50", values: latency(0.5) },
        { name: "p99", values: latency(0.99) },
      ],
    },
  ];
}

function figuresOf(result: RunResult): string[] {
  const busy = result.processes.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  const nodes = result.processes.filter(({ role }) => role === "datanode");
  const s3 = result.processes.find(({ role }) => role === "s3")?.cpuSeconds ?? 0;
  return [
    ...[seconds(percentile(result.jobMs, 0.5)), seconds(percentile(result.jobMs, 0.99))],
    ...[seconds(percentile(result.queueWaitMs, 0.5)), seconds(percentile(result.queueWaitMs, 0.99))],
    `${((100 * busy * 1000) / result.makespanMs / cpus().length).toFixed(0)} %`,
    `${Math.round(Math.max(...nodes.map(({ peakBytes }) => peakBytes), 0) / 1e6)} MB`,
    `${s3.toFixed(1)} s`,
  ];
}

function processTable({ processes, makespanMs }: RunResult): void {
  for (const { role, cpuSeconds, peakBytes } of processes) {
    const share = `${((100 * cpuSeconds * 1000) / makespanMs).toFixed(0)} % of a core`;
    console.log(`         ${role.padEnd(12)}${share.padStart(16)}${`${Math.round(peakBytes / 1e6)} MB`.padStart(10)}`);
  }
}

async function upload(cluster: TestCluster, file: string, key: string): Promise<void> {
  const pieces: Uint8Array[] = [];
  for await (const piece of createReadStream(file, { highWaterMark: 8 << 20 })) pieces.push(piece);
  const { sizeBytes } = await cluster.objects.put(key, pieces);
  if (sizeBytes !== statSync(file).size) throw new Error(`uploaded ${sizeBytes} bytes of ${file}`);
}
