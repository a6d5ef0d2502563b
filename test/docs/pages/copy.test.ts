import { expect, it } from "@jest/globals";
import { useServer } from "../../support/index.ts";
import { Page, runWithSluice } from "../blocks.ts";

const fixture = useServer({ dataSourceEndpoint: "127.0.0.1" });
const page = new Page("docs/copy.md");
const run = (words: string) => {
  const { server, importRoot } = fixture;
  const commands = `export MILVUS_ADDRESS=${server.address}\n${page.block(words)}`;
  return runWithSluice(commands, importRoot, server.address);
};

it("runs as written: import, copy, query, list", async () => {
  const output = await run("> novels.jsonl");
  expect(output).toMatch(/Completed: 2 rows into novels_of_today/);
  expect(output).toContain("2\tWalden");
  expect(output).toContain('"strategy":"objects"');
});

it("into a collection that there is", async () => {
  const output = await run("--if-exists");
  expect(output).toMatch(/Completed: 2 rows into novels_of_today/);
  expect(output).toMatch(/1 rows, .+ would be copied into novels_of_today, beside the rows that it has/);
  expect(output).toMatch(/Completed: 1 rows into novels_of_today/);
});

it("from another service and to it, which here is the same", async () => {
  const output = await run("--from");
  expect(output).toMatch(/Completed: 1 rows into novels_from_there/);
  expect(output).toContain('"strategy":"rows"');
  const sent = await run("--to");
  expect(sent).toMatch(/Completed: 2 rows into novels_over_there/);
  expect(sent).toContain("1\tEmma");
  expect(page.left).toEqual([]);
});
