import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { bookFields, useRest, useServer } from "../../support/index.ts";
import { adapt, Page, root, runAsUser } from "../blocks.ts";

const fixture = useServer();
const rest = useRest(fixture);
const page = new Page("docs/vector-files.md");
const indexFile = join(root, "libs/formats/test/arrays/indexes/fixtures/l2.hnswlib");

it("runs as written: vectors and ids of two files, also of two formats, an index by its format", async () => {
  const { client, server, importRoot } = fixture;
  const vector = { ...bookFields.vector, dim: 5 };
  await client.createCollection({ name: "vectors", fields: [bookFields.id, vector] });
  await copyFile(indexFile, join(importRoot, "index.bin"));
  const imported = async (words: string) => {
    const text = adapt(page.block(words), { "localhost:19530": server.address });
    const { jobId } = JSON.parse(await runAsUser("sh", ["-ec", text], importRoot)).data;
    await client.waitFor(BigInt(jobId));
    return (await rest.post("describe", { jobId })).data;
  };
  expect(await imported("id.ibin")).toMatchObject({ state: "Completed", importedRows: 3 });
  expect(await imported("id.json")).toMatchObject({ state: "Completed", importedRows: 3 });
  expect(await imported("emb.zarr")).toMatchObject({ state: "Completed", importedRows: 3 });
  const ofIndex = await imported("index.bin");
  expect(ofIndex).toMatchObject({ state: "Completed", importedRows: 19 });
  expect(JSON.stringify(ofIndex.warnings)).toContain("1 rows were left out, being marked as deleted in the index");
  expect(await client.count("vectors", "id in [10, 20, 30, 40, 50, 60, 70, 80, 90]")).toBe(9);
  expect(await client.count("vectors")).toBe(28);
  expect(page.left).toEqual([]);
});
