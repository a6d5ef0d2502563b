import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, beforeEach, expect, it } from "@jest/globals";
import { milvus } from "@sluice/rpc";
import { bookCollection, bookOf, books, eventually, scaled, useServer } from "../support/index.ts";
import { SeededRandom } from "./seeded-random.ts";
import { accountedRecords, storedIsVisible, visibleIn } from "./stored-segments.ts";

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
const settings = { compactionInterval: "100ms", readerGrace: "2s", gcGrace: "1s", gcInterval: "200ms" };

/** What ends a step in the log of a server that imports nothing, in the order of the steps. */
const steps = [
  ["its task was begun", /attempt begins/],
  ["its rows were written", /task persisted/],
  ["what it wrote was put in the place of what it read", /"removed":[1-9]/],
  ["it was completed", /compaction job completed/],
  ["what it has replaced was removed", /removed segments that nobody sees/],
] as const;

const fixture = useServer(settings);
const random = new SeededRandom(seed);
let rows = 0;

beforeAll(async () => {
  process.stderr.write(`compactions: SLUICE_FAULT_SEED=${seed}\n`);
  await fixture.client.createCollection(bookCollection("merged"));
});

async function checkRows(): Promise<void> {
  expect(await fixture.client.count("merged")).toBe(rows);
  const all = await fixture.client.query("merged", "id >= 0", ["id", "title", "year", "vector"]);
  expect(all).toEqual(Array.from({ length: rows }, (_, i) => bookOf(BigInt(i))));
}

/** Some segments more, and a server whose log is new. */
beforeEach(async () => {
  for (let i = 0; i < JOBS; i++) {
    const paths = await fixture.files.jsonl(`row-${rows}.jsonl`, books(1, BigInt(rows)));
    await fixture.client.importAndWait("merged", paths);
    rows++;
  }
  await fixture.restart("kill9");
}, 60_000);

const ask = () =>
  fixture.client.raw
    .manualCompaction(milvus.ManualCompactionRequest.fromPartial({ collectionName: "merged" }))
    .catch(() => undefined);

/** Kills the server, and looks at the rows at once and when all is merged. */
async function killAndCheck(): Promise<void> {
  await fixture.restart("kill9");
  await checkRows();
  await eventually(async () => expect((await fixture.client.segments("merged")).length).toBeLessThanOrEqual(2));
  await checkRows();
}

it.each(steps)(
  "killed when %s, it leaves every row as it was",
  async (_step, line) => {
    const asked = ask();
    while (!line.test(fixture.server.stderr)) await sleep(1);
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
  const visible = async () => {
    const ids = await visibleIn(fixture.client, ["merged"]);
    expect(ids.length).toBeLessThanOrEqual(2);
    return ids;
  };
  await storedIsVisible(fixture.dataDir, visible, 30_000);
  await fixture.server.stop();
  const records = await accountedRecords(fixture.dataDir);
  const done = records.jobs.filter(({ kind, state }) => kind === "compaction" && state === "completed");
  expect(done.length).toBeGreaterThanOrEqual(steps.length);
}, 60_000);
