import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { groupFlatFiles, inspectGroup } from "@sluice/formats";
import { memoryFile } from "@sluice/object-store/testing";
import { npyBytes } from "../support/source-files.ts";
import { storedZip } from "./writers/array-files.ts";

// Looking into files of arrays and indexes, without a collection: the proposed one would take them.

const folder = join(import.meta.dirname, "../../libs/formats/test/arrays");
const names = globSync("{hdf5,indexes,npz,safetensors,word2vec,faiss}/fixtures/*.{h5,npz,safetensors,vec,w2v,glove,faiss,hnswlib,annoy,voyager,usearch,nmslib,ngt}", { cwd: folder }); // biome-ignore format: one pattern
/** Refused whatever is asked of them. */
const refused = /dense|compound|endless|fortran|float8\.safetensors|pq\./;

describe.each(names.filter((name) => !refused.test(name)))("%s", (name) => {
  it("is looked into, and what is proposed takes its first rows", async () => {
    const source = await memoryFile(name, new Uint8Array(readFileSync(join(folder, name))));
    const [{ format }] = groupFlatFiles([name]);
    const metric = /(\w+)\.annoy/.exec(name)?.[1];
    const options = { allow_lossy: "true", ...(metric && { index_metric: metric, index_dim: "5" }) };
    const found = await inspectGroup(format, [source], options, new AbortController().signal);
    expect(found.faults).toEqual([]);
    expect(found.sample.length).toBeGreaterThan(0);
    expect(found.schema.fields.some(({ isPrimary }) => isPrimary)).toBe(true);
  });
});

it("beside the vectors of ann-benchmarks lies what is no part of their table", async () => {
  const path = join(import.meta.dirname, "../fixtures/hdf5/ann-dense.h5");
  const source = await memoryFile("ann-dense.h5", new Uint8Array(readFileSync(path)));
  const { rowCount, schema } = await inspectGroup("hdf5", [source], {}, new AbortController().signal);
  expect(rowCount).toBe(100);
  expect(schema.fields.map(({ fieldName }) => fieldName)).toEqual(["id", "train"]);
  expect(schema.unsupported.map(({ column }) => column).sort()).toEqual(["distances", "neighbors", "test"]);
});

it("bytes of a quantizer of FAISS are numbers, and no bits", async () => {
  const source = await memoryFile(
    "a.faiss",
    new Uint8Array(readFileSync(join(folder, "faiss/fixtures/8bit-direct.faiss"))),
  );
  const { schema } = await inspectGroup("faiss", [source], { allow_lossy: "true" }, new AbortController().signal);
  expect(schema.fields.map(({ dataType }) => dataType)).toContain("FloatVector");
});

type Arrays = Readonly<Record<string, readonly [descr: string, shape: readonly number[], sizeBytes: number]>>;

/** An archive of arrays that are all zeros. */
async function inspectArchive(arrays: Arrays) {
  const files = Object.entries(arrays).map(([name, [descr, shape, sizeBytes]]) => [
    `${name}.npy`,
    npyBytes(descr, shape, Buffer.alloc(sizeBytes)),
  ]);
  const source = await memoryFile("t.npz", storedZip(Object.fromEntries(files)));
  return inspectGroup("npz", [source], {}, new AbortController().signal);
}

const vec = ["<f4", [3, 2], 24] as const;

it("truth values are a binary vector where they fill bytes, else an array", async () => {
  const { schema, faults } = await inspectArchive({ vec, a: ["|b1", [3, 8], 24], b: ["|b1", [3, 2], 6] });
  expect(faults).toEqual([]);
  expect(schema.fields.slice(1)).toMatchObject([
    { fieldName: "vec", dataType: "FloatVector" },
    { fieldName: "a", dataType: "BinaryVector", elementTypeParams: { dim: "8" } },
    { fieldName: "b", dataType: "Array", elementDataType: "Bool" },
  ]);
});

it("records of a structured array are told how to be saved", async () => {
  const { schema } = await inspectArchive({ vec, rec: ["[('id', '<i8'), ('t', '<U3')]", [3], 60] });
  expect(schema.unsupported).toEqual([
    {
      column: "rec",
      type: 'records: save their fields as arrays of their own, numpy.savez("t.npz", **{n: a[n] for n in a.dtype.names})',
    },
  ]);
});

it("a sparse matrix of SciPy that is not known to be stored by rows is refused with what to do", async () => {
  const sparse: Arrays = {
    ...{ indices: ["<i4", [3], 12], indptr: ["<i4", [3], 12], format: ["|S3", [], 3] },
    ...{ shape: ["<i8", [2], 16], data: ["<f4", [3], 12] },
  };
  await expect(inspectArchive(sparse)).rejects.toMatchObject({
    code: "unsupported",
    reason: expect.stringMatching(/sparse matrix of SciPy.*matrix\.tocsr\(\)/),
  });
});
