import { describe, expect, it } from "@jest/globals";
import { formatNamed, groupFlatFiles, groupFoundFiles, groupNestedFiles } from "@sluice/formats";
import { readerInput } from "@sluice/formats/testing";
import { DataType } from "@sluice/schema";
import { field } from "@sluice/schema/testing";
import { parquetWriteBuffer } from "hyparquet-writer";
import { readFiles, refusal, sourcesOf, vectorSchema } from "../../libs/formats/test/arrays/array-files.ts";
import { npyFile } from "../../libs/formats/test/arrays/npy/npy-sets.ts";

const joined = formatNamed("columns");
const more = [
  field("title", DataType.VarChar, { maxLength: 50 }),
  field("price", DataType.Float),
  field("note", DataType.VarChar, { maxLength: 50, nullable: true }),
];
const schema = vectorSchema(2, { more });

const vectors = (rows: number) =>
  npyFile(
    "<f4",
    [rows, 2],
    Float32Array.from({ length: rows * 2 }, (_, i) => i),
  );
const prices = (rows: number) =>
  npyFile(
    "<f4",
    [rows],
    Float32Array.from({ length: rows }, (_, i) => i / 2),
  );
const lines = (rows: number, odd?: number) =>
  Buffer.from(
    Array.from({ length: rows }, (_, i) => JSON.stringify({ id: i, title: i === odd ? 5 : `t${i}` })).join("\n"),
  );
const ids = (rows: number) =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: [{ name: "id", data: Array.from({ length: rows }, (_, i) => BigInt(i)), type: "INT64" }],
    }),
  );
const expected = (rows: number) =>
  Array.from({ length: rows }, (_, i) => ({
    id: i,
    vector: [2 * i, 2 * i + 1],
    title: `t${i}`,
    price: i / 2,
    note: null,
  }));

describe("files of different formats", () => {
  it("are one table where one of them holds arrays", () => {
    const paths = ["meta.json", "vector.npy", "price.parquet"];
    expect(groupFlatFiles(paths)).toEqual([{ format: "columns", paths }]);
    expect(groupNestedFiles([paths])).toEqual([{ format: "columns", paths }]);
    expect(() => groupFlatFiles(["a.json", "b.parquet"])).toThrow("inconsistency in file types");
    expect(() => groupFoundFiles(paths)).toThrow("inconsistency in file types");
  });

  it("are read side by side, whatever the sizes of their batches", async () => {
    const files = { "meta.json": lines(500), "vector.npy": vectors(500), "price.npy": prices(500) };
    for (const batchBytes of [1, 100, 3000, 1 << 20]) {
      const { rows, warnings } = await readFiles(joined, files, { schema, batchBytes });
      expect(rows).toEqual(expected(500));
      expect(warnings.filter((text) => text.includes("price") || text.includes("vector"))).toEqual([]);
    }
  });

  it("refuse a form of values for a field whose file has none", async () => {
    const files = { "meta.json": lines(5), "vector.npy": vectors(5), "price.npy": prices(5) };
    const mapped = (name: string) => ({ fields_mapping: JSON.stringify({ [name]: { field: name, as: "base64" } }) });
    await expect(readFiles(joined, files, { schema, options: mapped("vector") })).rejects.toMatchObject({
      code: "unsupported",
      reason: expect.stringContaining('"as": "base64" of field \'vector\' is for text and Parquet or Arrow'),
    });
  });

  it("may be Parquet, JSON and arrays at once, with vectors that are called otherwise", async () => {
    const title = Buffer.from(Array.from({ length: 9 }, (_, i) => `{"title":"t${i}"}`).join("\n"));
    const files = { "id.parquet": ids(9), "t.json": title, "price.npy": prices(9), "base.fbin": fbin(9) };
    expect((await readFiles(joined, files, { schema })).rows).toEqual(expected(9));
  });

  it("are mapped each by its own names", async () => {
    const files = { "meta.json": lines(3), "emb.npy": vectors(3), "price.npy": prices(3) };
    const options = { fields_mapping: '{"emb":"vector"}' };
    expect((await readFiles(joined, files, { schema, options })).rows).toEqual(expected(3));
  });

  it("of which one is shorter are refused", async () => {
    for (const [a, b] of [
      [5, 4],
      [4, 5],
    ]) {
      const files = { "meta.json": lines(a), "vector.npy": vectors(b), "price.npy": prices(b) };
      for (const batchBytes of [1, 1 << 20]) {
        const { code, reason } = await refusal(joined, files, { schema, batchBytes });
        expect([code, reason]).toEqual([
          "malformed_file",
          expect.stringMatching(/are not aligned: .* has 4 rows, .* has more/),
        ]);
      }
    }
  });

  it("of which two have a field are refused", async () => {
    const files = {
      "meta.json": lines(3),
      "id.npy": npyFile("<i8", [3], BigInt64Array.of(1n, 2n, 3n)),
      "vector.npy": vectors(3),
    };
    expect(await refusal(joined, files, { schema })).toMatchObject({
      code: "schema_mismatch",
      reason: "two files for field 'id': meta.json and id.npy",
    });
  });

  it("without a field that must be given are refused", async () => {
    expect(await refusal(joined, { "meta.json": lines(3), "vector.npy": vectors(3) }, { schema })).toMatchObject({
      code: "schema_mismatch",
      at: { field: "price" },
    });
  });

  it("lose a row that one of them refuses in all of them", async () => {
    const bad = Float32Array.from({ length: 2 * 400 }, (_, i) => (i === 7 || i === 790 ? Number.NaN : i));
    const files = {
      "meta.json": lines(400, 5),
      "vector.npy": npyFile("<f4", [400, 2], bad),
      "price.npy": prices(400),
    };
    for (const batchBytes of [1, 500, 1 << 20]) {
      const { rows, rejected } = await readFiles(joined, files, { schema, batchBytes, goesOn: true });
      expect(rows).toEqual(expected(400).filter(({ id }) => ![3, 5, 395].includes(id)));
      expect(rejected.map(({ at }) => [at?.file, at?.row])).toEqual([
        ["vector.npy", 3],
        ["meta.json", 5],
        ["vector.npy", 395],
      ]);
    }
  });

  it("are probed and described together", async () => {
    const sources = await sourcesOf({ "meta.json": lines(3), "vector.npy": vectors(3), "price.npy": prices(3) });
    const signal = new AbortController().signal;
    expect(await joined.probe(readerInput(schema, sources), signal)).toMatchObject({ rowCount: 3, cuts: "nowhere" });
    const { columns } = await joined.describe(sources, signal);
    expect(columns.map(({ name }) => name).sort()).toEqual(["id", "price", "title", "vector"]);
  });
});

function fbin(rows: number): Buffer {
  const header = new Uint8Array(Uint32Array.of(rows, 2).buffer);
  return Buffer.concat([header, new Uint8Array(Float32Array.from({ length: rows * 2 }, (_, i) => i).buffer)]);
}
