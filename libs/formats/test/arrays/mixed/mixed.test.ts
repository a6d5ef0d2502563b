import { describe, expect, it } from "@jest/globals";
import { groupFlatFiles, groupFoundFiles, groupNestedFiles } from "@sluice/formats";
import { arraysFormat } from "../../../src/arrays/mixed/index.ts";
import { expectCutsLikeWhole, readFiles, refusal, vectorSchema } from "../array-files.ts";
import { npyFile } from "../npy/npy-sets.ts";

const floats = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const fbin = Buffer.concat([new Uint8Array(Uint32Array.of(2, 4).buffer), new Uint8Array(floats.buffer)]);
const ids = npyFile("<i8", [2], BigInt64Array.of(7n, -9n));

describe("files of several formats of arrays", () => {
  it("are one set", () => {
    const set = { format: "arrays", paths: ["base.fbin", "id.npy"] };
    expect(groupFlatFiles(["base.fbin", "id.npy"])).toEqual([set]);
    expect(groupNestedFiles([["base.fbin", "id.npy"]])).toEqual([set]);
    expect(groupFoundFiles(["a/base.fbin", "a/id.npy", "b/x.fvecs"]).groups).toEqual([
      { format: "arrays", paths: ["a/base.fbin", "a/id.npy"] },
      { format: "arrays", paths: ["b/x.fvecs"] },
    ]);
  });

  it("of one format are one set where they are named together, and else files of rows", () => {
    expect(groupNestedFiles([["a.fbin", "b.fbin"]])).toEqual([{ format: "arrays", paths: ["a.fbin", "b.fbin"] }]);
    expect(groupFlatFiles(["a.fbin", "b.fbin"])).toEqual([
      { format: "fbin", paths: ["a.fbin"] },
      { format: "fbin", paths: ["b.fbin"] },
    ]);
    expect(() => groupFlatFiles(["a.fbin", "b.faiss"])).toThrow("inconsistency in file types, (a.fbin) vs (b.faiss)");
  });

  it("are read side by side: the vectors with the ids of another file", async () => {
    const files = { "base.fbin": fbin, "id.npy": ids };
    const { rows, warnings } = await readFiles(arraysFormat, files);
    expect(rows).toEqual([
      { id: 7, vector: [1, 2, 3, 4] },
      { id: -9, vector: [5, 6, 7, 8] },
    ]);
    expect(warnings).toEqual(["array files: 'base' feeds 'vector', the only vector field that it can be meant for"]);
    await expectCutsLikeWhole(arraysFormat, files);
  });

  it("of which two could be meant for a field are refused", async () => {
    const files = { "base.fbin": fbin, "query.fbin": fbin, "id.npy": ids };
    expect((await refusal(arraysFormat, files, { schema: vectorSchema() })).reason).toContain(
      "value of field 'vector' is missed: no file for field: vector, files: [base.fbin, query.fbin, id.npy]",
    );
  });

  it("of other lengths are refused", async () => {
    const files = { "base.fbin": fbin, "id.npy": npyFile("<i8", [3], BigInt64Array.of(1n, 2n, 3n)) };
    expect((await refusal(arraysFormat, files)).reason).toContain("imported rows are not aligned");
  });
});
