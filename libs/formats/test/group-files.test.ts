import { describe, expect, it, test } from "@jest/globals";
import { groupFlatFiles, groupNestedFiles } from "@sluice/formats";

describe("file groups", () => {
  it("makes one set of .npy files and one group of each row file", () => {
    expect(groupFlatFiles(["a/id.npy", "a/v.npy"])).toEqual([{ format: "npy", paths: ["a/id.npy", "a/v.npy"] }]);
    expect(groupFlatFiles(["1.parquet", "2.PARQUET"]).map((group) => group.paths)).toEqual([
      ["1.parquet"],
      ["2.PARQUET"],
    ]);
  });

  test.each([
    [() => groupFlatFiles([]), "import request is empty"],
    [() => groupNestedFiles([[], [""]]), "import request is empty"],
    [() => groupFlatFiles(["a.json", "b.parquet"]), "inconsistency in file types, (a.json) vs (b.parquet)"],
    [() => groupNestedFiles([["a.json", "b.json"]]), "for JSON import, accepts only one file"],
    [() => groupNestedFiles([["a.parquet", "b.parquet"]]), "for Parquet import, accepts only one file"],
    [() => groupFlatFiles(["a.exe"]), "unexpected file type, files=[a.exe]"],
    [() => groupFlatFiles(["dir.json/a"]), "unexpected file type"],
    [() => groupFlatFiles(["rows/"]), "folders and patterns are not expanded: name the files"],
    [() => groupFlatFiles(["rows/part-*"]), "folders and patterns are not expanded: name the files"],
    [
      () => groupNestedFiles(Array.from({ length: 1025 }, (_, i) => [`${i}.json`])),
      "should not exceed 1024, but got 1025",
    ],
  ])("refuses in Milvus's words: %#", (act, text) => expect(act).toThrow(text));
});
