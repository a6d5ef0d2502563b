import { expect, it } from "@jest/globals";
import { bookCollection, books, TestClient, useServer } from "../support/index.ts";

const fixture = useServer();
const OLD_ROWS = 300;
const FILES = 6;
const ROWS_PER_FILE = 4000;
const POLLERS = 200;
/** gRPC channels that the pollers share. */
const CHANNELS = 8;

/** Counts without pause until `signal`; each count that differs from the one before. */
async function watchCount(client: TestClient, name: string, signal: AbortSignal): Promise<number[]> {
  const seen: number[] = [];
  while (!signal.aborted) {
    const count = await client.count(name);
    if (count !== seen.at(-1)) seen.push(count);
  }
  return seen;
}

it("a job of many files and shards becomes visible at once: 200 readers see the old total or the new one, never back", async () => {
  const { client, files, server } = fixture;
  await client.createCollection(bookCollection("watched", { shards: 4 }));
  await client.importAndWait("watched", await files.jsonl("old.jsonl", books(OLD_ROWS)));
  const writing = Array.from({ length: FILES }, (_, i) =>
    files.jsonl(`new-${i}.jsonl`, books(ROWS_PER_FILE, BigInt(10_000 * (i + 1)))),
  );
  const paths = (await Promise.all(writing)).flat();

  const stop = new AbortController();
  const channels = Array.from({ length: CHANNELS }, () => new TestClient(server.address));
  const pollers = Array.from({ length: POLLERS }, (_, i) => watchCount(channels[i % CHANNELS], "watched", stop.signal));
  const task = await client.import("watched", paths);
  const outcome = await client.waitFor(task);
  const countAtOnce = await client.count("watched");
  stop.abort();
  const seen = await Promise.all(pollers);
  for (const channel of channels) channel[Symbol.dispose]();

  const newTotal = OLD_ROWS + FILES * ROWS_PER_FILE;
  expect(outcome).toMatchObject({ isCompleted: true, rowCount: FILES * ROWS_PER_FILE });
  expect(countAtOnce).toBe(newTotal);
  const sequences = seen.map(String);
  const allowed = [`${OLD_ROWS}`, `${OLD_ROWS},${newTotal}`, `${newTotal}`];
  expect(sequences.filter((sequence) => !allowed.includes(sequence))).toEqual([]);
  expect(sequences).toContain(`${OLD_ROWS},${newTotal}`);
});

it("progress never falls, and reaches 100 with Completed only", async () => {
  const { client, files } = fixture;
  await client.createCollection(bookCollection("progress", { shards: 2 }));
  const task = await client.import("progress", await files.jsonl("progress.jsonl", books(30_000)));
  const seen: { progress: number; isCompleted: boolean }[] = [];
  await client.waitFor(task, ({ progress, isCompleted }) => seen.push({ progress, isCompleted }));
  const percents = seen.map((state) => state.progress);
  expect(percents).toEqual([...percents].sort((a, b) => a - b));
  expect(seen.filter((state) => (state.progress === 100) !== state.isCompleted)).toEqual([]);
});
