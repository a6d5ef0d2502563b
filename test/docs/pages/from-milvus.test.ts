import { cp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { useServer } from "../../support/index.ts";
import { adapt, Page, root, runAsUser } from "../blocks.ts";

const fixture = useServer();
const page = new Page("docs/from-milvus.md");
const milvus = join(root, "test/fixtures/milvus-2.3.5/insert-flush-delete");

it("runs as written: the segments of a partition, with its deletes", async () => {
  const { client, server, importRoot } = fixture;
  await cp(milvus, join(importRoot, "milvus"), { recursive: true });
  const described = JSON.parse(await readFile(join(milvus, "case.json"), "utf8"));
  await client.createFixtureCollection("books", described.describe);
  const [collection] = await readdir(join(milvus, "insert_log"));
  const [partition] = await readdir(join(milvus, "insert_log", collection));
  const words = { "localhost:19530": server.address, "COLLECTION/PARTITION": `${collection}/${partition}` };
  const { data } = JSON.parse(await runAsUser("sh", ["-ec", adapt(page.block('"backup"'), words)], importRoot));
  const rows = described.rows.length - described.deletedPrimaryKeys.length;
  expect(await client.waitFor(BigInt(data.jobId))).toMatchObject({ isCompleted: true, rowCount: rows });
  expect(await client.count("books")).toBe(rows);
  expect(page.left).toEqual([]);
});
