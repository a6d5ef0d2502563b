import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, it } from "@jest/globals";
import {
  milvusCases,
  readMilvusCase,
  useServer,
  writeBackup,
  writeMilvus1,
  writeMilvus1Sqlite,
} from "../../support/index.ts";
import { adapt, Page, runAsUser, runWithSluice } from "../blocks.ts";

const fixture = useServer();
const page = new Page("docs/from-milvus.md");
const name = "insert-flush-delete";
const milvus = join(milvusCases, name);
const described = await readMilvusCase(name);
const liveRows = described.rows.length - described.deletedPrimaryKeys.length;

it("runs as written: a backup becomes its collection, and another one", async () => {
  const { client, server, importRoot } = fixture;
  await writeBackup(join(importRoot, "nightly"), { books: name });
  const output = await runWithSluice(page.block("sluice restore nightly"), importRoot, server.address);
  expect(output.match(/Completed: 57 rows imported/g)).toHaveLength(2);
  expect(output).toMatch(/^default\.books\tdefault\.books_of_monday\t\d+\t\d+$/m);
  await client.dropCollection("books");
});

it("runs as written: a data folder of Milvus 1.x", async () => {
  const { client, server, importRoot } = fixture;
  const folder = join(importRoot, "milvus-1");
  const segment = { id: "1600000000000000001", ids: [1n, 2n, 3n], vectors: [[1, 1], [2, 2], [3, 3]], deleted: [1] }; // biome-ignore format: one thing
  await writeMilvus1Sqlite(folder, await writeMilvus1(folder, [{ name: "old_books", dimension: 2, metric: 1, partitions: { "": [segment] } }])); // biome-ignore format: one call
  const output = await runWithSluice(page.block("sluice restore milvus-1"), importRoot, server.address);
  expect(output).toContain("Completed: 2 rows imported");
  expect(await client.count("old_books")).toBe(2);
});

it("runs as written: a segment of a partition, with its deletes", async () => {
  const { client, server, importRoot } = fixture;
  await cp(milvus, join(importRoot, "milvus"), { recursive: true });
  await client.createFixtureCollection("books", described.describe as never);
  const [collection] = await readdir(join(milvus, "insert_log"));
  const [partition] = await readdir(join(milvus, "insert_log", collection));
  const [segment] = await readdir(join(milvus, "insert_log", collection, partition));
  const own = { "COLLECTION/PARTITION": `${collection}/${partition}`, SEGMENT: segment };
  const words = { "localhost:19530": server.address, ...own };
  const { data } = JSON.parse(await runAsUser("sh", ["-ec", adapt(page.block('"backup"'), words)], importRoot));
  expect(await client.waitFor(BigInt(data.jobId))).toMatchObject({ isCompleted: true, rowCount: liveRows });
  expect(await client.count("books")).toBe(liveRows);
});

afterAll(() => expect(page.left).toEqual([]));
