import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Dataset } from "./datasets.ts";
import { type Figure, median } from "./report.ts";
import { BenchServer } from "./sluice.ts";

/** Of one job each. */
const FILES = 200;
const ROWS = 10;
const DIM = 128;
/** Jobs of a round that are made one after the other, and those before them, in which compilers work. */
const JOBS = 50;
const WARM_JOBS = 50;
/** A job is asked for as often as this: what its client waits for is not to be its client's doing. */
const POLL_MS = 2;

interface Places {
  /** Holds the data of the servers. */
  readonly work: string;
  readonly importRoot: string;
  readonly rounds: number;
  /** Roots of clones that are built, by name. */
  readonly builds: Readonly<Record<string, string>>;
}

/** A file of ten rows of 128 floats, the n-th of many with other keys each. */
export function tenRows(folder: string, n: number): string {
  mkdirSync(folder, { recursive: true });
  const rows = Array.from({ length: ROWS }, (_, i) => {
    const id = n * ROWS + i;
    return JSON.stringify({ id, vector: Array.from({ length: DIM }, (_, j) => Math.sin(id * DIM + j)) });
  });
  const path = join(folder, `small-${n}.jsonl`);
  writeFileSync(path, rows.join("\n"));
  return path;
}

/** Jobs of ten rows, one after the other by each build in turn, and two hundred at once beside a large one. */
export async function smallJobFigures(places: Places, large: Dataset, note: (figure: Figure) => void): Promise<void> {
  const files = Array.from({ length: FILES }, (_, n) => tenRows(join(places.importRoot, "small"), n));
  await jobsInTurn(places, files, note);
  for (const build of Object.keys(places.builds)) {
    const seconds: number[] = [];
    for (let round = 0; round < places.rounds; round++) seconds.push(await secondsBeside(build, places, files, large));
    const what = `all Completed, beside a job of ${large.rows} rows, ${build}`;
    note({ work: `${FILES} ten-row jobs at once`, what, value: `${median(seconds).toFixed(1)} s` });
  }
}

async function jobsInTurn({ work, importRoot, rounds, builds }: Places, files: string[], note: (one: Figure) => void) {
  await using cleanup = new AsyncDisposableStack();
  const contenders: { readonly build: string; readonly server: BenchServer; readonly times: number[] }[] = [];
  for (const [build, root] of Object.entries(builds)) {
    const server = cleanup.use(await BenchServer.start(join(work, build), importRoot, 2, { build: root }));
    await server.createCollection("small", DIM);
    contenders.push({ build, server, times: [] });
  }
  for (let job = 0; job < WARM_JOBS + JOBS * rounds; job++)
    for (const { server, times } of contenders) {
      const ms = await server.timeImport("small", [files[job % files.length]], ROWS, POLL_MS);
      if (job >= WARM_JOBS) times.push(ms);
    }
  for (const { build, times } of contenders) {
    const quick = times.toSorted((a, b) => a - b)[Math.floor(times.length / 10)];
    const value = `${median(times).toFixed(1)} ms, a tenth below ${quick.toFixed(1)} ms`;
    note({ work: "10-row job", what: `Import to Completed, median of ${times.length}, ${build}`, value });
  }
}

async function secondsBeside(build: string, places: Places, files: string[], large: Dataset): Promise<number> {
  const { work, importRoot, builds } = places;
  await using server = await BenchServer.start(join(work, build), importRoot, 2, { build: builds[build] });
  await server.createCollection("large", large.dim);
  await server.createCollection("small", DIM);
  const largeTask = await server.submit("large", large.files);
  const startedMs = performance.now();
  const tasks = await Promise.all(files.map((file) => server.submit("small", [file])));
  await Promise.all(tasks.map((task) => server.finished(task)));
  const seconds = (performance.now() - startedMs) / 1000;
  await server.finished(largeTask);
  return seconds;
}
