import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { milvus } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import {
  describeWith,
  eventually,
  pythonOf,
  TemporaryFolders,
  TestClient,
  useRest,
  useServer,
} from "../support/index.ts";

// Collections go from a real Milvus to us and back, over gRPC. It starts once for the file.

const environment = "milvus-2.3.5";
/** Both write and read it. */
const shared = mkdtempSync(join(tmpdir(), "sluice-handover-"));
afterAll(() => rm(shared, { recursive: true, force: true }));
const suite = describeWith(environment);

const everything = {
  ...{ name: "everything", dynamic: true, shards: 2, partitions: [["late", ""]] },
  fields: [
    { name: "id", type: DataType.Int64, is_primary: true },
    { name: "flag", type: DataType.Bool },
    { name: "i8", type: DataType.Int8 },
    { name: "i16", type: DataType.Int16 },
    { name: "i32", type: DataType.Int32 },
    { name: "f", type: DataType.Float },
    { name: "d", type: DataType.Double },
    { name: "title", type: DataType.VarChar, params: { max_length: 200 } },
    { name: "attrs", type: DataType.JSON },
    { name: "tags", type: DataType.Array, element_type: DataType.VarChar, params: { max_capacity: 8, max_length: 40 } },
    { name: "longs", type: DataType.Array, element_type: DataType.Int64, params: { max_capacity: 8 } },
    { name: "vector", type: DataType.FloatVector, params: { dim: 8 } },
  ],
};
const row = (i: number) => ({
  ...{
    id: String(i % 2 === 0 ? 9_007_199_254_740_993n + BigInt(i) : BigInt(-i)),
    flag: i % 3 === 0,
    i8: (i % 256) - 128,
  },
  ...{ i16: i * 25 - 15_000, i32: i * 1_700_000 - 1_000_000_000, f: Math.fround(i / 7), d: i / 11 },
  ...{ title: `${"ü漢🚀".repeat(i % 4)} ${i}`, attrs: { b: [1, 2.5, null], n: i }, extra: `dyn ${i}` },
  ...{
    tags: Array.from({ length: i % 4 }, (_, j) => `t${j} é`),
    longs: Array.from({ length: i % 3 }, (_, j) => String(2n ** 60n + BigInt(i * j))),
  },
  vector: Array.from({ length: 8 }, (_, j) => Math.fround(Math.sin(i * 8 + j))),
});
const shelves = {
  ...{ name: "shelves", dynamic: false, shards: 1, partitions: [] },
  fields: [
    { name: "key", type: DataType.VarChar, is_primary: true, params: { max_length: 100 } },
    { name: "bits", type: DataType.BinaryVector, params: { dim: 32 } },
  ],
};
const shelf = (i: number) => ({ key: `k"\\${i}${"漢".repeat(i % 30)}`, bits: [i % 256, 255 - (i % 256), 7, i % 11] });
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const collections = [
  {
    ...everything,
    batches: [
      { partition: "", rows: range(0, 700).map(row) },
      { partition: "late", rows: range(700, 1200).map(row) },
    ],
    deletes: [`id in [${[3, 4, 800].map((i) => row(i).id).join(", ")}, 77777]`],
  },
  { ...shelves, batches: [{ partition: "", rows: range(0, 300).map(shelf) }], deletes: [] },
];

