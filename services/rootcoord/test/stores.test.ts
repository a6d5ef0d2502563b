import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, it } from "@jest/globals";
import { MemoryObjectStore, sourcesOf } from "@sluice/object-store/testing";
import { findFiles } from "../src/jobs/request-files.ts";

const fixtures = join(import.meta.dirname, "../../../test/fixtures/stores");
const store = new MemoryObjectStore();
for (const entry of readdirSync(fixtures, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (entry.isFile()) await store.put(`in/${relative(fixtures, path)}`, [readFileSync(path)]);
}
for (const name of ["a.db", "a.db-wal", "a.db-shm", "b.db", "notes.txt"])
  await store.put(`dbs/${name}`, [Buffer.of(1)]);
const sources = sourcesOf(store);

const find = (...files: string[]) => findFiles(sources, { files, fileGroups: [] }, {});
const namesOf = async (...files: string[]) =>
  (await find(...files)).groups.map((group) => [group.format, ...group.files.map(({ path }) => path.slice(3))]);

it("a database stands with the log beside it, named or found", async () => {
  expect(await namesOf("dbs/a.db")).toEqual([["sqlite", "/a.db", "/a.db-wal"]]);
  expect(await namesOf("dbs/*.db")).toEqual([
    ["sqlite", "/a.db", "/a.db-wal"],
    ["sqlite", "/b.db"],
  ]);
  const { groups, warnings } = await find("dbs/");
  expect(groups.map((group) => group.files.length)).toEqual([2, 1]);
  expect(warnings).toEqual(["dbs/: left out, being of no known format: dbs/a.db-shm, dbs/notes.txt"]);
});

it("Chroma's folder, or its database, stands for the graphs too", async () => {
  for (const path of ["in/chroma/", "in/chroma/chroma.sqlite3"]) {
    const [[format, database, ...graphs], ...others] = await namesOf(path);
    expect(others).toEqual([]);
    expect([format, database]).toEqual(["sqlite", "chroma/chroma.sqlite3"]);
    const kinds = new Set(graphs.map((graph) => graph.slice(graph.lastIndexOf("/") + 1)));
    expect([...kinds].sort()).toEqual(["data_level0.bin", "header.bin", "index_metadata.pickle", "length.bin"]);
    expect((await find(path)).warnings).toEqual([]);
  }
});

it("the folder of a qdrant-client is one set of databases", async () => {
  const docs = ["docs", "named"].map((name) => `qdrant/collection/${name}/storage.sqlite`);
  expect(await namesOf("in/qdrant/")).toEqual([["sqlite", ...docs]]);
  expect(await namesOf("in/qdrant/collection/docs/")).toEqual([["sqlite", docs[0]]]);
});

it("a folder of Milvus Lite, or of one of its collections, is one set", async () => {
  const [[format, ...files], ...others] = await namesOf("in/milvus-lite.db/");
  expect([format, others]).toEqual(["milvus-lite", []]);
  expect(files.filter((path) => path.endsWith("manifest.json"))).toHaveLength(2);
  const [[, ...docs]] = await namesOf("in/milvus-lite.db/collections/docs/");
  expect(docs.filter((path) => path.includes("/_default/data/"))).toHaveLength(3);
  expect(docs.every((path) => path.includes("/docs/"))).toBe(true);
  expect((await find("in/milvus-lite-open.db/")).warnings).toEqual([]);
});
