import { expect } from "@jest/globals";
import { bookFields, itWith, pythonOf, useServer } from "../../../support/index.ts";
import { adapt, Page, runAsUser } from "../../blocks.ts";

const fixture = useServer();
const page = new Page("docs/sources/parquet.md");
const python = "pymilvus-2.6.17";

itWith(python)("runs as written: write a table, import it by another name and out of a struct", async () => {
  const { client, server, importRoot } = fixture;
  const { id, title, vector } = bookFields;
  await client.createCollection({ name: "books", fields: [id, title, { ...vector, dim: 8 }], dynamic: true });
  await runAsUser(pythonOf(python), ["-c", page.block("write_table")], importRoot);
  const text = adapt(page.block("import/create"), { "localhost:19530": server.address });
  const { data } = JSON.parse(await runAsUser("sh", ["-ec", text], importRoot));
  expect(await client.waitFor(BigInt(data.jobId))).toMatchObject({ isCompleted: true, rowCount: 1000 });
  expect(await client.count("books", "title == 'Book 7' and book['year'] == 1907")).toBe(1);
  expect(page.left).toEqual([]);
});
