import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { milvus } from "@sluice/rpc";
import { parquetWriteBuffer } from "hyparquet-writer";
import {
  accountedKeys,
  bookCollection,
  bookFields,
  books,
  eventually,
  launchServer,
  readRecords,
  SourceFiles,
  storedKeys,
  TemporaryFolders,
  TestClient,
  type TestServer,
  visibleSegments,
} from "../support/index.ts";

// A merge is cancelled in each step, and what it needs goes away in each step. Its collection is whole, or not there with its name free
// for others; the source is as it was, and nothing is stored in the end that no visible segment accounts for.

const ROWS = 1200;
/** Rows of two megabytes and a half, so that a merge has two tasks. */
const fields = Object.values({ ...bookFields, title: { ...bookFields.title, maxLength: 4000 } });
const rows = books(ROWS).map((book) => ({ ...book, title: book.title.padEnd(2000, ".") }));
const settings = {
  workers: 2,
  compactionInterval: "0s",
  readerGrace: "1s",
  gcGrace: "1s",
  gcInterval: "200ms",
  flushSize: "64KB",
  splitSize: "1MB",
};

/** What ends a step in the log, in the order of the steps. */
const steps = [
  ["asked", /merge job submitted/],
  ["begun", /attempt begins/],
  ["written", /task persisted/],
  ["committed", /visible segments changed/],
] as const;

const folders = new TemporaryFolders();
let files: SourceFiles;
let dataDir: string;
let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  const pair = await folders.createPair();
  dataDir = pair.dataDir;
  files = new SourceFiles(pair.importRoot);
  server = launchServer({ dataDir, importRoots: [files.folder], settings });
  await server.ready();
  client = new TestClient(server.address);
}, 60_000);

afterAll(async () => {
  await server.kill9();
  client[Symbol.dispose]();
  await folders[Symbol.asyncDispose]();
});

/** A collection of its own for each case. */
async function sourceOf(name: string): Promise<string> {
  await client.createCollection(bookCollection(`of_${name}`, { shards: 2, fields }));
  await client.importAndWait(`of_${name}`, await files.jsonl(`${name}.jsonl`, rows));
  return `of_${name}`;
}

const pricesOf = (name: string, factor = 1) => {
  const columnData = [
    { name: "id", type: "INT64" as const, data: rows.map((row) => BigInt(row.id)) },
    { name: "price", type: "INT32" as const, data: rows.map((row) => factor * Number(row.id)) },
  ];
  return files.write(`${name}.parquet`, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 100 })));
};

async function call(method: string, path: string, body?: object) {
  const response = await fetch(`http://${server.address}${path}`, {
    method,
    ...(body && { body: JSON.stringify(body) }),
  });
  return (await response.json()) as {
    code: number;
    message?: string;
    data: { jobId: string; status: string; reason: string };
  };
}

/** What the server has said from the first line on that has a text. Only the end of all that it says is kept. */
function logSince(text: string): string {
  const at = server.stderr.indexOf(text);
  return at < 0 ? "" : server.stderr.slice(server.stderr.lastIndexOf("\n", at) + 1);
}

/** Asks for a merge into `name`, and waits for a step of it. */
async function mergeUntil(name: string, collectionName: string, line: RegExp, options: object = {}): Promise<string> {
  const newFields = [{ fieldName: "price", dataType: "INT32" }];
  const body = { collectionName, destCollectionName: name, files: [[await pricesOf(name)]], mergeField: "id" };
  const asked = call("POST", "/v2/etl/merge", { ...body, newFields, options });
  while (!line.test(logSince(`"${name}"`))) await sleep(1);
  const { code, message, data } = await asked;
  if (code !== 0) throw new Error(message);
  return data.jobId;
}

async function ended(jobId: string) {
  for (;;) {
    const { data } = await call("GET", `/v2/jobs/${jobId}`);
    if (!["PENDING", "IN_PROGRESS", "CANCELING"].includes(data.status)) return data;
    await sleep(10);
  }
}

const names = async () =>
  (await client.raw.showCollections(milvus.ShowCollectionsRequest.fromPartial({}))).collectionNames;

