import { describe, expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { field } from "@sluice/schema/testing";
import { bvecsFormat, fvecsFormat, ivecsFormat } from "../../../src/arrays/vecs/index.ts";
import {
  expectCutsLikeWhole,
  expectDamageIsTold,
  readFiles,
  refusal,
  sourcesOf,
  vectorSchema,
} from "../array-files.ts";

/** An fvecs file of vectors `[row, row + 0.5, …]`. */
function fvecs(rows: number, dim = 4): Buffer {
  const row = (i: number) => {
    const bytes = Buffer.alloc(4 + 4 * dim);
    bytes.writeInt32LE(dim);
    for (let k = 0; k < dim; k++) bytes.writeFloatLE(i + k / 2, 4 + 4 * k);
    return bytes;
  };
  return Buffer.concat(Array.from({ length: rows }, (_, i) => row(i)));
}

const automatic = vectorSchema(4, { key: { autoId: true } });

describe("an fvecs file", () => {
  it("feeds the only vector field, and the key with the number of its row; both is said", async () => {
    const { rows, warnings } = await readFiles(fvecsFormat, { "dir/base.fvecs": fvecs(3) });
    expect(rows).toEqual([0, 1, 2].map((i) => ({ id: i, vector: [i, i + 0.5, i + 1, i + 1.5] })));
    expect(warnings).toEqual([
      "fvecs file: 'base' feeds 'vector', the only vector field that it can be meant for",
      "fvecs file: the primary key 'id' is the number of the row in its file",
    ]);
  });

  it("feeds the field that it is called after, without a word", async () => {
    const { rows, warnings } = await readFiles(fvecsFormat, { "vector.fvecs": fvecs(2) }, { schema: automatic });
    expect(rows.length).toBe(2);
    expect(warnings).toEqual([]);
  });

  it("feeds the field that fields_mapping names, of several", async () => {
    const schema = vectorSchema(4, { more: [field("other", DataType.FloatVector, { dim: 4, nullable: true })] });
    const options = { fields_mapping: '{"base":"other"}', default_fields: '{"vector":[0,0,0,0]}' };
    const { rows } = await readFiles(fvecsFormat, { "base.fvecs": fvecs(1) }, { schema, options });
    expect(rows).toEqual([{ id: 0, vector: [0, 0, 0, 0], other: [0, 0.5, 1, 1.5] }]);
  });

  it("feeds that of several vector fields which has its dimension; two such are refused", async () => {
    const more = (dim: number) => [field("other", DataType.FloatVector, { dim, nullable: true })];
    const { rows } = await readFiles(
      fvecsFormat,
      { "a.fvecs": fvecs(1) },
      { schema: vectorSchema(4, { more: more(8) }) },
    );
    expect(rows).toEqual([{ id: 0, vector: [0, 0.5, 1, 1.5], other: null }]);
    const { reason, at } = await refusal(
      fvecsFormat,
      { "a.fvecs": fvecs(1) },
      { schema: vectorSchema(4, { more: more(4) }) },
    );
    expect(reason).toMatch(/^value of field 'vector' is missed: no array for field: vector, the file has \[a\]/);
    expect(at?.field).toBe("vector");
  });

  it("gives row numbers to the field of the option, from the number of the option on", async () => {
    const schema = vectorSchema(4, { key: { autoId: true }, more: [field("n", DataType.Int64)] });
    const options = { row_number_field: "n", row_number_start: "9007199254740990" };
    const { rows } = await readFiles(
      fvecsFormat,
      { "a.fvecs": fvecs(2) },
      { schema, options: { ...options, row_number_start: "4503599627370495" } },
    );
    expect(rows.map(({ n }) => `${n}`)).toEqual(["4503599627370495", "4503599627370496"]);
    expect((await refusal(fvecsFormat, { "a.fvecs": fvecs(2) }, { schema, options })).reason).toBe(
      "options.row_number_start must be a whole number from 0 to 2^52, found '9007199254740990'",
    );
  });

  it.each([
    ["x", "there is no field 'x'"],
    ["vector", "'vector' must be an Int64 field that files may give"],
    ["id", "'id' must be an Int64 field that files may give"],
  ])("refuses row numbers for %s", async (name, words) => {
    const reading = { schema: automatic, options: { row_number_field: name } };
    expect(await refusal(fvecsFormat, { "a.fvecs": fvecs(2) }, reading)).toMatchObject({
      code: "request_invalid",
      reason: `options.row_number_field: ${words}`,
    });
  });

  it("gives no row numbers as keys where the import has other files, in which they would come again", async () => {
    const reading = { isOneOfSeveral: true };
    expect(await refusal(fvecsFormat, { "a.fvecs": fvecs(2) }, reading)).toMatchObject({
      code: "request_invalid",
      at: { file: "a.fvecs", field: "id" },
    });
    const options = { row_number_field: "id" };
    expect((await refusal(fvecsFormat, { "a.fvecs": fvecs(2) }, { ...reading, options })).code).toBe("request_invalid");
    const { rows } = await readFiles(fvecsFormat, { "a.fvecs": fvecs(2) }, { ...reading, schema: automatic });
    expect(rows.length).toBe(2);
  });

  it("is cut anywhere", () => expectCutsLikeWhole(fvecsFormat, { "base.fvecs": fvecs(50) }));

  it("of another dimension than the field's is refused", async () => {
    expect(await refusal(fvecsFormat, { "base.fvecs": fvecs(2, 5) })).toMatchObject({
      code: "schema_mismatch",
      reason: "expected dim '4' for FloatVector field 'vector', got dim '5'",
    });
  });

  it("tells the row whose dimension is another one", async () => {
    const file = Buffer.concat([fvecs(3, 4), fvecs(1, 8), fvecs(1, 4)]);
    expect(await refusal(fvecsFormat, { "base.fvecs": file })).toMatchObject({
      code: "malformed_file",
      at: { row: 3, byteOffset: 60 },
    });
    const last = await refusal(fvecsFormat, { "base.fvecs": Buffer.concat([fvecs(3, 4), fvecs(1, 2)]) });
    expect(last.reason).toBe(
      "row 3 has the dimension 2, the rows before it have 4: the file is damaged, or was put together from several",
    );
  });

  it("whose rows are put aside goes on", async () => {
    const file = fvecs(4);
    file.writeFloatLE(Number.NaN, 20 + 8);
    const { rows, rejected } = await readFiles(fvecsFormat, { "base.fvecs": file }, { goesOn: true });
    expect(rows.map(({ id }) => id)).toEqual([0, 2, 3]);
    expect(rejected.map(({ at }) => at)).toEqual([{ file: "base.fvecs", row: 1, field: "vector", byteOffset: 28 }]);
  });

  it("that is damaged is an error", () =>
    expectDamageIsTold(fvecsFormat, "base.fvecs", fvecs(30), { mayLoseTail: true }));

  it("that is none says what it is", async () => {
    expect((await refusal(fvecsFormat, { "a.fvecs": Buffer.from("\x93NUMPY\x01\x00", "latin1") })).reason).toContain(
      "; the file is a NumPy array: give it the extension .npy",
    );
    expect((await refusal(fvecsFormat, { "a.fvecs": Buffer.alloc(0) })).reason).toContain("it is empty");
  });
});

it("ivecs are no vectors unless somebody says so: they are lists of true neighbours mostly", async () => {
  const file = { "truth.ivecs": Buffer.from(Int32Array.of(4, 7, 9, 1, 2).buffer) };
  expect(await refusal(ivecsFormat, file)).toMatchObject({
    code: "request_invalid",
    reason: expect.stringContaining('as lists of true neighbours are: where they are vectors all the same, say so by the option fields_mapping, {"truth":"vector"}'), // biome-ignore format: the text
    at: { file: "truth.ivecs" },
  });
  const named = await readFiles(ivecsFormat, { "vector.ivecs": file["truth.ivecs"] });
  const mapped = await readFiles(ivecsFormat, file, { options: { fields_mapping: '{"truth":"vector"}' } });
  for (const { rows } of [named, mapped]) expect(rows).toEqual([{ id: 0, vector: [7, 9, 1, 2] }]);
});

it("ivecs and bvecs are integers", async () => {
  const ivecs = Buffer.from(Int32Array.of(2, -7, 9, 2, 1, 0).buffer);
  const found = await ivecsFormat.describe(await sourcesOf({ "n.ivecs": ivecs }), new AbortController().signal);
  expect(found).toMatchObject({ rowCount: 2, columns: [{ name: "n", type: "<i4 (2, 2)" }] });
  const bvecs = Buffer.from([2, 0, 0, 0, 1, 255, 2, 0, 0, 0, 0, 3]);
  const schema = vectorSchema(16, { type: DataType.BinaryVector });
  const { rows } = await readFiles(bvecsFormat, { "n.bvecs": bvecs }, { schema });
  expect(rows.map(({ vector }) => vector)).toEqual(["01ff", "0003"]);
});
