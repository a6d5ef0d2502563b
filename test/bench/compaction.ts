import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Dataset } from "./datasets.ts";
import { type Figure, median, megabytes, rate } from "./report.ts";
import { BenchServer } from "./sluice.ts";

/** Jobs of some rows each, which leave a segment in each of the shards. */
const JOBS = 625;
const SHARDS = 16;
const ROWS = 200;
const SEGMENTS = JOBS * SHARDS;
const DIM = 16;
/** Jobs asked for at once. */
const CLIENTS = 8;

const COMPACTED = "sluice_compacted_segments_total";
const off = ["--compaction-interval=0s"];
const on = ["--compaction-interval=1s"];

interface Places {
  /** Holds the data of servers. */
  readonly folder: string;
  readonly importRoot: string;
  readonly rounds: number;
}

interface Cost {
  readonly ms: number;
  readonly cpuSeconds: number;
  /** Small segments that were merged meanwhile. */
  readonly merged: number;
}

/**
 * What imports lose beside the compaction of ten thousand small segments, and the memory that it takes by itself. The same pile
 * each time: with compaction and without it, in turn. Of a busy machine the CPU says more than the rate: what compaction takes
 * of it, imports lose where nothing is left over.
 */
export async function compactionFigures(places: Places, set: Dataset, note: (figure: Figure) => void): Promise<void> {
  const pile = join(places.folder, "pile");
  await pileUp(pile, places.importRoot);
  const costs = { alone: [] as Cost[], beside: [] as Cost[] };
  for (let round = 0; round < places.rounds; round++)
    for (const which of ["alone", "beside"] as const)
      costs[which].push(await onPile(pile, places, which === "beside" ? on : off, (server) => importOnce(server, set)));
  const alone = middle(costs.alone);
  const beside = middle(costs.beside);
  const work = `JSON Lines, ${megabytes(set.bytes)}, ${SEGMENTS} small segments`;
  const shown = ({ ms, cpuSeconds }: Cost) => `${rate(set.rows, ms)}, ${cpuSeconds.toFixed(1)} CPU s`;
  note({ work, what: "no compaction, two workers", value: shown(alone) });
  note({ work, what: `beside compaction, ${beside.merged} merged meanwhile`, value: shown(beside) });
  note({ work, what: "rows/s lost beside compaction", value: percent(1 - alone.ms / beside.ms), target: "< 15 %" });
  const lost = 1 - alone.cpuSeconds / beside.cpuSeconds;
  note({ work, what: "CPU that compaction takes meanwhile", value: percent(lost), target: "< 15 %" });
  for (const [what, bytes] of await onPile(pile, places, on, memoryOfCompaction))
    note({ work: `compaction of ${SEGMENTS} small segments`, what, value: megabytes(bytes) });
  rmSync(pile, { recursive: true, force: true });
}

const percent = (part: number) => `${(part * 100).toFixed(1)} %`;

/** Leaves a data folder with small segments in one collection. */
async function pileUp(pile: string, importRoot: string): Promise<void> {
  rmSync(pile, { recursive: true, force: true });
  const folder = join(importRoot, "pile");
  mkdirSync(folder, { recursive: true });
  await using server = await BenchServer.start(pile, importRoot, 2, { flags: off, keepsData: true });
  await server.createCollection("pile", DIM, SHARDS);
  let next = 0;
  const client = async () => {
    for (let job = next++; job < JOBS; job = next++) await server.timeImport("pile", [smallFile(folder, job)], ROWS, 5);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

function smallFile(folder: string, job: number): string {
  const row = (id: number) => JSON.stringify({ id, vector: Array.from({ length: DIM }, (_, i) => Math.sin(id + i)) });
  const path = join(folder, `${job}.jsonl`);
  writeFileSync(path, Array.from({ length: ROWS }, (_, i) => row(job * ROWS + i)).join("\n"));
  return path;
}

/** Runs on a server that begins with a copy of the pile. */
async function onPile<T>(
  pile: string,
  { folder, importRoot }: Places,
  flags: readonly string[],
  run: (server: BenchServer) => Promise<T>,
): Promise<T> {
  const dataDir = join(folder, "sluice");
  rmSync(dataDir, { recursive: true, force: true });
  cpSync(pile, dataDir, { recursive: true });
  try {
    await using server = await BenchServer.start(dataDir, importRoot, 2, {
      flags: [...flags, "--reader-grace=1h", "--job-retention=1h"],
      keepsData: true,
    });
    if (flags === on) await until(async () => (await server.metric("sluice_queue_leased_tasks")) > 0);
    return await run(server);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function importOnce(server: BenchServer, set: Dataset): Promise<Cost> {
  await server.createCollection("bench", set.dim);
  const [mergedBefore, before] = [await server.metric(COMPACTED), server.cpuSeconds()];
  const ms = await server.timeImport("bench", set.files, set.rows);
  const after = server.cpuSeconds();
  const cpuSeconds = after.user + after.system - before.user - before.system;
  return { ms, cpuSeconds, merged: (await server.metric(COMPACTED)) - mergedBefore };
}

/** Resident memory at the start, when so many parts of the pile are merged, and at most. */
async function memoryOfCompaction(server: BenchServer): Promise<[what: string, bytes: number][]> {
  const points: [string, number][] = [["memory as it begins", server.memoryBytes("VmRSS")]];
  for (const part of [0.25, 0.5, 0.75, 1]) {
    await until(async () => (await server.metric(COMPACTED)) >= part * SEGMENTS * ALMOST);
    points.push([`memory with ${part * 100} % merged`, server.memoryBytes("VmRSS")]);
  }
  return [...points, ["memory at most", server.memoryBytes("VmHWM")]];
}

/** A shard of a job may have got no row. */
const ALMOST = 0.99;

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(50);
}

function middle(costs: readonly Cost[]): Cost {
  const of = (what: keyof Cost) => median(costs.map((cost) => cost[what]));
  return { ms: of("ms"), cpuSeconds: of("cpuSeconds"), merged: of("merged") };
}