async function checkWhole(collectionName: string): Promise<void> {
  await client.raw.loadCollection(milvus.LoadCollectionRequest.fromPartial({ collectionName }));
  const found = await client.query(collectionName, "id >= 0", ["id", "title", "year", "vector", "price"]);
  expect(found).toEqual(rows.map((book) => ({ ...book, price: Number(book.id) })));
}

/** The job has ended as it says, and its collection is there, or its name is free at once. */
async function checkEnd(name: string, jobId: string, failed: object): Promise<void> {
  const job = await ended(jobId);
  if (job.status === "SUCCESSFUL") return checkWhole(name);
  expect(job).toMatchObject(failed);
  expect(await names()).not.toContain(name);
  await client.createCollection(bookCollection(name));
  await client.dropCollection(name);
}

describe.each(steps)("when it was %s", (step, line) => {
  it("it is cancelled, and leaves its name to others", async () => {
    const [name, source] = [`cancelled_${step}`, await sourceOf(`cancelled_${step}`)];
    const jobId = await mergeUntil(name, source, line);
    await call("POST", `/v2/jobs/${jobId}/cancel`);
    await checkEnd(name, jobId, { status: "CANCELED" });
    expect(await client.count(source)).toBe(ROWS);
  }, 60_000);

  it("its source is dropped, which it says", async () => {
    const [name, source] = [`dropped_${step}`, await sourceOf(`dropped_${step}`)];
    const jobId = await mergeUntil(name, source, line);
    await client.dropCollection(source);
    await checkEnd(name, jobId, { status: "FAILED", reason: expect.stringMatching(/dropped/) });
  }, 60_000);

  it("its source gets another name and a field, and it is that of before", async () => {
    const [name, source] = [`altered_${step}`, await sourceOf(`altered_${step}`)];
    const jobId = await mergeUntil(name, source, line);
    const schema = { fieldName: "later", dataType: "Int64", nullable: true };
    expect((await call("POST", "/v2/vectordb/collections/fields/add", { collectionName: source, schema })).code).toBe(
      0,
    );
    const renaming = { collectionName: source, newCollectionName: `${source}_2` };
    expect((await call("POST", "/v2/vectordb/collections/rename", renaming)).code).toBe(0);
    expect(await ended(jobId)).toMatchObject({ status: "SUCCESSFUL" });
    await checkWhole(name);
  }, 60_000);

  it("its file is written again, and none of its values is mixed with those of before", async () => {
    const [name, source] = [`rewritten_${step}`, await sourceOf(`rewritten_${step}`)];
    const jobId = await mergeUntil(name, source, line);
    await pricesOf(name, 2);
    await checkEnd(name, jobId, { status: "FAILED", reason: expect.stringMatching(/has changed since .*\.parquet/) });
  }, 60_000);

  it("its alias becomes a collection's name, which it says", async () => {
    const [name, source] = [`aliased_${step}`, await sourceOf(`aliased_${step}`)];
    const alias = `taken_${step}`;
    const jobId = await mergeUntil(name, source, line, { swapAlias: alias });
    const taken = await client.createCollection(bookCollection(alias)).then(
      () => true,
      () => false,
    );
    const failed = { status: "FAILED", reason: expect.stringMatching(/is a collection's name by now/) };
    await checkEnd(name, jobId, failed);
    // One of the two has it.
    expect((await names()).includes(alias)).toBe(taken);
  }, 60_000);
});

it("nothing is stored in the end that no visible segment accounts for", async () => {
  await eventually(async () => {
    const stored = new Set((await storedKeys(dataDir)).map((key) => key.split("/")[3]));
    const visible = (await Promise.all((await names()).map((name) => client.segments(name)))).flat();
    expect([...stored].sort()).toEqual(visible.map(({ segmentID }) => String(segmentID)).sort());
  }, 30_000);
  await server.stop();
  const records = await readRecords(dataDir);
  expect(await storedKeys(dataDir)).toEqual(accountedKeys(visibleSegments(records)));
  expect(records.collections.filter(({ state }) => state === "hidden")).toEqual([]);
}, 60_000);
