import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, test } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { folderSources } from "@sluice/object-store/testing";
import { DataType } from "@sluice/schema";
import { openReader } from "../../../src/format-list.ts";

const folder = await mkdtemp(join(tmpdir(), "value-forms-"));
const sources = await folderSources(folder);
let files = 0;

const vector = (type: DataType, dim = 2) => ({ name: "v", type, params: { dim } });
const id = { name: "id", type: DataType.Int64, is_primary: true };

async function read(fields: object[], text: string, options: Record<string, unknown>, name = "jsonl") {
  const file = join(folder, `${++files}.${name}`);
  await writeFile(file, text);
  const schema = fixtureSchema({ fields, enable_dynamic_field: options.dynamic === true } as never);
  await using source = await sources.open(await sources.find(file));
  const texts = Object.entries(options).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const warnings: string[] = [];
  const warn = (warning: string) => void warnings.push(warning);
  const input = { ...readerInput(schema, [source], Object.fromEntries(texts)), warn };
  return { rows: await readCanonicalRows(schema, openReader(name, input)), warnings };
}
const as = (form: string) => ({ fields_mapping: { v: { field: "v", as: form } } });
const floats = (isLittle: boolean) => {
  const bytes = Buffer.alloc(8);
  new DataView(bytes.buffer, bytes.byteOffset).setFloat32(0, 0.5, isLittle);
  new DataView(bytes.buffer, bytes.byteOffset).setFloat32(4, -2, isLittle);
  return bytes;
};

describe("vectors in text", () => {
  test.each<[string, string, DataType, string, unknown]>([
    ["base64", "little-endian floats", DataType.FloatVector, floats(true).toString("base64"), [0.5, -2]],
    ["base64_be", "big-endian floats", DataType.FloatVector, floats(false).toString("base64"), [0.5, -2]],
    ["hex", "little-endian floats", DataType.FloatVector, floats(true).toString("hex"), [0.5, -2]],
    ["hex_be", "big-endian floats", DataType.FloatVector, floats(false).toString("hex").toUpperCase(), [0.5, -2]],
    ["hex_be", "halves", DataType.Float16Vector, "3800c000", [0.5, -2]],
    ["hex", "bytes as PostgreSQL prints them", DataType.Int8Vector, "\\\\x05ff", [5, -1]],
    ["hex", "bytes", DataType.Int8Vector, "05ff", [5, -1]],
    ["text", "of pgvector", DataType.FloatVector, "[0.5,-2]", [0.5, -2]],
    ["text", "of NumPy", DataType.FloatVector, "[ 0.5\\n -2. ]", [0.5, -2]],
    ["text", "without brackets", DataType.BFloat16Vector, "0.5 -2", [0.5, -2]],
  ])("%s: %s", async (form, _, type, value, expected) => {
    const { rows } = await read([id, vector(type)], `{"id":1,"v":"${value}"}\n`, as(form));
    expect(rows).toEqual([{ id: 1, v: expected }]);
  });

  test.each<[string, object, string, unknown]>([
    ["a list", vector(DataType.FloatVector), '"[0.5,-2]"', [0.5, -2]],
    ["a list with blanks", vector(DataType.FloatVector), '"[ 0.5, -2 ]"', [0.5, -2]],
    [
      "the nearest float32",
      vector(DataType.FloatVector),
      '"[1.00000017881393432617187499,0]"',
      [1.0000001192092896, 0],
    ],
    ["halves", vector(DataType.Float16Vector), '"[0.5,-2]"', [0.5, -2]],
    ["integers", vector(DataType.Int8Vector), '"[5,-128]"', [5, -128]],
    ["bits", vector(DataType.BinaryVector, 16), '"1010000011110000"', "a0f0"],
    ["bytes", vector(DataType.BinaryVector, 16), '"[160,240]"', "a0f0"],
    [
      "places from 1",
      { name: "v", type: DataType.SparseFloatVector },
      '"{1:0.5,1000:2}/1000"',
      { indices: [0, 999], values: [0.5, 2] },
    ],
  ])("are read without a form where they are what pgvector prints: %s", async (_, field, text, value) => {
    const { rows } = await read([id, field], `{"id":1,"v":${text}}\n`, {});
    expect(rows).toEqual([{ id: 1, v: value }]);
  });

  test.each<[string, DataType, string, RegExp]>([
    ["no list", DataType.FloatVector, "0.5 -2", /expected type 'FloatVector' for field 'v', got type 'string'/],
    ["too long", DataType.FloatVector, "[1,2,3]", /expected dim '2' for field 'v'.*, got dim '3'/],
    ["no numbers", DataType.FloatVector, "[1,x]", /"x" is no number/],
    ["too large", DataType.FloatVector, "[1,1e39]", /"1e39" is out of range/],
    ["beyond its type", DataType.Int8Vector, "[1,200]", /element 1 is out of range/],
  ])("are refused without a form when they are %s", async (_, type, text, words) => {
    const reading = read([id, vector(type)], `{"id":1,"v":"${text}"}\n`, {});
    await expect(reading).rejects.toMatchObject({ reason: expect.stringMatching(words), at: { row: 0, field: "v" } });
  });

  it("may be lists in other rows", async () => {
    const text = `{"id":1,"v":[1,2]}\n{"id":2,"v":"${floats(true).toString("base64")}"}\n`;
    const { rows } = await read([id, vector(DataType.FloatVector)], text, as("base64"));
    expect(rows).toEqual([
      { id: 1, v: [1, 2] },
      { id: 2, v: [0.5, -2] },
    ]);
  });

  it("may be cells of CSV, null among them", async () => {
    const cells = `id,v\n1,${floats(true).toString("hex")}\n2,\n`;
    const fields = [id, { ...vector(DataType.FloatVector), nullable: true }];
    const { rows } = await read(fields, cells, as("hex"), "csv");
    expect(rows).toEqual([
      { id: 1, v: [0.5, -2] },
      { id: 2, v: null },
    ]);
    await expect(read(fields, "id,v\n1,zz\n", as("hex"), "csv")).rejects.toThrow("it is no hex");
  });

  it("may be a column", async () => {
    const text = `{"id":[1],"v":["${floats(true).toString("hex")}"]}`;
    expect((await read([id, vector(DataType.FloatVector)], text, as("hex"), "json")).rows).toEqual([
      { id: 1, v: [0.5, -2] },
    ]);
  });

  test.each([
    ["base64", "AAAA", "expected 8 bytes, got 3"],
    ["base64", "AA*A", "it is no base64"],
    ["hex", "abc", "it is no hex"],
    ["hex", "0000c07f00000000", "NaN"],
    ["text", "[1,2,3]", "expected 2 numbers, got 3"],
    ["text", "[1, x]", '"x" is no number'],
    ["text", "[0x10, 1]", '"0x10" is no number'],
    ["text", "[1,,2]", '"" is no number'],
    ["text", "[0.1 ... 0.2]", "values were left out"],
  ])("%s: %s is refused with its row", async (form, value, words) => {
    const error = await read([id, vector(DataType.FloatVector)], `{"id":1,"v":"${value}"}\n`, as(form)).catch((e) => e);
    expect(error).toBeInstanceOf(ImportError);
    expect(error.reason).toContain(words);
    expect(error.at).toMatchObject({ row: 0, field: "v" });
  });

  it("are for dense vectors, and for formats that have text", async () => {
    await expect(
      read([id, vector(DataType.FloatVector)], "", { fields_mapping: { id: { field: "id", as: "hex" } } }),
    ).rejects.toThrow("field 'id' is no dense vector");
    await expect(read([id, vector(DataType.FloatVector)], "x", as("hex"), "fvecs")).rejects.toThrow(
      "is for text and Parquet or Arrow, and this is",
    );
  });
});

