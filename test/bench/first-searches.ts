import { execFileSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Figure } from "./report.ts";
import { BenchServer } from "./sluice.ts";
import { medianOf, type Spent, told } from "./spent.ts";

/** Of the field `vector` of `BenchServer.createCollection`, in the paths of its logs. */
const VECTOR_FIELD = 101;
/** Until a server has come to rest after its start. */
const REST_MS = 2_000;

interface FirstSearches {
  /** Of a collection that is loaded. */
  readonly dataDir: string;
  readonly rounds: number;
  readonly work: string;
  readonly note: (figure: Figure) => void;
  readonly first: (server: BenchServer) => Promise<Spent>;
}

/**
 * The first search of a server beside reading the column's files: while the system has their pages, which is a copy in memory, and
 * after it was told to drop them, which is what storage gives.
 */
export async function firstSearchFigures({ dataDir, rounds, work, note, first }: FirstSearches): Promise<void> {
  const files = globSync(join(dataDir, "storage/insert_log/*/*/*", String(VECTOR_FIELD), "*"));
  // Memory that the machine has not had from its host yet costs a multiple; whoever comes next has it.
  spentByReading(files);
  for (const [from, prepare] of [
    ["memory", () => undefined],
    ["storage", () => files.forEach(dropPages)],
  ] as const) {
    const [readings, searches]: [Spent[], Spent[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      prepare();
      readings.push(spentByReading(files));
      await using server = await BenchServer.start(dataDir, undefined, 1, { keepsData: true });
      await sleep(REST_MS);
      prepare();
      searches.push(await first(server));
    }
    const [reading, search] = [medianOf(readings), medianOf(searches)];
    note({ work, what: `reading the column's files, from ${from}`, value: told(reading) });
    note({ work, what: `first search after load, from ${from}`, value: told(search) });
    const shares = [search.ms / reading.ms, search.cpuMs / reading.cpuMs].map((share) => share.toFixed(2));
    note({ work, what: "the same, to reading, by the clock and by CPU", value: shares.join(", "), target: "1.2" });
  }
}

/** Into memory of its own, as whoever keeps it must; in a process of its own, which gives the memory back. */
function spentByReading(files: readonly string[]): Spent {
  const script = `
    const { readFileSync } = require("node:fs");
    const [started, before, read] = [performance.now(), process.cpuUsage(), []];
    for (const file of process.argv.slice(1)) read.push(readFileSync(file));
    const { user, system } = process.cpuUsage(before);
    console.log(JSON.stringify({ ms: performance.now() - started, cpuMs: (user + system) / 1000 }));`;
  return JSON.parse(execFileSync(process.execPath, ["-e", script, ...files], { encoding: "utf8" }));
}

/** Of a file that is on disk, from the system's cache. */
function dropPages(file: string): void {
  execFileSync("dd", [`if=${file}`, "iflag=nocache", "count=0", "status=none"]);
}
