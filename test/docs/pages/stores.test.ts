import { cp } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { bookFields, type FieldSpec, useRest, useServer } from "../../support/index.ts";
import { adapt, Page, root, runAsUser } from "../blocks.ts";

const fixture = useServer();
const rest = useRest(fixture);
const page = new Page("docs/stores.md");
const stores = join(root, "test/fixtures/stores");

it("runs as written: Chroma, qdrant-client, Milvus Lite, a table of SQLite", async () => {
  const { client, server, importRoot } = fixture;
  await cp(stores, importRoot, { recursive: true });
  const { id, vector } = bookFields;
  const key = { ...id, type: DataType.VarChar, maxLength: 64 };
  const of = (name: string, ...fields: FieldSpec[]) => client.createCollection({ name, fields, dynamic: true });
  await of("texts", key, { ...vector, dim: 4 });
  await of("points", id, { ...vector, dim: 3 });
  await of("lite", id, { ...vector, name: "v", dim: 4 });
  await of("lite2", id, { ...vector, name: "v", dim: 4 }, { name: "sparse", type: DataType.SparseFloatVector });
  await of("books", id, { ...vector, dim: 4 });
  const imported = async (words: string) => {
    const text = adapt(page.block(words), { "localhost:19530": server.address });
    const { jobId } = JSON.parse(await runAsUser("sh", ["-ec", text], importRoot)).data;
    await client.waitFor(BigInt(jobId));
    return (await rest.post("describe", { jobId })).data;
  };
  expect(await imported('"chroma/"')).toMatchObject({ state: "Completed", importedRows: 21 });
  expect(await imported('"qdrant/"')).toMatchObject({ state: "Completed", importedRows: 2 });
  expect(await imported('"milvus-lite.db/"')).toMatchObject({ state: "Completed", importedRows: 21 });
  expect(await imported('"milvus-lite-2.db"')).toMatchObject({ state: "Completed", importedRows: 5 });
  expect(await client.count("lite2", "title == 'new' and words[0] == 'é' and int16 == -300 and lang == 'de'")).toBe(1);
  expect(await imported("shelf.db")).toMatchObject({ state: "Completed", importedRows: 3 });
  expect(await client.count("lite", "id in [3, 4, 10]")).toBe(0);
  expect(page.left).toEqual([]);
});
