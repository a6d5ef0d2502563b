import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Dataset } from "./datasets.ts";
import { type Figure, median, megabytes, rate } from "./report.ts";
import { BenchServer } from "./sluice.ts";

/** Two builds of Sluice. */
export interface Builds {
  /** Root of a clone that is built. */
  readonly before: string;
  /** Of this clone. */
  readonly now: string;
}

/** What one import took: by the clock, and CPU seconds for each GB of its files. */
export interface Cost {
  readonly ms: number;
  readonly cpuSecondsPerGb: number;
}

/** A server's start is over then: it has been there for a while when its first import comes. */
const IDLE_MS = 2500;
/** Of imports on one server; from the second on code is compiled, and the fifth is like all that follow. */
const IMPORTS = ["first", "second", "third", "fourth", "fifth"] as const;

/**
 * The same imports by another build and by this one, in turn, five on each fresh server: rows a second, and CPU seconds of the
 * whole process a gigabyte of source, which a busy machine changes less.
 */
export async function compareBuilds(
  builds: Builds,
  work: { readonly folder: string; readonly importRoot: string; readonly rounds: number },
  sets: readonly { readonly name: string; readonly set: Dataset; readonly workers: number }[],
  note: (figure: Figure) => void,
): Promise<void> {
  for (const { name, set, workers } of sets) {
    const servers = { before: [] as Cost[][], now: [] as Cost[][] };
    for (let round = 0; round < work.rounds; round++)
      for (const which of ["before", "now"] as const) {
        await using server = await BenchServer.start(join(work.folder, which), work.importRoot, workers, {
          build: builds[which],
        });
        await sleep(IDLE_MS);
        servers[which].push(await mapInTurn(IMPORTS, (collection) => costOf(server, set, collection)));
      }
    const [firsts, , , , fifths] = IMPORTS.map((_, i) => ({
      before: servers.before.map((costs) => costs[i]),
      now: servers.now.map((costs) => costs[i]),
    }));
    noteBuilds(`${name}, first import`, set, firsts, note);
    noteBuilds(`${name}, fifth import`, set, fifths, note);
    const [first, fifth] = [middle(firsts.now), middle(fifths.now)];
    const value = `${(first.ms / fifth.ms).toFixed(2)}; ${ratio(first, fifth)}`;
    note({
      work: `${name}, ${megabytes(set.bytes)}`,
      what: "first import / fifth: time; CPU",
      value,
      target: "≤ 1.15",
    });
  }
}

async function mapInTurn<T, R>(all: readonly T[], run: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const one of all) results.push(await run(one));
  return results;
}

/** The medians of both and their ratio. */
export function noteBuilds(
  name: string,
  set: Dataset,
  costs: { readonly before: readonly Cost[]; readonly now: readonly Cost[] },
  note: (figure: Figure) => void,
): void {
  const before = middle(costs.before);
  const now = middle(costs.now);
  const row = { work: `${name}, ${megabytes(set.bytes)}` };
  note({ ...row, what: "build before", value: shown(before, set.rows) });
  note({ ...row, what: "this build", value: shown(now, set.rows) });
  const value = `${ratio(now, before)}; ${(before.ms / now.ms).toFixed(2)}`;
  note({ ...row, what: "CPU of this build / build before; rows/s", value });
}

/** Of one import into a collection of its own. */
export async function costOf(server: BenchServer, set: Dataset, collection = "bench"): Promise<Cost> {
  await server.createCollection(collection, set.dim);
  const before = server.cpuSeconds();
  const ms = await server.timeImport(collection, set.files, set.rows);
  const after = server.cpuSeconds();
  const seconds = after.user + after.system - before.user - before.system;
  return { ms, cpuSecondsPerGb: (seconds * 1e9) / set.bytes };
}

function middle(costs: readonly Cost[]): Cost {
  return { ms: median(costs.map(({ ms }) => ms)), cpuSecondsPerGb: median(costs.map((cost) => cost.cpuSecondsPerGb)) };
}

function shown({ ms, cpuSecondsPerGb }: Cost, rows: number): string {
  return `${rate(rows, ms)}, ${cpuSecondsPerGb.toFixed(2)} CPU s/GB`;
}

function ratio(now: Cost, before: Cost): string {
  return (now.cpuSecondsPerGb / before.cpuSecondsPerGb).toFixed(2);
}
