import { expect, it } from "@jest/globals";
import { useServer } from "../../support/index.ts";
import { adapt, Page, runAsUser } from "../blocks.ts";

const fixture = useServer();
const page = new Page("docs/rows.md");

it("runs as written: rows are inserted, replaced, deleted, and read", async () => {
  const { server, importRoot } = fixture;
  const commands = adapt(page.block("entities/upsert"), { "localhost:19530": server.address });
  const output = await runAsUser("sh", ["-ec", commands], importRoot);
  expect(output).toContain('"insertIds":["1","2"]');
  expect(output.endsWith('{"code":0,"data":[{"title":"new","id":"2"}]}')).toBe(true);
  expect(page.left).toEqual([]);
});
