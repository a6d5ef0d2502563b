import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { milvus } from "@sluice/rpc";
import {
  accountedKeys,
  bookCollection,
  bookOf,
  books,
  eventually,
  launchServer,
  readRecords,
  SourceFiles,
  scaled,
  storedKeys,
  TemporaryFolders,
  TestClient,
  type TestServer,
  visibleSegments,
} from "../support/index.ts";
import { SeededRandom } from "./seeded-random.ts";

// The server is killed in each step of a compaction, and at random moments of some, and started again on the same data. Whatever
// was done by then: every row is there once, with all its values, from the first query on; the compaction is brought to its end
// or begun anew; and nothing is stored in the end that no visible segment accounts for.
//
// SLUICE_FAULT_SEED repeats the pauses of a run.

const seed = Number(process.env.SLUICE_FAULT_SEED ?? randomInt(2 ** 31));
const RANDOM_KILLS = scaled(20);
/** Longer than a compaction of some rows takes. */
const MAX_PAUSE_MS = 150;
/** Jobs of a row each between two kills; each leaves a segment. */
const JOBS = 4;
const settings = { workers: 2, compactionInterval: "100ms", readerGrace: "2s", gcGrace: "1s", gcInterval: "200ms" };

/** What ends a step in the log of a server that imports nothing, in the order of the steps. */
const steps = [
  ["its task was begun", /attempt begins/],
  ["its rows were written", /task persisted/],
  ["what it wrote was put in the place of what it read", /"removed":[1-9]/],
  ["it was completed", /compaction job completed/],
  ["what it has replaced was removed", /removed segments that nobody sees/],
] as const;

const folders = new TemporaryFolders();
const random = new SeededRandom(seed);
let files: SourceFiles;
let dataDir: string;
let server: TestServer;
let client: TestClient;
let rows = 0;

async function start(): Promise<void> {
  server = launchServer({ dataDir, importRoots: [files.folder], settings });
  await server.ready();
  client = new TestClient(server.address);
}

async function kill(): Promise<void> {
  await server.kill9();
  client[Symbol.dispose]();
}

beforeAll(async () => {
  process.stderr.write(`compactions: SLUICE_FAULT_SEED=${seed}\n`);
  const pair = await folders.createPair();
  dataDir = pair.dataDir;
  files = new SourceFiles(pair.importRoot);
  await start();
  await client.createCollection(bookCollection("merged"));
}, 60_000);

afterAll(async () => {
  await kill();
  await folders[Symbol.asyncDispose]();
});

async function checkRows(): Promise<void> {
  expect(await client.count("merged")).toBe(rows);
  const all = await client.query("merged", "id >= 0", ["id", "title", "year", "vector"]);
  expect(all).toEqual(Array.from({ length: rows }, (_, i) => bookOf(BigInt(i))));
}

/** Some segments more, and a server whose log is new. */
beforeEach(async () => {
  for (let i = 0; i < JOBS; i++) {
    const paths = await files.jsonl(`row-${rows}.jsonl`, books(1, BigInt(rows)));
    await client.importAndWait("merged", paths);
    rows++;
  }
  await kill();
  await start();
}, 60_000);

const ask = () =>
  client.raw
    .manualCompaction(milvus.ManualCompactionRequest.fromPartial({ collectionName: "merged" }))
    .catch(() => undefined);

/** Kills the server, and looks at the rows at once and when all is merged. */
async function killAndCheck(): Promise<void> {
  await kill();
  await start();
  await checkRows();
  await eventually(async () => expect((await client.segments("merged")).length).toBeLessThanOrEqual(2));
  await checkRows();
}

it.each(steps)(
  "killed when %s, it leaves every row as it was",
  async (_step, line) => {
    const asked = ask();
    while (!line.test(server.stderr)) await sleep(1);
    const killed = killAndCheck();
    await asked;
    await killed;
  },
  60_000,
);

it.each(Array.from({ length: RANDOM_KILLS }, (_, i) => [i + 1]))(
  "killed at a random moment, time %i, it leaves every row as it was",
  async () => {
    const asked = ask();
    await sleep(random.int(0, MAX_PAUSE_MS));
    const killed = killAndCheck();
    await asked;
    await killed;
  },
  60_000,
);

it("nothing is stored in the end that no visible segment accounts for", async () => {
  await ask();
  // Until it is merged, what is stored may be what is visible, and no longer a moment later.
  await eventually(async () => {
    const stored = new Set((await storedKeys(dataDir)).map((key) => key.split("/")[3]));
    const visible = (await client.segments("merged")).map(({ segmentID }) => String(segmentID));
    expect(visible.length).toBeLessThanOrEqual(2);
    expect([...stored].sort()).toEqual(visible.sort());
  }, 30_000);
  await server.stop();
  const records = await readRecords(dataDir);
  expect(await storedKeys(dataDir)).toEqual(accountedKeys(visibleSegments(records)));
  const done = records.jobs.filter(({ kind, state }) => kind === "compaction" && state === "completed");
  expect(done.length).toBeGreaterThanOrEqual(steps.length);
}, 60_000);
