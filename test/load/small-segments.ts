import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { jsonLines } from "../bench/datasets.ts";
import { bookCollection } from "../support/collections.ts";
import { books, jsonText } from "../support/source-files.ts";
import { TestClient } from "../support/test-client.ts";
import { startServer, type TestServer } from "../support/test-server.ts";
import { memoryOf } from "../support/watch.ts";
import { vectorCollection } from "./cluster-run.ts";

// node --conditions=source test/load/small-segments.ts [--jobs 1000 --segments 10000 --rounds 3 --gigabytes 1]
//
// Small segments, and what it costs to merge them, on the standalone: how long one-row jobs need to become few segments, with
// what memory many are merged, and what imports lose beside it.

const { values: options } = parseArgs({
  options: {
    jobs: { type: "string", default: "1000" },
    segments: { type: "string", default: "10000" },
    rounds: { type: "string", default: "3" },
    gigabytes: { type: "string", default: "1" },
    data: { type: "string", default: join(tmpdir(), "sluice-bench") },
  },
});
const SHARDS = 2;
/** Rows of a source that becomes one segment a shard, of some megabytes. */
const SOURCE_ROWS = 20_000;
const DIM = 128;
/** Such sources, of which an import beside compactions does not see the end. */
const PILE = 100;
const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const say = (what: string, value: string) => console.log(`| ${what} | ${value} |`);

const folder = await mkdtemp(join(tmpdir(), "sluice-small-segments-"));
const dataDir = join(folder, "data");
await mkdir(dataDir);
await mkdir(options.data, { recursive: true });
const importRoots = [folder, options.data];

/** A server on the same data each time. */
async function serve<T>(settings: object, run: (client: TestClient, server: TestServer) => Promise<T>): Promise<T> {
  const shared = { workers: 2, jobRetention: "1h", readerGrace: "10m", logLevel: "warn" };
  const server = await startServer({ dataDir, importRoots, settings: { ...shared, ...settings } });
  const client = new TestClient(server.address);
  try {
    return await run(client, server);
  } finally {
    client[Symbol.dispose]();
    await server.stop();
  }
}

