import { describe, expect, it, test } from "@jest/globals";
import { formatByOption, groupFlatFiles, groupFoundFiles, groupNestedFiles } from "@sluice/formats";

describe("file groups", () => {
  it("makes one set of .npy files and one group of each row file", () => {
    expect(groupFlatFiles(["a/id.npy", "a/v.npy"])).toEqual([{ format: "npy", paths: ["a/id.npy", "a/v.npy"] }]);
    expect(groupFlatFiles(["1.parquet", "2.PARQUET"]).map((group) => group.paths)).toEqual([
      ["1.parquet"],
      ["2.PARQUET"],
    ]);
  });

  it("of a folder are its files of rows, or the column files of each folder in it; others are named", () => {
    expect(groupFoundFiles(["a/1.json", "a/b/2.json", "a/README.md"])).toEqual({
      groups: [
        { format: "json", paths: ["a/1.json"] },
        { format: "json", paths: ["a/b/2.json"] },
      ],
      leftOut: ["a/README.md"],
    });
    // DuckDB exports tables with two scripts beside them.
    expect(groupFoundFiles(["a/load.sql", "a/t.parquet"])).toEqual({
      groups: [{ format: "parquet", paths: ["a/t.parquet"] }],
      leftOut: ["a/load.sql"],
    });
    expect(groupFoundFiles(["a/1.sql", "a/2.sql.gz"]).groups.length).toBe(2);
    expect(groupFoundFiles(["a/x.metadata.json"]).groups.length).toBe(1);
    expect(groupFoundFiles(["a/id.npy", "b/id.npy", "a/v.npy"]).groups.map(({ paths }) => paths)).toEqual([
      ["a/id.npy", "a/v.npy"],
      ["b/id.npy"],
    ]);
  });

  it("tells formats from names, those of text also when it is compressed", () => {
    const formatOf = (path: string) => groupFlatFiles([path])[0].format;
    expect(["a.jsonl.gz", "a.NDJSON.ZST", "a.json.gzip", "a.jsonl.bz2", "a.jsonl.xz"].map(formatOf)).toEqual([
      "jsonl",
      "jsonl",
      "json",
      "jsonl",
      "jsonl",
    ]);
  });

  it("are of the format that the option names, whatever files are called", () => {
    const asFaiss = formatByOption("faiss");
    expect(groupFlatFiles(["index.bin", "b"], asFaiss)).toEqual([
      { format: "faiss", paths: ["index.bin"] },
      { format: "faiss", paths: ["b"] },
    ]);
    expect(groupNestedFiles([["a.json"]], asFaiss)).toEqual([{ format: "faiss", paths: ["a.json"] }]);
    expect(groupFoundFiles(["a/b.bin", "a/c.json"], asFaiss).groups.length).toBe(2);
    expect(() => formatByOption("fiass")).toThrow("options.format: there is no format 'fiass' (did you mean 'faiss'?)");
  });

  test.each([
    [() => groupFlatFiles([]), "import request is empty"],
    [() => groupNestedFiles([[], [""]]), "import request is empty"],
    [() => groupFlatFiles(["a.json", "b.parquet"]), "inconsistency in file types, (a.json) vs (b.parquet)"],
    [() => groupNestedFiles([["a.jsonl", "b.jsonl"]]), "for JSON import, accepts only one file"],
    [() => groupNestedFiles([["a.parquet", "b.parquet"]]), "for Parquet import, accepts only one file"],
    [() => groupFlatFiles(["a.exe"]), "unexpected file type, files=[a.exe]"],
    [() => groupFlatFiles(["dir.json/a"]), "unexpected file type"],
    [() => groupFlatFiles(["rows.txt"]), "; of a file that is called otherwise the option 'format' says what it holds"],
    [() => groupFlatFiles(["rows/"]), "unexpected file type, files=[rows/], expected one of"],
    [
      () => groupFoundFiles(["a/1.json", "a/2.parquet"]),
      "inconsistency in file types, (a/1.json) vs (a/2.parquet): choose one by a pattern such as *.parquet",
    ],
    [
      () => groupFlatFiles(["a.jsonl.lz4"]),
      "lz4 is not read: decompress it, or compress text with gzip, zstd, bzip2 or xz",
    ],
    [() => groupFlatFiles(["a.orc"]), "unexpected file type, files=[a.orc], expected one of"],
    [() => groupFlatFiles(["a.orc"]), "; ORC is not read: write it as Parquet"],
    [() => groupFlatFiles(["a.nc"]), "; netCDF is not read: one of version 4 is HDF5, call it .h5; rewrite others by"],
    [
      () => groupFlatFiles(["dumped/toc.dat"]),
      "; an archive of pg_dump is not read: write it as SQL by pg_restore --table=NAME --file=NAME.sql ARCHIVE",
    ],
    [
      () => groupFlatFiles(["20260101.dump"]),
      "; a dump is not read: write one of pg_dump as SQL by pg_restore --table=NAME --file=NAME.sql ARCHIVE; one of Meilisearch is a .tar.gz",
    ],
    [
      () => groupFlatFiles(["dump/db/books.bson.gz"]),
      "; BSON is not read: write it as JSON by mongoexport or bsondump",
    ],
    [() => groupFlatFiles(["dump.rdb"]), "; a dump of Redis is not read: write its keys as JSON lines"],
    [() => groupFlatFiles(["A.PKL"]), "; a pickle, which could run code, is not read: save arrays with numpy.savez"],
    [() => groupFlatFiles(["a.parquet.gz"]), "only text may be compressed as a whole: decompress it"],
    [
      () => groupFoundFiles(["dump/books.bson", "dump/books.metadata.json"]),
      "; BSON is not read: write it as JSON by mongoexport or bsondump",
    ],
    [
      () => groupFoundFiles(["dump/books.metadata.json.gz", "dump/books.bson.gz"]),
      "; BSON is not read: write it as JSON by mongoexport or bsondump",
    ],
    [() => groupFoundFiles(["a/README.md"]), "unexpected file type, files=[a/README.md]"],
    [
      () => groupNestedFiles(Array.from({ length: 1025 }, (_, i) => [`${i}.json`])),
      "should not exceed 1024, but got 1025",
    ],
  ])("refuses in Milvus's words: %#", (act, text) => expect(act).toThrow(text));
});
