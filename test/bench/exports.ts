import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pythonOf, runProgram } from "../support/program.ts";
import type { Dataset } from "./datasets.ts";
import { type Figure, megabytes, rate } from "./report.ts";
import { BenchServer } from "./sluice.ts";
import { medianOf, type Spent, settleDisk, spentByServer } from "./spent.ts";

const WORKERS = 2;
const LIMIT_MS = 20 * 60_000;
/** The iterator reads no more: its pages take the same time each. */
const ITERATED_ROWS = 300_000;

interface Places {
  readonly folder: string;
  readonly importRoot: string;
  readonly rounds: number;
}

/** Of one round. */
interface Costs {
  readonly import: Spent;
  readonly export: Spent;
  /** By the client's clock; the CPU is the server's. */
  readonly iterator: Spent;
  readonly clientCpuMs: number;
  readonly peakBytes: number;
}

/**
 * A collection written as Parquet, beside the import of the file that it came from, and beside a query iterator of pymilvus
 * 2.6.17 whose pages pyarrow writes: one after the other on a server that has done both with `few` before.
 */
export async function exportFigures(
  places: Places,
  set: Dataset,
  few: Dataset,
  note: (figure: Figure) => void,
): Promise<void> {
  const all: Costs[] = [];
  for (let round = 0; round < places.rounds; round++) all.push(await costsOf(places, set, few));
  const [first, second] = [medianOf(all.map((one) => one.import)), medianOf(all.map((one) => one.export))];
  const third = medianOf(all.map((one) => one.iterator));
  const client = medianOf(all.map((one) => ({ ms: 0, cpuMs: one.clientCpuMs })));
  const iterated = Math.min(set.rows, ITERATED_ROWS);
  const work = `Parquet 128-d, ${megabytes(set.bytes)}, ${set.rows} rows`;
  const told = (rows: number, { ms, cpuMs }: Spent) => ({
    ...{ work, rowsPerSecond: (1000 * rows) / ms },
    value: `${rate(rows, ms)}, ${((1000 * cpuMs) / rows).toFixed(2)} us of CPU a row`,
  });
  note({ ...told(set.rows, second), what: "Sluice, export, two workers" });
  note({ ...told(set.rows, first), what: "Sluice, import of the same file" });
  note({ ...told(iterated, third), what: `query iterator of ${iterated} rows, CPU of the server` });
  const clientCpu = `${((1000 * client.cpuMs) / iterated).toFixed(2)} us of CPU a row`;
  note({ work, what: "the iterator's client", value: clientCpu });
  note({
    work,
    what: "speed of the export beside the import",
    value: (first.ms / second.ms).toFixed(2),
    target: "0.8",
  });
  const beside = (third.ms * set.rows) / (second.ms * iterated);
  note({ work, what: "speed of the export beside the iterator", value: beside.toFixed(1), target: "3" });
  const peak = megabytes(Math.max(...all.map((one) => one.peakBytes)));
  note({ work, what: "peak memory of the export", value: peak });
}

async function costsOf({ folder, importRoot }: Places, set: Dataset, few: Dataset): Promise<Costs> {
  const root = join(folder, "exports");
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  const flags = ["--export-root", `out=${root}`];
  await using server = await BenchServer.start(join(folder, "sluice"), importRoot, WORKERS, { flags });
  await importOf(server, "few", few);
  await exportOf(server, "few", few.rows);
  settleDisk();
  const imported = await importOf(server, "bench", set);
  settleDisk();
  server.forgetPeak();
  const exported = await exportOf(server, "bench", set.rows);
  const peakBytes = server.memoryBytes("VmHWM");
  await load(server);
  const iterated = Math.min(set.rows, ITERATED_ROWS);
  let own = { ms: 0, cpuMs: 0 };
  const { cpuMs } = await spentByServer(server, async () => {
    own = await runIterator(server, join(root, "iterated.parquet"), iterated);
  });
  rmSync(root, { recursive: true, force: true });
  const iterator = { ms: own.ms, cpuMs };
  return { import: imported, export: exported, iterator, clientCpuMs: own.cpuMs, peakBytes };
}

async function importOf(server: BenchServer, name: string, set: Dataset): Promise<Spent> {
  await server.createCollection(name, set.dim);
  return await spentByServer(server, () => server.timeImport(name, set.files, set.rows, 10));
}

async function exportOf(server: BenchServer, collectionName: string, rows: number): Promise<Spent> {
  return await spentByServer(server, async () => {
    const { exportedRows } = await server.runJob("export", { collectionName, to: "out://bench", format: "parquet" });
    if (Number(exportedRows) !== rows) throw new Error(`${exportedRows} rows were exported of ${rows}`);
  });
}

async function load(server: BenchServer): Promise<void> {
  const indexParams = [{ fieldName: "vector", metricType: "L2", indexType: "FLAT" }];
  await server.post("/v2/vectordb/indexes/create", { collectionName: "bench", indexParams });
  await server.post("/v2/vectordb/collections/load", { collectionName: "bench" });
}

/** Its time from the first page on, and the CPU of the client. */
async function runIterator({ address }: BenchServer, file: string, rows: number): Promise<Spent> {
  const program = join(import.meta.dirname, "alternatives/iterator_export.py");
  const args = [program, address, file, String(rows)];
  const { exitCode, output } = await runProgram(pythonOf("pymilvus-2.6.17"), args, LIMIT_MS);
  const [, ms, cpuMs] = /^took (\S+) ms, CPU (\S+) ms$/m.exec(output) ?? [];
  if (exitCode !== 0 || !ms) throw new Error(`the iterator did not end: ${output.slice(-2000)}`);
  return { ms: Number(ms), cpuMs: Number(cpuMs) };
}
