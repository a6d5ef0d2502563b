import { describe, expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { fbinFormat, i8binFormat, ibinFormat } from "../../../src/arrays/bins/index.ts";
import {
  expectCutsLikeWhole,
  expectDamageIsTold,
  readFiles,
  refusal,
  sourcesOf,
  vectorSchema,
} from "../array-files.ts";

/** A header of `rows` and `dim`, and the elements. */
function bin(rows: number, dim: number, data: ArrayBufferView): Buffer {
  return Buffer.concat([
    new Uint8Array(Uint32Array.of(rows, dim).buffer),
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  ]);
}

const floats = (count: number) => Float32Array.from({ length: count }, (_, i) => i / 4);

describe("an fbin file", () => {
  it("feeds the only vector field, and the key with the number of its row", async () => {
    const { rows, warnings } = await readFiles(fbinFormat, { "b.fbin": bin(2, 4, floats(8)) });
    expect(rows).toEqual([
      { id: 0, vector: [0, 0.25, 0.5, 0.75] },
      { id: 1, vector: [1, 1.25, 1.5, 1.75] },
    ]);
    expect(warnings.length).toBe(2);
  });

  it("is cut anywhere", () => expectCutsLikeWhole(fbinFormat, { "b.fbin": bin(40, 4, floats(160)) }));

  it("that was fetched in part gives the rows that are whole where the option says so", async () => {
    const file = bin(1_000_000_000, 4, floats(10));
    expect(await refusal(fbinFormat, { "b.fbin": file })).toMatchObject({
      code: "malformed_file",
      at: { row: 2, byteOffset: 48 },
    });
    const { rows } = await readFiles(fbinFormat, { "b.fbin": file }, { options: { allow_truncated: "true" } });
    expect(rows.map(({ id }) => id)).toEqual([0, 1]);
  });

  it("with elements of another width is refused", async () => {
    expect((await refusal(fbinFormat, { "b.fbin": bin(2, 4, Float64Array.of(1, 2, 3, 4, 5, 6, 7)) })).reason).toMatch(
      /2 rows of dimension 4, which end at byte 40, and 24 bytes follow/,
    );
  });

  it("of true neighbours is no file of vectors", async () => {
    expect((await refusal(ibinFormat, { "gt.ibin": bin(2, 4, floats(16)) })).reason).toContain(
      "it holds the true neighbours of 2 queries",
    );
  });

  it("of integers is none either, unless somebody says so", async () => {
    const file = bin(1, 4, Int32Array.of(7, 9, 1, 2));
    expect((await refusal(ibinFormat, { "gt.ibin": file })).reason).toContain("as lists of true neighbours are");
    expect((await readFiles(ibinFormat, { "vector.ibin": file })).rows).toEqual([{ id: 0, vector: [7, 9, 1, 2] }]);
  });

  it("may be empty", async () => {
    expect((await readFiles(fbinFormat, { "b.fbin": bin(0, 4, floats(0)) })).rows).toEqual([]);
  });

  it("that is damaged is an error", () => expectDamageIsTold(fbinFormat, "b.fbin", bin(30, 4, floats(120))));
});

it("i8bin is a vector of bytes", async () => {
  const schema = vectorSchema(2, { type: DataType.Int8Vector });
  const { rows } = await readFiles(i8binFormat, { "b.i8bin": bin(1, 2, Int8Array.of(-128, 127)) }, { schema });
  expect(rows).toEqual([{ id: 0, vector: [-128, 127] }]);
  const described = await i8binFormat.describe(
    await sourcesOf({ "b.i8bin": bin(1, 2, Int8Array.of(1, 2)) }),
    new AbortController().signal,
  );
  expect(described.columns).toEqual([
    { name: "b", type: "|i1 (1, 2)", isNullable: false, dataType: DataType.Int8Vector, dim: 2 },
  ]);
});
