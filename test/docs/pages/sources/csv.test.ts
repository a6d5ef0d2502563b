import { expect } from "@jest/globals";
import { bookFields, itWith, pythonOf, useServer } from "../../../support/index.ts";
import { adapt, Page, runAsUser } from "../../blocks.ts";

const fixture = useServer();
const page = new Page("docs/sources/csv.md");
const python = "pymilvus-2.6.17";

itWith(python)("runs as written: pymilvus writes a file, which is imported exactly", async () => {
  const { client, server, importRoot } = fixture;
  const { id, title, vector } = bookFields;
  await client.createCollection({ name: "books", fields: [id, title, { ...vector, dim: 8 }] });
  await runAsUser(pythonOf(python), ["-c", page.block("LocalBulkWriter")], importRoot);
  const text = adapt(page.block("import/create"), { "localhost:19530": server.address });
  const { data } = JSON.parse(await runAsUser("sh", ["-ec", text], importRoot));
  expect(await client.waitFor(BigInt(data.jobId))).toMatchObject({ isCompleted: true, rowCount: 1000 });
  const rows = await client.query("books", "id in [3, 999]", ["id", "title", "vector"]);
  expect(rows).toMatchObject([3, 999].map((n) => ({ title: `Book | ${n}\n`, vector: new Array(8).fill(n / 8) })));
  expect(page.left).toEqual([]);
});