suite("a real Milvus", () => {
  const folders = new TemporaryFolders();
  const fixture = useServer({ dataSourceEndpoint: "127.0.0.1", splitSize: "1MB", exportRoot: `out=${shared}` });
  const { run, post, ended } = useRest(fixture, "copy");
  let served: { child: ChildProcess; address: string };
  let peer: TestClient;

  beforeAll(async () => {
    served = await serveMilvus(await folders.create());
    peer = new TestClient(served.address);
  }, 600_000);
  afterAll(async () => {
    peer?.[Symbol.dispose]();
    served?.child.stdin?.end();
    if (served) await once(served.child, "close");
    await folders[Symbol.asyncDispose]();
  }, 60_000);

  it.each([
    [
      "everything",
      "id > -100000",
      [
        ["_default", 698],
        ["late", 499],
      ],
    ],
    ["shelves", 'key >= ""', [["_default", 300]]],
  ] as const)(
    "gives its rows, of all types that it has, without those that were deleted: %s",
    async (name, all, counts) => {
      const from = { address: served.address };
      const job = await run({ from, collectionName: name, targetCollectionName: name, checkRows: 1000 });
      const partitions = counts.map(([partition, rows]) => ({ name: partition, sourceRows: rows, rows }));
      expect(job).toMatchObject({
        state: "Completed",
        strategy: "rows",
        partitions,
        warnings: [expect.stringMatching(/no fixed moment/)],
      });
      expect(await fixture.client.query(name, all, ["*"])).toEqual(await peer.query(name, all, ["*"]));
      expect(await indexesOf(fixture.client, name)).toEqual(await indexesOf(peer, name));
    },
  );

  it.each([
    ["everything", "id > -100000", 1197],
    ["shelves", 'key >= ""', 300],
  ] as const)("takes its rows back, of all types that it has: %s", async (name, all, rows) => {
    const job = await run({
      to: { address: served.address },
      collectionName: name,
      targetCollectionName: `${name}_back`,
      ...{ alias: `${name}_alias`, checkRows: 1000 },
    });
    expect(job).toMatchObject({ state: "Completed", copiedRows: rows, strategy: "rows" });
    expect(await peer.query(`${name}_back`, all, ["*"])).toEqual(await fixture.client.query(name, all, ["*"]));
    expect(await peer.query(`${name}_alias`, all, ["*"])).toEqual(await peer.query(`${name}_back`, all, ["*"]));
    expect(await indexesOf(peer, `${name}_back`)).toEqual(await indexesOf(fixture.client, name));
  });

  it.each([
    ["everything", "id > -100000", 1194],
    ["shelves", 'key >= ""', 300],
  ] as const)("imports segments that are handed over as files, without deleted rows: %s", async (name, all, rows) => {
    if (name === "everything") await fixture.client.delete(name, `id in [${[5, 6, 900].map((i) => row(i).id)}]`);
    const to = { address: served.address, files: "out://given", filesAs: join(shared, "given") };
    const job = await run({ to, collectionName: name, targetCollectionName: `${name}_given` });
    expect(job).toMatchObject({ state: "Completed", copiedRows: rows, strategy: "files" });
    expect(await peer.query(`${name}_given`, all, ["*"])).toEqual(await fixture.client.query(name, all, ["*"]));
    expect(await indexesOf(peer, `${name}_given`)).toEqual(await indexesOf(fixture.client, name));
    expect((await readdir(shared, { recursive: true, withFileTypes: true })).filter((one) => one.isFile())).toEqual([]);
  });

  it("takes no rows whose automatic keys it would not keep, and says so before anything is written; segments it takes with their keys", async () => {
    const { client, files } = fixture;
    const fields = [
      { name: "id", type: DataType.Int64, key: true, auto: true },
      { name: "v", type: DataType.FloatVector, dim: 2 },
    ];
    await client.createCollection({ name: "automatic", fields });
    await client.importAndWait("automatic", await files.jsonl("automatic.jsonl", [{ v: [1, 2] }]));
    const body = { to: { address: served.address }, collectionName: "automatic", targetCollectionName: "automatic" };
    await expect(run(body)).rejects.toThrow(/takes no such keys but its own/);
    expect(
      (await peer.raw.showCollections(milvus.ShowCollectionsRequest.fromPartial({}))).collectionNames,
    ).not.toContain("automatic");
    const handover = { files: "out://", filesAs: shared };
    const job = await run({ ...body, to: { ...body.to, ...handover } });
    expect(job).toMatchObject({ state: "Completed", strategy: "files" });
    expect(await peer.query("automatic", "id > 0", ["*"])).toEqual(await client.query("automatic", "id > 0", ["*"]));
  });

  it.each([
    ["rows", {}],
    ["files", { files: "out://given", filesAs: join(shared, "given") }],
  ])(
    "keeps nothing of a copy by %s that is cancelled",
    async (_, handover) => {
      const to = { address: served.address, ...handover };
      const { data } = await post("create", { to, collectionName: "everything", targetCollectionName: "never" });
      const names = async () =>
        (await peer.raw.showCollections(milvus.ShowCollectionsRequest.fromPartial({}))).collectionNames;
      const interim = `copying_${data.jobId}`;
      await eventually(async () => expect(await names()).toContain(interim), 30_000);
      await post("pause", data);
      await post("cancel", data);
      expect((await ended(data.jobId)).state).toBe("Failed");
      await eventually(async () => expect(await names()).not.toContain(interim), 60_000);
      expect(await names()).not.toContain("never");
    },
    120_000,
  );
});

async function indexesOf({ raw }: TestClient, collectionName: string) {
  const { indexDescriptions } = await raw.describeIndex(milvus.DescribeIndexRequest.fromPartial({ collectionName }));
  return indexDescriptions.map(({ indexName, fieldName, params }) => [indexName, fieldName, params]);
}

/** Starts it, and waits until its collections are filled. */
async function serveMilvus(work: string): Promise<{ child: ChildProcess; address: string }> {
  await mkdir(join(work, "milvus"));
  await writeFile(join(work, "plan.json"), JSON.stringify({ collections }));
  const program = resolve(import.meta.dirname, "serving_milvus.py");
  const child = spawn(pythonOf(environment), [program, join(work, "plan.json"), join(work, "milvus")], {
    env: { ...process.env, NODE_OPTIONS: "", PYTHONUNBUFFERED: "1" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let log = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (log = (log + text).slice(-4000)));
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const [, port] = /^ready (\d+)$/.exec(line) ?? [];
    if (port) return { child, address: `127.0.0.1:${port}` };
  }
  throw new Error(`the Milvus ended before it was ready: ${log}`);
}
