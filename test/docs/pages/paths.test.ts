import { expect, it } from "@jest/globals";
import { bookFields, useServer } from "../../support/index.ts";
import { adapt, Page, runAsUser } from "../blocks.ts";

const fixture = useServer();
const page = new Page("docs/paths.md");

it("runs as written: a folder, a pattern, a folder that is a column", async () => {
  const { client, server, importRoot } = fixture;
  const { id, title, vector } = bookFields;
  await client.createCollection({ name: "books", fields: [id, title, vector], dynamic: true });
  const text = adapt(page.block("_SUCCESS"), { "localhost:19530": server.address });
  const { data } = JSON.parse(await runAsUser("sh", ["-ec", text], importRoot));
  expect(await client.waitFor(BigInt(data.jobId))).toMatchObject({ isCompleted: true, rowCount: 2 });
  expect(await client.count("books", "year == 2026")).toBe(1);
});

it("runs as written: folders called after partitions", async () => {
  const { client, server, importRoot } = fixture;
  const text = adapt(page.block("shelves"), { "localhost:19530": server.address });
  const answer = (await runAsUser("sh", ["-ec", text], importRoot)).match(/"jobId":"(\d+)"/) as RegExpMatchArray;
  expect(await client.waitFor(BigInt(answer[1]))).toMatchObject({ isCompleted: true, rowCount: 2 });
  expect(await client.count("books", "id == 5", ["left"])).toBe(1);
  expect(await client.count("books", "id == 6", ["right"])).toBe(1);
});

it("runs as written: archives, and a file of one", async () => {
  const { client, server, importRoot } = fixture;
  const text = adapt(page.block("packed.zip"), { "localhost:19530": server.address });
  const answers = await runAsUser("sh", ["-ec", text], importRoot);
  const rows = [...answers.matchAll(/"jobId":"(\d+)"/g)].map(
    async ([, jobId]) => (await client.waitFor(BigInt(jobId))).rowCount,
  );
  expect(await Promise.all(rows)).toEqual([2, 1]);
  expect(await client.count("books", "id in [3, 4]")).toBe(3);
  expect(page.left).toEqual([]);
});
