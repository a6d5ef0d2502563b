import { closeSync, fdatasyncSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { csvFile, type Dataset, jsonLines, numpyColumns } from "./datasets.ts";
import { BenchServer } from "./sluice.ts";
import { spentHere } from "./spent.ts";

// node test/bench/guard.ts
//
// Whether imports have become slower: their CPU seconds over those of plain work on the same bytes in the same minute, which
// another machine, or a busy one, changes for both. The least of the rounds counts. It takes ten seconds, and ends with 1 when
// a ratio is above its bound, which is twice what a quiet machine took when it was set: lower it with every gain.

const SET_BYTES = 100e6;
const ROUNDS = 5;

interface Guarded {
  readonly name: string;
  readonly set: Dataset;
  readonly beside: string;
  readonly plain: (file: string) => void;
  /** CPU seconds of the import over those of the plain work. */
  readonly bound: number;
}

/** Every line by JSON.parse, and nothing done with it. */
function parseLines(file: string): void {
  for (const line of readFileSync(file, "latin1").split("\n")) if (line) JSON.parse(line);
}

/** Every vector of `id,"[…]"` by JSON.parse. */
function parseVectors(file: string): void {
  for (const line of readFileSync(file, "latin1").split("\n").slice(1))
    if (line) JSON.parse(line.slice(line.indexOf("["), -1));
}

/** Read, written and synced, 1 MB at a time. */
function copyBytes(file: string): void {
  const block = new Uint8Array(1 << 20);
  const [from, to] = [openSync(file, "r"), openSync(`${file}.copy`, "w")];
  for (let count = readSync(from, block); count > 0; count = readSync(from, block)) writeSync(to, block, 0, count);
  fdatasyncSync(to);
  closeSync(from);
  closeSync(to);
  rmSync(`${file}.copy`);
}

function guarded(folder: string): Guarded[] {
  const parsing = { beside: "JSON.parse alone" };
  return [
    { ...parsing, name: "JSON Lines", set: jsonLines(folder, SET_BYTES, 128), plain: parseLines, bound: 0.6 },
    { ...parsing, name: "CSV", set: csvFile(folder, SET_BYTES, 128), plain: parseVectors, bound: 0.6 },
    {
      ...{ name: "NumPy", set: numpyColumns(folder, SET_BYTES, 128) },
      ...{ beside: "copying the file", plain: copyBytes, bound: 7 },
    },
  ];
}

/** CPU milliseconds of one import into a collection of its own. */
async function importing(server: BenchServer, set: Dataset, collection: string): Promise<number> {
  await server.createCollection(collection, set.dim);
  const before = server.cpuSeconds();
  await server.timeImport(collection, set.files, set.rows);
  const after = server.cpuSeconds();
  return (after.user + after.system - before.user - before.system) * 1000;
}

/** Both in turn; the first import warms the server up, and does not count. */
async function ratioOf(server: BenchServer, { name, set, plain }: Guarded): Promise<number> {
  const ours: number[] = [];
  const plainly: number[] = [];
  const collection = name.replace(" ", "_");
  await importing(server, set, `${collection}_first`);
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await importing(server, set, `${collection}_${round}`));
    plainly.push((await spentHere(() => set.files.forEach((file) => void plain(file)))).cpuMs);
  }
  return Math.min(...ours) / Math.min(...plainly);
}

const folder = mkdtempSync(join(tmpdir(), "sluice-guard-"));
try {
  await using server = await BenchServer.start(join(folder, "server"), folder, 1);
  for (const one of guarded(folder)) {
    const ratio = await ratioOf(server, one);
    const verdict = ratio > one.bound ? "TOO SLOW" : "ok";
    console.log(`${one.name}: ${ratio.toFixed(2)} times the CPU of ${one.beside}, at most ${one.bound}: ${verdict}`);
    if (ratio > one.bound) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
