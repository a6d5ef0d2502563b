import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { MemoryObjectStore, sourcesOf } from "@sluice/object-store/testing";
import { type Files, unpackedFixture } from "../../../libs/formats/test/arrays/archived-files.ts";
import { warningsOf } from "../src/jobs/import-checks.ts";
import { findFiles } from "../src/jobs/request-files.ts";

const fixtures = join(import.meta.dirname, "../../../libs/formats/test/archives/fixtures");
const store = new MemoryObjectStore();
for (const name of ["python.zip", "stored.zip", "gnu.tar"])
  await store.put(`in/${name}`, [readFileSync(join(fixtures, name))]);
await store.put("in/v2.zarr.zip", [readFileSync(join(fixtures, "../../arrays/zarr/fixtures/v2.zip"))]);
for (const name of [".zgroup", ".zattrs", "v/.zarray", "v/0.0", "v/1.0"])
  await store.put(`z/a.zarr/${name}`, [Buffer.from("x")]);
await store.put("z/b/zarr.json", [Buffer.from("x")]);
await store.put("z/b/c/0", [Buffer.from("x")]);
await store.put("in/really.zip!a.jsonl", [Buffer.from("{}")]);
const sources = sourcesOf(store);

const find = (...files: string[]) => findFiles(sources, { files, fileGroups: [] }, {});
const pathsOf = async (...files: string[]) =>
  (await find(...files)).groups.map((group) => group.files.map(({ path }) => path).join(" "));

it("an archive stands for its files, as a folder does", async () => {
  const { groups, warnings } = await find("in/python.zip");
  expect(groups.map(({ files }) => files[0].path)).toEqual([
    "in/python.zip!/a.jsonl",
    "in/python.zip!/year=2024/b.jsonl",
  ]);
  expect(groups[0]).toMatchObject({ format: "jsonl", from: "in/python.zip", files: [{ sizeBytes: 910 }] });
  expect(warnings).toEqual(["in/python.zip: left out, being of no known format: in/python.zip!/notes.txt"]);
});

it("an archive that is said to be of NumPy arrays is one file", async () => {
  const { groups } = await findFiles(sources, { files: ["in/python.zip"], fileGroups: [] }, { format: "npz" });
  expect(groups).toMatchObject([{ format: "npz", files: [{ path: "in/python.zip" }] }]);
});

it("files of one archive are not one file that is given more than once; one of them may be", async () => {
  for (const archive of ["in/python.zip", "in/gnu.tar"]) expect(warningsOf((await find(archive)).groups)).toEqual([]);
  const { groups } = await find("in/python.zip", "in/python.zip!/a.jsonl");
  expect(warningsOf(groups)).toEqual([
    "in/python.zip!/a.jsonl is given more than once: its rows are imported as often",
  ]);
});

it("a file of an archive is named behind it", async () => {
  for (const path of ["in/python.zip!a.jsonl", "in/gnu.tar!/a.jsonl"]) expect(await pathsOf(path)).toEqual([path]);
  expect(await pathsOf("in/python.zip!year=*/*.jsonl")).toEqual(["in/python.zip!/year=2024/b.jsonl"]);
  expect(await pathsOf("in/gnu.tar!year=2024/")).toEqual(["in/gnu.tar!/year=2024/b.jsonl"]);
  expect(await pathsOf("in/really.zip!a.jsonl")).toEqual(["in/really.zip!a.jsonl"]);
});

it("what is not there is said, with what is", async () => {
  await expect(find("in/python.zip!b.jsonl")).rejects.toMatchObject({
    code: "file_not_found",
    reason: expect.stringContaining("it has a.jsonl"),
  });
  await expect(find("in/none.zip!b.jsonl")).rejects.toMatchObject({
    code: "file_not_found",
    at: { file: "in/none.zip" },
  });
  await expect(find("in/none.zip")).rejects.toMatchObject({ code: "file_not_found", at: { file: "in/none.zip" } });
});

it("a zarr store is one set of files, in a folder or an archive", async () => {
  const stored = [".zattrs", ".zgroup", "v/.zarray", "v/0.0", "v/1.0"].map((name) => `z/a.zarr/${name}`);
  for (const path of ["z/a.zarr", "z/a.zarr/"]) {
    const { groups, warnings } = await find(path);
    expect(groups).toMatchObject([{ format: "zarr", files: stored.map((file) => ({ path: file })) }]);
    expect(warnings).toEqual([]);
  }
  expect((await find("z/b")).groups).toMatchObject([{ format: "zarr", files: [{ path: "z/b/c/0" }, {}] }]);
  const { groups } = await find("in/v2.zarr.zip");
  expect(groups.map(({ format, files }) => [format, files[0].path])).toEqual([["zarr", "in/v2.zarr.zip!/.zattrs"]]);
});

it("several zarr stores are named one by one", async () => {
  await expect(find("z/")).rejects.toMatchObject({
    code: "request_invalid",
    reason: "the path stands for zarr stores beside other files: name each store by itself, such as z/a.zarr/",
  });
  const both = findFiles(sources, { files: [], fileGroups: [{ paths: ["z/b/", "in/gnu.tar"] }] }, {});
  await expect(both).rejects.toThrow("a folder of zarr is a table by itself");
  expect((await find("z/b/", "z/a.zarr/")).groups.map(({ format }) => format)).toEqual(["zarr", "zarr"]);
});

describe("a Lance table", () => {
  const tables = join(fixtures, "../../arrays/lance/fixtures");
  const tableOf = async (name: string): Promise<[ReturnType<typeof sourcesOf>, Files]> => {
    const files = await unpackedFixture(join(tables, `${name}.zip`), "db/books.lance/");
    const store = new MemoryObjectStore();
    for (const [path, bytes] of files) await store.put(path, [bytes]);
    await store.put("db/books.lance/data/old.lance", [Buffer.from("left behind")]);
    return [sourcesOf(store), files];
  };
  const findIn = (from: ReturnType<typeof sourcesOf>, path: string) =>
    findFiles(from, { files: [path], fileGroups: [] }, {});

  it("is its newest manifest, and the files that this names", async () => {
    const [from, files] = await tableOf("appended");
    const isMeant = (path: string) => path.includes("/data/") || path.includes("612.manifest");
    for (const path of ["db/books.lance", "db/books.lance/"]) {
      const { groups, warnings } = await findIn(from, path);
      const found = groups.flatMap((group) => group.files.map((file) => file.path));
      expect(groups.map(({ format }) => format)).toEqual(["lance"]);
      expect(found[0]).toBe("db/books.lance/_versions/18446744073709551612.manifest");
      expect(found.toSorted()).toEqual([...files.keys()].filter(isMeant).toSorted());
      expect(warnings).toEqual([]);
    }
  });

  it("has its lists of deleted rows with it", async () => {
    const [from] = await tableOf("deleted");
    const { groups } = await findIn(from, "db/books.lance/");
    const folders = groups.flatMap((group) => group.files.map((file) => file.path.split("/")[2]));
    expect(folders).toEqual(["_versions", "data", "_deletions", "data", "_deletions", "data"]);
  });

  it("that is not read is refused when it is asked for, and one file of it", async () => {
    const [from] = await tableOf("v2.0");
    await expect(findIn(from, "db/books.lance/")).rejects.toThrow("of version 2.0, and 2.1 and 2.2 are read: write it");
    await expect(findIn(from, "db/")).rejects.toThrow("a Lance table is read by the name of its folder");
  });
});
