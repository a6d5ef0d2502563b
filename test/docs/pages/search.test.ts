import { expect, it } from "@jest/globals";
import { bookCollection, books, useServer } from "../../support/index.ts";
import { adapt, Page, runAsUser } from "../blocks.ts";

const fixture = useServer();
const page = new Page("docs/search.md");

it("runs as written: groups of rows are counted", async () => {
  const { client, files, server, importRoot } = fixture;
  await client.createCollection(bookCollection("books"));
  await client.importAndWait("books", await files.jsonl("books.jsonl", books(300)));
  const commands = adapt(page.block("groupByFields"), { "localhost:19530": server.address });
  const output = JSON.parse(await runAsUser("sh", ["-ec", commands], importRoot));
  expect(output).toMatchObject({
    code: 0,
    data: [{ year: expect.anything(), "min(title)": expect.any(String) }, {}, {}],
  });
  const counts = output.data.map((row: Record<string, string>) => Number(row["count(*)"]));
  expect(counts).toEqual([...counts].sort((a, b) => b - a));
  expect(page.left).toEqual([]);
});
