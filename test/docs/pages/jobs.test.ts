import { expect, it } from "@jest/globals";
import { bookFields, useServer } from "../../support/index.ts";
import { adapt, Page, runAsUser } from "../blocks.ts";

const fixture = useServer();
const page = new Page("docs/jobs.md");

it("runs as written: one file is committed, the other one taken back", async () => {
  const { client, server, importRoot } = fixture;
  const { id, title, vector } = bookFields;
  await client.createCollection({ name: "books", fields: [id, title, vector] });
  const script = adapt(page.block("rollback -d"), { "localhost:19530": server.address });
  expect(await runAsUser("sh", ["-ec", script], importRoot)).toContain('"code":0');
  expect(await client.query("books", "id > 0", ["id"])).toEqual([{ id: 1n }]);
  expect(page.left).toEqual([]);
});
