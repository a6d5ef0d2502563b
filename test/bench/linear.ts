import { linkSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { vectorFile } from "./datasets.ts";
import { type Figure, megabytes, rate } from "./report.ts";
import { BenchServer } from "./sluice.ts";

const FILES = 100;
const POLL_MS = 50;

/** When so many rows of a job had been imported. */
interface Reached {
  readonly atMs: number;
  readonly rows: number;
}

/**
 * One job of a hundred files, vectors of 128 dimensions, `bytes` together: whether the last rows go in as fast as the first. All
 * files are one file by other names, so that the disk has room for what is written.
 */
export async function linearFigures(
  { folder, importRoot }: { readonly folder: string; readonly importRoot: string },
  bytes: number,
  note: (figure: Figure) => void,
): Promise<void> {
  const one = vectorFile(importRoot, bytes / FILES, 128, "fbin");
  const links = join(importRoot, "linear");
  rmSync(links, { recursive: true, force: true });
  mkdirSync(links);
  const files = Array.from({ length: FILES }, (_, i) => join(links, `part-${i}.fbin`));
  for (const file of files) linkSync(one.files[0], file);
  const reached = await timeline(folder, importRoot, files, one.rows * FILES);
  rmSync(links, { recursive: true });
  const work = `${FILES} files, ${megabytes(one.bytes * FILES)}`;
  const [first, last, whole] = [speed(reached, 0, 0.1), speed(reached, 0.9, 1), speed(reached, 0, 1)];
  note({ work, what: "Sluice, two workers", value: rate(whole, 1000), rowsPerSecond: whole });
  note({ work, what: "last tenth / first tenth", value: (last / first).toFixed(2), target: "≥ 0.95" });
  const tenths = Array.from({ length: 10 }, (_, i) => 1e9 / speed(reached, i / 10, (i + 1) / 10) / 60);
  const [least, most] = [Math.min(...tenths), Math.max(...tenths)];
  note({
    work,
    what: "a billion rows, by the whole, the fastest and the slowest tenth",
    value: `${Math.round(1e9 / whole / 60)} min (${Math.round(least)} to ${Math.round(most)})`,
  });
}

async function timeline(
  folder: string,
  importRoot: string,
  files: readonly string[],
  rows: number,
): Promise<Reached[]> {
  await using server = await BenchServer.start(join(folder, "sluice"), importRoot, 2);
  await server.createCollection("bench", 128, 2, true);
  const started = performance.now();
  const task = await server.submit("bench", files);
  const reached: Reached[] = [{ atMs: 0, rows: 0 }];
  const watch = setInterval(async () => {
    const found = await server.rowsOf(task);
    if (found > reached.at(-1)!.rows) reached.push({ atMs: performance.now() - started, rows: found });
  }, POLL_MS);
  const found = await server.finished(task);
  clearInterval(watch);
  if (found !== rows) throw new Error(`imported ${found} rows, expected ${rows}`);
  return [...reached.filter((at) => at.rows < rows), { atMs: performance.now() - started, rows }];
}

/** Rows a second between two shares of the rows. */
function speed(reached: readonly Reached[], from: number, to: number): number {
  const all = reached.at(-1)!.rows;
  const ms = timeOf(reached, to * all) - timeOf(reached, from * all);
  return ((to - from) * all * 1000) / ms;
}

/** When `rows` were reached, between what was seen. */
function timeOf(reached: readonly Reached[], rows: number): number {
  const next = Math.max(
    1,
    reached.findIndex((at) => at.rows >= rows),
  );
  const [before, after] = [reached[next - 1], reached[next]];
  return before.atMs + ((rows - before.rows) / (after.rows - before.rows)) * (after.atMs - before.atMs);
}
