import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { commitInPages, JOB_FILES, JOBS, type RecordId, RecordTable, TASKS } from "@sluice/catalog";
import { EmbeddedMetaStore } from "@sluice/metastore";
import { jobId, taskId } from "@sluice/schema";
import type { Figure } from "./report.ts";
import { BenchServer } from "./sluice.ts";

const JOBS_BEFORE = 10_000;
const REQUESTS_A_SECOND = 500;
const SECONDS = 10;
const PAGE_SIZE = 50;

interface Places {
  /** Holds the data of the server. */
  readonly folder: string;
  readonly importRoot: string;
  /** A small file of rows, below the root. */
  readonly file: string;
}

/** What is asked in turn. */
const asked = ["describe", "list"] as const;
type Times = Readonly<Record<(typeof asked)[number], number[]>>;

/** How soon REST answers with ten thousand ended jobs in the history: descriptions and pages of lists in turn. */
export async function historyFigures(places: Places, note: (figure: Figure) => void): Promise<void> {
  const dataDir = join(places.folder, "history");
  const ids = await makeHistory(dataDir, places);
  await using server = await BenchServer.start(dataDir, places.importRoot, 1, { keepsData: true });
  await askSteadily(server, ids, 2);
  const before = server.cpuSeconds();
  const times = await askSteadily(server, ids, SECONDS);
  const after = server.cpuSeconds();
  const cpuMs = (1000 * (after.user + after.system - before.user - before.system)) / (REQUESTS_A_SECOND * SECONDS);
  const work = `${JOBS_BEFORE} jobs in history, ${REQUESTS_A_SECOND} requests a second`;
  for (const which of asked) {
    const value = `${at(times[which], 0.5)}, ${at(times[which], 0.99)}`;
    note({ work, what: `jobs/import/${which}, p50 and p99`, value, target: "p99 20 ms" });
  }
  note({ work, what: "CPU of the server a request", value: `${cpuMs.toFixed(2)} ms` });
  rmSync(dataDir, { recursive: true, force: true });
}

/** At a fixed rate, whatever the answers take; each time counts from when its request was due, so that a stall cannot hide. */
async function askSteadily(server: BenchServer, ids: readonly bigint[], seconds: number): Promise<Times> {
  const timesMs: Times = { describe: [], list: [] };
  const startedMs = performance.now();
  const running: Promise<void>[] = [];
  for (let i = 0; i < REQUESTS_A_SECOND * seconds; i++) {
    const dueMs = startedMs + (i * 1000) / REQUESTS_A_SECOND;
    if (dueMs > performance.now()) await sleep(dueMs - performance.now());
    const which = asked[i % 2];
    const answered = server.post(`/v2/vectordb/jobs/import/${which}`, bodyOf(which, i >> 1, ids));
    running.push(answered.then(() => void timesMs[which].push(performance.now() - dueMs)));
  }
  await Promise.all(running);
  return timesMs;
}

/** Jobs and pages from all over the history. */
function bodyOf(which: (typeof asked)[number], i: number, ids: readonly bigint[]): object {
  if (which === "describe") return { jobId: String(ids[(i * 7919) % ids.length]) };
  return { limit: PAGE_SIZE, offset: (i * PAGE_SIZE) % JOBS_BEFORE };
}

function at(timesMs: readonly number[], share: number): string {
  const sorted = [...timesMs].sort((a, b) => a - b);
  return `${sorted[Math.floor(sorted.length * share)].toFixed(1)} ms`;
}

/** One real job, whose records are written ten thousand times under other ids. */
async function makeHistory(dataDir: string, { importRoot, file }: Places): Promise<bigint[]> {
  rmSync(dataDir, { recursive: true, force: true });
  const model = await importOnce(dataDir, importRoot, file);
  const ids = Array.from({ length: JOBS_BEFORE }, (_, i) => model - 1n - BigInt(i));
  await using store = await EmbeddedMetaStore.open({ path: join(dataDir, "meta") });
  await copyRecords(new RecordTable(store, JOBS), [], ids, store, (id) => ({ jobId: jobId(id) }));
  await copyRecords(new RecordTable(store, JOB_FILES), [model], ids, store, (id) => ({ jobId: jobId(id) }));
  const ofTask = (id: bigint) => ({ jobId: jobId(id), taskId: taskId(id) });
  await copyRecords(new RecordTable(store, TASKS), [model], ids, store, ofTask);
  return ids;
}

async function importOnce(dataDir: string, importRoot: string, file: string): Promise<bigint> {
  await using server = await BenchServer.start(dataDir, importRoot, 1, { keepsData: true });
  await server.createCollection("history", 128);
  const job = await server.submit("history", [file]);
  await server.finished(job);
  return job;
}

async function copyRecords<T, Id extends RecordId>(
  table: RecordTable<T, Id>,
  first: readonly bigint[],
  ids: readonly bigint[],
  store: EmbeddedMetaStore,
  own: (id: bigint) => Partial<T>,
): Promise<void> {
  const [model] = await Array.fromAsync(table.scan(first));
  const staged = ids.map((id) => table.stage({ ...model.record, ...own(id) }, undefined, () => {}));
  if (!(await commitInPages(store, staged))) throw new Error("the history was written before");
}
