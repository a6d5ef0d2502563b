import { describe, expect, it } from "@jest/globals";
import { MemoryObjectStore, sourcesOf } from "@sluice/object-store/testing";
import { findFiles } from "../src/jobs/request-files.ts";

const store = new MemoryObjectStore();
const sources = sourcesOf(store);
const keys = [
  ...["rows/1.jsonl", "rows/2.jsonl", "rows/b/3.jsonl", "rows/_SUCCESS", "rows/.1.jsonl.crc", "rows/_tmp/4.jsonl"],
  ...[
    "rows/_day=1/5.jsonl",
    "rows/NOTES.txt",
    "mixed/1.json",
    "mixed/2.parquet",
    "set/id.npy",
    "set/v.npy",
    "set/b/id.npy",
  ],
  ...["out.parquet/part-0.parquet", "odd/[1].jsonl", "odd/1.jsonl", "odd/_2.jsonl", "texts/a.txt"],
];
for (const key of keys) await store.put(key, [new TextEncoder().encode(key)]);

const flat = (...files: string[]) => findFiles(sources, { files, fileGroups: [] }, {});
const nested = (...lists: string[][]) =>
  findFiles(sources, { files: [], fileGroups: lists.map((paths) => ({ paths })) }, {});
const pathsOf = async (found: ReturnType<typeof flat>) =>
  (await found).groups.map(({ files }) => files.map(({ path }) => path).join(" "));

describe("files of a request", () => {
  it("of a folder are those in it, without what programs keep beside them", async () => {
    const found = await flat("rows/");
    expect(await pathsOf(flat("rows/"))).toEqual([
      "rows/1.jsonl",
      "rows/2.jsonl",
      "rows/_day=1/5.jsonl",
      "rows/b/3.jsonl",
    ]);
    expect(found.groups[0]).toMatchObject({ format: "jsonl", from: "rows/", files: [{ sizeBytes: 12, version: /./ }] });
    expect(found.warnings).toEqual(["rows/: left out, being of no known format: rows/NOTES.txt"]);
    expect(await pathsOf(flat("rows"))).toHaveLength(4);
    expect(await pathsOf(nested(["/rows/b"]))).toEqual(["/rows/b/3.jsonl"]);
  });

  it("of a pattern are those that match", async () => {
    expect(await pathsOf(flat("rows/*.jsonl", "rows/b/3.jsonl"))).toEqual([
      "rows/b/3.jsonl",
      "rows/1.jsonl",
      "rows/2.jsonl",
    ]);
    expect(await pathsOf(flat("**/*.parquet"))).toEqual(["mixed/2.parquet", "out.parquet/part-0.parquet"]);
    expect(await pathsOf(nested(["mixed/*.json"], ["rows/2.jsonl"]))).toEqual(["mixed/1.json", "rows/2.jsonl"]);
    expect(await pathsOf(nested(["rows/[12].jsonl", "rows/1*"]))).toEqual(["rows/1.jsonl", "rows/2.jsonl"]);
  });

  it("of column files are sets, one a folder", async () => {
    expect(await pathsOf(flat("set/"))).toEqual(["set/b/id.npy", "set/id.npy set/v.npy"]);
    expect(await pathsOf(nested(["set/id.npy", "set/v*"]))).toEqual(["set/id.npy set/v.npy"]);
  });

  it("are those of a folder with the name of a file, as Spark writes them", async () => {
    expect(await pathsOf(flat("out.parquet"))).toEqual(["out.parquet/part-0.parquet"]);
  });

  it("named as they are, or hidden ones that are spelt out, are taken", async () => {
    expect(await pathsOf(flat("odd/[1].jsonl"))).toEqual(["odd/[1].jsonl"]);
    expect(await pathsOf(flat("odd/_*.jsonl"))).toEqual(["odd/_2.jsonl"]);
  });

  it.each([
    [() => flat("mixed/"), "inconsistency in file types, (mixed/1.json) vs (mixed/2.parquet)"],
    [
      () => flat("rows/*.json"),
      'no file is meant by the path below "rows/": there are rows/.1.jsonl.crc, rows/1.jsonl',
    ],
    [() => flat("none/*.json"), 'no file is meant by the path below "none/": nothing lies there'],
    [() => flat("none/", "none.jsonl"), "the following files do not exist: none/, none.jsonl"],
    [() => flat("texts/"), "unexpected file type, files=[texts/a.txt]"],
    [() => flat("texts"), "unexpected file type, files=[texts/a.txt]"],
    [() => flat("none"), "unexpected file type, files=[none]"],
    [() => flat(`${"{a,b}".repeat(9)}.json`), "its braces stand for more than 256 paths"],
    [() => flat("../*.json"), "path_refused"],
    [() => flat(""), "import request is empty"],
    [() => nested([]), "import request is empty"],
  ])("are refused, saying why: %#", async (find, text) => {
    await expect(find()).rejects.toThrow(text);
  });

  it("have a bound", async () => {
    const many = new MemoryObjectStore();
    for (let i = 0; i < 16_385; i++) await many.put(`${i}.jsonl`, []);
    const find = (files: string[]) => findFiles(sourcesOf(many), { files, fileGroups: [] }, {});
    await expect(find(["*.jsonl"])).rejects.toThrow(
      "the path stands for more than 16384 files: name folders further down",
    );
    await expect(find(["1*.jsonl", "[02-9]*.jsonl"])).rejects.toThrow("the paths stand for 16385 files");
    expect((await find(["1*.jsonl"])).groups).toHaveLength(7496);
  });
});
