import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { pythonOf } from "../support/program.ts";
import { milvusPython } from "./alternatives/milvus.ts";
import { cpuNanoseconds } from "./calls.ts";
import { type Figure, median } from "./report.ts";
import { BenchServer, ownBuild } from "./sluice.ts";

/** Of `alternatives/insert_client.py`. */
const ROWS = 1000;
/** Calls to one server before the next one has its turn: a slow second of the machine meets all of them. */
const TURN_CALLS = 10;
/** Turns that are not counted, in which compilers work. */
const WARM_TURNS = 15;
/** Between turns. */
const SETTLE_MS = 300;
/** Turns of each server, for each round. */
const TURNS = 10;

interface Places {
  /** Holds the data of the servers. */
  readonly work: string;
  /** Root of another clone that is built. */
  readonly before: string | undefined;
  readonly rounds: number;
  readonly withMilvus: boolean;
}

/** A server, and its only client. */
interface Contender {
  readonly what: string;
  readonly pid: number;
  readonly client: InsertClient;
  /** Milliseconds of each call. */
  readonly calls: number[];
  readonly cpuMs: number[];
}

/** What a call takes that inserts 1,000 rows of 128 floats, by the clock of one client of pymilvus, and by CPU of the server. */
export async function insertFigures(places: Places, note: (figure: Figure) => void): Promise<void> {
  const python = pythonOf("pymilvus-2.6.17");
  if (!existsSync(python)) return console.log("no pymilvus (test/servers.sh pymilvus installs it)");
  await using cleanup = new AsyncDisposableStack();
  const contenders: Contender[] = [];
  const add = (what: string, pid: number, address: string) => {
    const client = cleanup.use(new InsertClient(python, address));
    contenders.push({ what, pid, client, calls: [], cpuMs: [] });
  };
  if (places.withMilvus) {
    const { pid, address } = await startMilvus(join(places.work, "milvus"), cleanup);
    add("Milvus 2.3.5", pid, address);
  }
  for (const [what, build] of [["build before", places.before] as const, ["this build", ownBuild] as const]) {
    if (build === undefined) continue;
    const folder = join(places.work, what.replace(" ", "-"));
    const server = cleanup.use(await BenchServer.start(folder, undefined, 1, { build }));
    add(what, server.pid, server.address);
  }
  for (let turn = 0; turn < WARM_TURNS + TURNS * places.rounds; turn++)
    for (const contender of contenders) {
      await takeTurn(contender, turn >= WARM_TURNS);
      // What a server does after it has answered, and what it has written without syncing it, is not the next one's to pay.
      await sleep(SETTLE_MS);
      execFileSync("sync", ["-f", places.work]);
    }
  for (const contender of contenders) noteCalls(contender, note);
}

async function takeTurn({ pid, client, calls, cpuMs }: Contender, isCounted: boolean): Promise<void> {
  const before = cpuNanoseconds(pid);
  const took = await client.insert(TURN_CALLS);
  if (!isCounted) return;
  calls.push(...took);
  cpuMs.push((cpuNanoseconds(pid) - before) / 1e6 / TURN_CALLS);
}

function noteCalls({ what, calls, cpuMs }: Contender, note: (figure: Figure) => void): void {
  const sorted = calls.toSorted((a, b) => a - b);
  const ms = median(sorted);
  const quick = sorted[Math.floor(sorted.length / 10)];
  const value = `${ms.toFixed(1)} ms, a tenth below ${quick.toFixed(1)} ms, CPU ${median(cpuMs).toFixed(1)} ms`;
  note({ work: `insert of ${ROWS} rows of 128 floats, a call`, what, value, rowsPerSecond: (ROWS * 1000) / ms });
}

/** A client in a process of its own. */
class InsertClient implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(python: string, address: string) {
    const program = join(import.meta.dirname, "alternatives/insert_client.py");
    this.#child = spawn(python, ["-W", "ignore", program, address], { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout as Readable })[Symbol.asyncIterator]();
  }

  /** Milliseconds of each call. @throws Error when the client has ended */
  async insert(calls: number): Promise<number[]> {
    this.#child.stdin?.write(`${calls}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the client has ended");
    return String(value).split(" ").map(Number);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end();
    if (this.#child.exitCode === null) await once(this.#child, "exit");
  }
}

/** On a fresh folder, which goes with it. */
async function startMilvus(folder: string, cleanup: AsyncDisposableStack): Promise<{ pid: number; address: string }> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(import.meta.dirname, "alternatives/milvus_server.py");
  const child = spawn(milvusPython() as string, [program, folder], { stdio: ["pipe", "pipe", "inherit"] });
  cleanup.defer(async () => {
    child.stdin.end();
    if (child.exitCode === null) await once(child, "exit");
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const ready = /^ready (\S+) (\d+)$/.exec(line);
    if (ready) return { address: ready[1], pid: Number(ready[2]) };
  }
  throw new Error("Milvus ended before it was ready");
}
