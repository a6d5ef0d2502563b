import { describe, expect, it, test } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";
import { csrFormat } from "../../../src/arrays/csr/index.ts";
import { npzFormat } from "../../../src/arrays/npz/index.ts";
import { expectCutsLikeWhole, expectDamageIsTold, fixture, readFiles, refusal, sourcesOf } from "../array-files.ts";

// Sparse matrices: rows of SciPy 1.18's `save_npz`, and of files of the big-ann benchmarks.

const signal = new AbortController().signal;
const schema = collection([
  field("id", DataType.Int64, { isPrimaryKey: true }),
  field("sp", DataType.SparseFloatVector),
]);
const rows = [
  { id: 0, sp: { indices: [0, 1, 2, 3, 4], values: [0.5, 1, 0.25, 2, 3] } },
  { id: 1, sp: { indices: [5, 8], values: [4, 5] } },
  { id: 2, sp: { indices: [6], values: [6] } },
];
const archive = (name: string) => ({ "docs.npz": fixture(import.meta.dirname, name) });

function bigAnn(starts: readonly number[], indices: readonly number[], values: readonly number[]): Uint8Array {
  const head = BigInt64Array.from([starts.length - 1, 9, indices.length, ...starts].map(BigInt));
  const parts = [head, Int32Array.from(indices), Float32Array.from(values)];
  return Buffer.concat(parts.map(({ buffer }) => new Uint8Array(buffer)));
}
const base = { "docs.csr": bigAnn([0, 5, 7, 8], [4, 1, 2, 3, 0, 5, 8, 6], [3, 1, 0.25, 2, 0.5, 4, 5, 6]) };

describe.each([
  ["an archive of SciPy, compressed", npzFormat, archive("csr.npz")],
  ["an archive of SciPy, stored, of doubles", npzFormat, archive("csr-stored.npz")],
  ["a file of big-ann", csrFormat, base],
] as const)("%s", (_, format, files) => {
  it("feeds the only sparse field, with the numbers of its rows as keys", async () => {
    const read = await readFiles(format, files, { schema });
    expect(read.rows).toEqual(rows);
    expect(read.warnings.join()).toMatch(/'docs' feeds 'sp'.*'id' is the number of the row/);
    expect((await readFiles(format, files, { schema, batchBytes: 1 })).rows).toEqual(rows);
  });

  it("is described as sparse vectors", async () => {
    const { rowCount, columns } = await format.describe(await sourcesOf(files), signal);
    expect([rowCount, columns]).toMatchObject([3, [{ name: "docs", dataType: DataType.SparseFloatVector }]]);
  });

  it("that is damaged is an error", () =>
    expectDamageIsTold(format, Object.keys(files)[0], Object.values(files)[0], { schema, runs: 60 }));
});

it("is cut between rows", () => expectCutsLikeWhole(csrFormat, base, { schema }));

test.each([
  ["an index that is given twice", bigAnn([0, 2], [3, 3], [1, 2]), /index 3 is given twice/],
  ["a negative index", bigAnn([0, 1], [-1], [1]), /invalid index in sparse float vector/],
  ["a negative value", bigAnn([0, 1], [1], [-1]), /negative value in sparse float vector: -1/],
  ["a value that is no number", bigAnn([0, 1], [1], [Number.NaN]), /expected a finite float32/],
])("%s is refused with its row", async (_, bytes, words) => {
  const { reason, at } = await refusal(csrFormat, { "a.csr": bytes }, { schema });
  expect([reason, at]).toMatchObject([expect.stringMatching(words), { row: 0, field: "sp" }]);
  const { rows: left, rejected } = await readFiles(csrFormat, { "a.csr": bytes }, { schema, goesOn: true });
  expect([left.length, rejected.length]).toEqual([0, 1]);
});

test("rows that end before they begin are refused with the byte", async () => {
  const { reason, at } = await refusal(csrFormat, { "a.csr": bigAnn([0, 2, 1], [1, 2], [1, 2]) }, { schema });
  expect([reason, at?.byteOffset]).toEqual([expect.stringContaining("row 2 begins at 1 of 2 values"), 40]);
});

test("a matrix that SciPy has not stored by rows is refused with what to do", async () => {
  const { code, reason } = await refusal(npzFormat, archive("csc.npz"), { schema });
  expect([code, reason]).toEqual(["unsupported", expect.stringContaining("matrix.tocsr()")]);
});

test("a dense field takes no sparse matrix", async () => {
  const dense = collection([schema.fields[0], field("docs", DataType.FloatVector, { dim: 4 })]);
  expect((await refusal(csrFormat, base, { schema: dense })).reason).toContain("sparse vectors");
});
