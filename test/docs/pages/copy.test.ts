import { expect, it } from "@jest/globals";
import { useServer } from "../../support/index.ts";
import { Page, runWithSluice } from "../blocks.ts";

const fixture = useServer({ dataSourceEndpoint: "127.0.0.1" });
const page = new Page("docs/copy.md");

it("runs as written: import, copy, query, list; into a collection that there is; from another service and to it, which here is the same", async () => {
  const { server, importRoot } = fixture;
  const blocks = ["> novels.jsonl", "--if-exists", "--from", "--to"].map((words) => page.block(words));
  const commands = `export MILVUS_ADDRESS=${server.address}\n${blocks.join("\n")}`;
  const output = await runWithSluice(commands, importRoot, server.address);
  expect(output).toMatch(/Completed: 2 rows into novels_of_today/);
  expect(output).toContain("2\tWalden");
  expect(output).toMatch(/1 rows, .+ would be copied into novels_of_today, which is appended/);
  expect(output).toMatch(/Completed: 1 rows into novels_of_today/);
  expect(output).toContain('"strategy":"objects"');
  expect(output).toMatch(/Completed: 1 rows into novels_from_there/);
  expect(output).toContain('"strategy":"rows"');
  expect(output).toMatch(/Completed: 2 rows into novels_over_there/);
  expect(page.left).toEqual([]);
});
