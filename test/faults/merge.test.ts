import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
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

// The server is killed in each step of a merge and started again on the same data. Whatever was done by then: the new collection
// is whole or not there, the job is brought to its end, the source is as it was, and nothing is stored in the end that no visible
// segment accounts for.

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
  ["the request was answered", "asked", /merge job submitted/],
  ["its task was begun", "begun", /attempt begins/],
  ["its segments were written", "written", /task persisted/],
  ["its rows became visible, where nobody finds them", "committed", /visible segments changed/],
  ["it was completed", "completed", /merge job completed/],
] as const;

const folders = new TemporaryFolders();
let files: SourceFiles;
let dataDir: string;
let server: TestServer;
let client: TestClient;
let paths: string[];

async function start(): Promise<void> {
  server = launchServer({ dataDir, importRoots: [files.folder], settings });
  await server.ready();
  client = new TestClient(server.address);
}

async function restart(): Promise<void> {
  await server.kill9();
  client[Symbol.dispose]();
  await start();
}

beforeAll(async () => {
  const pair = await folders.createPair();
  dataDir = pair.dataDir;
  files = new SourceFiles(pair.importRoot);
  await start();
  await client.createCollection(bookCollection("source", { shards: 2, fields }));
  await client.importAndWait("source", await files.jsonl("rows.jsonl", rows));
  const columnData = [
    { name: "id", type: "INT64" as const, data: rows.map(({ id }) => BigInt(id)) },
    { name: "price", type: "INT32" as const, data: rows.map(({ id }) => Number(id)) },
  ];
  // In row groups, of which each task reads those that it needs.
  paths = [await files.write("prices.parquet", new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 100 })))];
}, 60_000);

afterAll(async () => {
  await server.kill9();
  client[Symbol.dispose]();
  await folders[Symbol.asyncDispose]();
});

async function call(method: string, path: string, body?: object) {
  const response = await fetch(`http://${server.address}${path}`, {
    method,
    ...(body && { body: JSON.stringify(body) }),
  });
  return (await response.json()) as { code: number; data: { jobId: string; status: string } };
}

/** The id of the job; undefined when the server was killed before it could answer. */
const merge = (destCollectionName: string, newFields: object[]) =>
  call("POST", "/v2/etl/merge", {
    collectionName: "source",
    destCollectionName,
    files: [paths],
    mergeField: "id",
    newFields,
  })
    .then(({ data }) => data.jobId)
    .catch(() => undefined);

const exists = async (collectionName: string) =>
  (await client.raw.showCollections(milvus.ShowCollectionsRequest.fromPartial({}))).collectionNames.includes(
    collectionName,
  );

async function checkWhole(collectionName: string): Promise<void> {
  await client.raw.loadCollection(milvus.LoadCollectionRequest.fromPartial({ collectionName }));
  const found = await client.query(collectionName, "id >= 0", ["id", "title", "year", "vector", "price"]);
  expect(found).toEqual(rows.map((book) => ({ ...book, price: Number(book.id) })));
}

it("has two tasks, where nobody is killed", async () => {
  const logged = server.stderr.length;
  await merge("undisturbed", [{ fieldName: "price", dataType: "INT32" }]);
  await eventually(async () => expect(await exists("undisturbed")).toBe(true), 30_000);
  expect(server.stderr.slice(logged).match(/task persisted/g)).toHaveLength(2);
  await checkWhole("undisturbed");
}, 60_000);

it.each(steps)(
  "killed when %s, it is whole or not there, and is brought to its end",
  async (_step, name, line) => {
    const logged = server.stderr.length;
    const asked = merge(name, [{ fieldName: "price", dataType: "INT32" }]);
    while (!line.test(server.stderr.slice(logged))) await sleep(1);
    await restart();
    await asked;
    if (await exists(name)) await checkWhole(name);
    await eventually(async () => expect(await exists(name)).toBe(true), 30_000);
    await checkWhole(name);
    expect(await client.count("source")).toBe(ROWS);
  },
  60_000,
);

it("killed when it has failed, it leaves its name to others", async () => {
  // The file has no text.
  const jobId = await merge("failed", [{ fieldName: "price", dataType: "VARCHAR", params: { maxLength: 9 } }]);
  while (!/merge job failed/.test(server.stderr)) await sleep(1);
  await restart();
  expect((await call("GET", `/v2/jobs/${jobId}`)).data.status).toBe("FAILED");
  expect(await exists("failed")).toBe(false);
  await eventually(() => client.createCollection(bookCollection("failed")), 30_000);
}, 60_000);

it("nothing is stored in the end that no visible segment accounts for", async () => {
  const wanted = ["source", "undisturbed", ...steps.map(([, name]) => name)];
  await eventually(async () => {
    const stored = new Set((await storedKeys(dataDir)).map((key) => key.split("/")[3]));
    const visible = (await Promise.all(wanted.map((name) => client.segments(name)))).flat();
    expect([...stored].sort()).toEqual(visible.map(({ segmentID }) => String(segmentID)).sort());
  }, 30_000);
  await server.stop();
  const records = await readRecords(dataDir);
  expect(await storedKeys(dataDir)).toEqual(accountedKeys(visibleSegments(records)));
  expect(records.collections.filter(({ state }) => state === "hidden")).toEqual([]);
}, 60_000);
