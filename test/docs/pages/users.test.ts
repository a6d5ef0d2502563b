import { expect } from "@jest/globals";
import { bookFields, books, itWith, pythonOf, TestClient, useServer } from "../../support/index.ts";
import { adapt, Page, runAsUser } from "../blocks.ts";

const fixture = useServer({ authorizationEnabled: true });
const page = new Page("docs/users.md");

itWith("pymilvus-2.6.17")("runs as written: a user sees one collection, and REST tells what the role may", async () => {
  const { server, files, importRoot } = fixture;
  using root = new TestClient(server.address, "root:Milvus");
  const { id, title, vector } = bookFields;
  for (const name of ["books", "films"]) await root.createCollection({ name, fields: [id, title, vector] });
  await root.importAndWait("books", await files.jsonl("one.jsonl", books(1, 1n)));
  const places = { "localhost:19530": server.address };
  const program = adapt(page.block("create_user"), places);
  const output = await runAsUser(pythonOf("pymilvus-2.6.17"), ["-c", program], importRoot);
  expect(output).toMatch(/^\['books'\] data: \["?\{'id': 1\}"?\]/);
  const grants = await runAsUser("sh", ["-ec", adapt(page.block("roles/describe"), places)], importRoot);
  expect(grants).toContain('"privilege":"CollectionReadOnly"');
  const keys = await runAsUser("sh", ["-ec", adapt(page.block("api_keys/create"), places)], importRoot);
  expect(keys).toMatch(/"apiKey":"slk_.*"description":"nightly import"/s);
  expect(page.left).toEqual([]);
});
