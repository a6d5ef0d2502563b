import { expect } from "@jest/globals";
import { bookFields, books, itWith, pythonOf, useServer } from "../../support/index.ts";
import { adapt, Page, runAsUser } from "../blocks.ts";

const fixture = useServer();
const page = new Page("docs/schema.md");

itWith("pymilvus-2.6.17")("runs as written: a row from before has the default, and null", async () => {
  const { client, server, files, importRoot } = fixture;
  const { id, title, vector } = bookFields;
  await client.createCollection({ name: "books", fields: [id, title, vector] });
  await client.importAndWait("books", await files.jsonl("one.jsonl", books(1, 1n)));
  const places = { "localhost:19530": server.address };
  const program = adapt(page.block("add_collection_field"), places);
  const output = await runAsUser(pythonOf("pymilvus-2.6.17"), ["-c", program], importRoot);
  expect(output).toContain("'id': 1, 'stars': 3, 'shelf': None");
  const rest = await runAsUser("sh", ["-ec", adapt(page.block("fields/add"), places)], importRoot);
  expect(rest).toBe('{"code":0,"data":{}}{"code":0,"data":{}}');
  expect(page.left).toEqual([]);
});