describe("coerce", () => {
  const text = { name: "t", type: DataType.VarChar, params: { max_length: 8 } };
  const small = { name: "s", type: DataType.Int8 };
  const coerce = { coerce: "true" };

  it("takes the text of an integer for it, and the reverse, and says how many", async () => {
    const lines = '{"id":"9007199254740993","t":12,"s":"-128"}\n{"id":-5,"t":"a","s":7}\n';
    const { rows, warnings } = await read([id, text, small], lines, coerce);
    expect(rows).toEqual([
      { id: "9007199254740993", t: "12", s: -128 },
      { id: -5, t: "a", s: 7 },
    ]);
    expect(warnings).toEqual([
      expect.stringContaining(
        "values were coerced: 1 of field 'id' (text to integer), 1 of field 't' (integer to text), 1 of field 's'",
      ),
    ]);
  });

  test.each([
    '{"id":"007","t":"","s":0}',
    '{"id":"1.0","t":"","s":0}',
    '{"id":" 1","t":"","s":0}',
    '{"id":"-0","t":"","s":0}',
    '{"id":"9223372036854775808","t":"","s":0}',
    '{"id":1,"t":1.5,"s":0}',
    '{"id":1,"t":123456789,"s":0}',
    '{"id":1,"t":"","s":"128"}',
  ])("refuses what is not exact: %s", async (line) => {
    // biome-ignore format: a list
    await expect(read([id, text, small], `${line}\n`, coerce)).rejects.toThrow(ImportError);
  });

  it("is asked for", async () => {
    await expect(read([id, text, small], '{"id":"1","t":"","s":0}\n', {})).rejects.toThrow(ImportError);
  });
});

describe("what a mapping ignores", () => {
  it("goes nowhere, at any depth", async () => {
    const options = { fields_mapping: { junk: null, "a.b": null, "a.c[0].x": "id" }, dynamic: true };
    const { rows } = await read([id], '{"junk":1,"a":{"b":2,"c":[{"x":5}],"d":3},"e":4}\n', options);
    expect(rows).toEqual([{ id: 5, $meta: { a: { d: 3 }, e: 4 } }]);
  });

  it("is no source of a field", async () => {
    await expect(read([id], "", { fields_mapping: { a: "id", "a.b": null } })).rejects.toThrow(
      "lies in what is a field's own source",
    );
  });
});