/** Imports rows `[0, count)`, one a job, by eight clients. */
async function importRows(client: TestClient, name: string, count: number): Promise<void> {
  let next = 0;
  const one = async () => {
    for (let id = next++; id < count; id = next++) {
      const path = join(folder, `${name}-${id}.jsonl`);
      await writeFile(path, `${jsonText(books(1, BigInt(id))[0])}\n`);
      await client.importAndWait(name, [path]);
      await rm(path);
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
}

/**
 * Waits until there are two segments a shard at most; the time that takes, and the most memory meanwhile. To list thousands of
 * segments costs more than to merge them, so the counters are looked at first.
 */
async function untilFew(client: TestClient, server: TestServer, name: string, atOnce: number) {
  await writeFile(`/proc/${server.pid}/clear_refs`, "5");
  const idleBytes = await memoryOf(server.pid, "VmRSS");
  const startMs = performance.now();
  while ((await counted(server, "sluice_compacted_segments_total")) < atOnce) await sleep(200);
  const peakBytes = await memoryOf(server.pid, "VmHWM");
  while ((await client.segments(name)).length > 2 * SHARDS) await sleep(100);
  return { ms: performance.now() - startMs, idleBytes, peakBytes };
}

/** A counter or gauge of the server. */
async function counted({ address }: TestServer, metric: string): Promise<number> {
  const metrics = await (await fetch(`http://${address}/metrics`)).text();
  return Number(new RegExp(`^${metric.replace(/[{}]/g, "\\$&")} (\\d+)$`, "m").exec(metrics)?.[1] ?? 0);
}

async function oneRowJobs(jobs: number): Promise<void> {
  await serve({}, async (client, server) => {
    await client.createCollection(bookCollection("rows", { shards: SHARDS }));
    let [queries, isOver] = [0, false];
    const asking = (async () => {
      for (let least = 0; !isOver; queries++) {
        const before = await client.count("rows");
        const rows = await client.query("rows", "id >= 0", ["id", "title"]);
        const after = await client.count("rows");
        if (before < least || rows.length < before || rows.length > after) throw new Error("rows came twice, or went");
        least = after;
      }
    })();
    const startMs = performance.now();
    await importRows(client, "rows", jobs);
    const importedMs = performance.now() - startMs;
    const { ms } = await untilFew(client, server, "rows", 0);
    isOver = true;
    await asking;
    const rows = await client.query("rows", "id >= 0", ["id", "title", "year", "vector"]);
    if (jsonText(rows) !== jsonText(books(jobs))) throw new Error("the rows are not those that were imported");
    say(`${jobs} one-row jobs, ${SHARDS} shards: all Completed`, seconds(importedMs));
    say("two segments a shard at most, after the last one", seconds(ms));
    say("queries meanwhile, each exact", `${3 * queries}`);
  });
}

async function manySegments(count: number): Promise<void> {
  const name = `many_${count}`;
  await serve({ compactionInterval: "0s" }, async (client) => {
    await client.createCollection(bookCollection(name, { shards: SHARDS }));
    await importRows(client, name, count);
  });
  await serve({}, async (client, server) => {
    await sleep(2000);
    const { ms, idleBytes, peakBytes } = await untilFew(client, server, name, count);
    if ((await client.count(name, "id >= 0")) !== count) throw new Error("rows were lost");
    say(`${count} small segments merged`, seconds(ms));
    say(`memory of the process: before, and at most meanwhile`, `${megabytes(idleBytes)}, ${megabytes(peakBytes)}`);
  });
}

/** Imports of a gigabyte, in turn alone and begun while a compaction has a worker, with more of them to come. */
async function importsBeside(rounds: number, gigabytes: number): Promise<void> {
  const set = jsonLines(join(options.data, "data"), gigabytes * 1e9, DIM);
  const part = jsonLines(join(options.data, "data"), (SOURCE_ROWS * 1.4e3) | 0, DIM);
  const rates = { alone: [] as number[], beside: [] as number[] };
  const lastOf = (which: keyof typeof rates) => Math.round(rates[which].at(-1) ?? 0);
  for (let round = 0; round < rounds; round++) {
    const pile = `pile_${round}`;
    await serve({ compactionInterval: "0s" }, async (client) => {
      await client.createCollection({ ...vectorCollection(pile, DIM), shards: SHARDS });
      for (let i = 0; i < PILE; i++) await client.importAndWait(pile, part.files);
    });
    // Both on a server that has just started.
    await serve({ compactionInterval: "0s" }, async (client) => {
      rates.alone.push(await rateOf(client, `alone_${round}`, set));
    });
    await serve({ compactionInterval: "1s" }, async (client, server) => {
      while ((await counted(server, "sluice_queue_leased_tasks")) === 0) await sleep(20);
      rates.beside.push(await rateOf(client, `beside_${round}`, set));
      const given = await counted(server, 'sluice_datanode_attempts_total{end="handed_back"}');
      say(
        `round ${round}: rows/s alone, beside; workers given back`,
        `${lastOf("alone")}, ${lastOf("beside")}; ${given}`,
      );
    });
  }
  const median = (list: number[]) => list.toSorted((a, b) => a - b)[list.length >> 1];
  const [alone, beside] = [median(rates.alone), median(rates.beside)];
  say(`JSON Lines, ${megabytes(set.bytes)}: rows/s alone`, `${Math.round(alone / 1000)} k`);
  say("the same beside compactions", `${Math.round(beside / 1000)} k (${((beside / alone - 1) * 100).toFixed(1)} %)`);
}

async function rateOf(client: TestClient, name: string, { files, rows }: { files: readonly string[]; rows: number }) {
  await client.createCollection(vectorCollection(name, DIM));
  const startMs = performance.now();
  await client.importAndWait(name, files);
  const rate = (rows * 1000) / (performance.now() - startMs);
  await client.dropCollection(name);
  return rate;
}

try {
  if (Number(options.jobs) > 0) await oneRowJobs(Number(options.jobs));
  if (Number(options.segments) > 0) {
    await manySegments(Math.ceil(Number(options.segments) / 10));
    await manySegments(Number(options.segments));
  }
  if (Number(options.rounds) > 0) await importsBeside(Number(options.rounds), Number(options.gigabytes));
} finally {
  await rm(folder, { recursive: true, force: true });
}
