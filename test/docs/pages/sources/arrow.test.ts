import { expect } from "@jest/globals";
import { bookFields, itWith, pythonOf, useServer } from "../../../support/index.ts";
import { adapt, Page, runAsUser } from "../../blocks.ts";

const fixture = useServer();
const page = new Page("docs/sources/arrow.md");
const python = "pymilvus-2.6.17";

itWith(python)("runs as written: write a table, import it", async () => {
  const { client, server, importRoot } = fixture;
  const { id, title, vector } = bookFields;
  await client.createCollection({ name: "books", fields: [id, title, { ...vector, dim: 8 }] });
  await runAsUser(pythonOf(python), ["-c", page.block("write_feather")], importRoot);
  const text = adapt(page.block("import/create"), { "localhost:19530": server.address });
  const { data } = JSON.parse(await runAsUser("sh", ["-ec", text], importRoot));
  expect(await client.waitFor(BigInt(data.jobId))).toMatchObject({ isCompleted: true, rowCount: 1000 });
  expect(page.left).toEqual([]);
});
