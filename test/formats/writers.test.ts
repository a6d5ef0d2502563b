import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { type Column, completeBatch, type InsertBatch, takeRows } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { formatNamed } from "@sluice/formats";
import { canonicalRows, fixtureSchema, readerInput } from "@sluice/formats/testing";
import { type CollectionSchema, DataType } from "@sluice/schema";
import { type FileFormName, fileForm } from "@sluice/writers";
import fc from "fast-check";
import { itWith, pythonOf, TemporaryFolders } from "../support/index.ts";
import { sourcesOf } from "./format-files.ts";

// What is written is read again as it was, whatever the values; the readers are held to other programs' files elsewhere.

const scalars = [
  { name: "id", type: DataType.Int64, is_primary: true },
  { name: "flag", type: DataType.Bool },
  { name: "i8", type: DataType.Int8 },
  { name: "i16", type: DataType.Int16 },
  { name: "i32", type: DataType.Int32 },
  { name: "f", type: DataType.Float },
  { name: "d", type: DataType.Double },
  { name: "text", type: DataType.VarChar, params: { max_length: 200 } },
  { name: "json", type: DataType.JSON },
  { name: "geo", type: DataType.Geometry },
  { name: "at", type: DataType.Timestamptz },
  { name: "fv", type: DataType.FloatVector, params: { dim: 3 } },
  { name: "bv", type: DataType.BinaryVector, params: { dim: 24 } },
  { name: "hv", type: DataType.Float16Vector, params: { dim: 3 } },
  { name: "gv", type: DataType.BFloat16Vector, params: { dim: 2 } },
  { name: "iv", type: DataType.Int8Vector, params: { dim: 3 } },
];
const lists = [
  { name: "words", type: DataType.Array, element_type: DataType.VarChar, params: { max_capacity: 4, max_length: 40 } },
  { name: "bools", type: DataType.Array, element_type: DataType.Bool, params: { max_capacity: 9 } },
  { name: "bytes", type: DataType.Array, element_type: DataType.Int8, params: { max_capacity: 4 } },
  { name: "longs", type: DataType.Array, element_type: DataType.Int64, params: { max_capacity: 4 } },
  { name: "reals", type: DataType.Array, element_type: DataType.Float, params: { max_capacity: 4 } },
  { name: "doubles", type: DataType.Array, element_type: DataType.Double, params: { max_capacity: 4 } },
  { name: "sv", type: DataType.SparseFloatVector },
];
const clips = {
  name: "clips",
  max_capacity: 5,
  fields: [
    { name: "n", type: DataType.Array, element_type: DataType.Int32 },
    { name: "label", type: DataType.Array, element_type: DataType.VarChar, params: { max_length: 40 } },
    { name: "v", type: DataType.ArrayOfVector, element_type: DataType.FloatVector, params: { dim: 2 } },
    { name: "h", type: DataType.ArrayOfVector, element_type: DataType.BFloat16Vector, params: { dim: 2 } },
  ],
};

const text = fc
  .string({ unit: "binary", maxLength: 12 })
  .filter((value) => value.isWellFormed() && !value.includes("\0"));
const int = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const float = fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const double = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const half = fc.constantFrom(0, 0.5, -1, 2, 65_504, 2 ** -14).map(Math.fround);
const brain = fc.constantFrom(0, 0.5, -1, 2, 2 ** 100);
const list = <T>(of: fc.Arbitrary<T>, maxLength: number) => fc.array(of, { maxLength });
const times = <T>(of: fc.Arbitrary<T>, length: number) => fc.array(of, { minLength: length, maxLength: length });
const sparse = fc
  .dictionary(fc.nat(5000).map(String), fc.float({ min: Math.fround(0.001), max: 1000, noNaN: true }), { maxKeys: 5 })
  .map((value) => ({ ...value }));

const values = {
  id: int64,
  flag: fc.boolean(),
  i8: int(8),
  i16: int(16),
  i32: int(32),
  f: float,
  d: double,
  text,
  // Of all but objects the text.
  json: fc
    .jsonValue({ maxDepth: 2 })
    .map((value) => (Object(value) === value && !Array.isArray(value) ? value : JSON.stringify(value))),
  geo: fc.tuple(int(16), int(8)).map(([x, y]) => `POINT (${x} ${y})`),
  at: fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true }).map((date) => date.toISOString()),
  fv: times(float, 3),
  bv: times(fc.nat(255), 3),
  hv: times(half, 3),
  gv: times(brain, 2),
  iv: times(int(8), 3),
  words: list(text, 4),
  bools: list(fc.boolean(), 9),
  bytes: list(int(8), 4),
  longs: list(int64, 4),
  reals: list(float, 4),
  doubles: list(double, 4),
  sv: sparse,
  clips: list(fc.record({ n: int(32), label: text, v: times(float, 2), h: times(brain, 2) }), 5),
  extra: fc.option(fc.jsonValue({ maxDepth: 1 }), { nil: undefined }),
};

/** JSON with int64 beyond doubles. */
function json(value: unknown): string {
  return JSON.stringify(value, (_, item) => (typeof item === "bigint" ? JSON.rawJSON(String(item)) : item));
}

declare global {
  interface JSON {
    rawJSON(text: string): unknown;
  }
}

async function batchOf(schema: CollectionSchema, rows: readonly object[]): Promise<InsertBatch> {
  const files = { "rows.jsonl": Buffer.from(rows.map((row) => `${json(row)}\n`).join("")) };
  const [batch] = await read("jsonl", schema, files, true);
  return batch;
}

/** All batches of files, complete; each in memory of its own. */
async function read(format: string, schema: CollectionSchema, files: Record<string, Uint8Array>, isWhole = false) {
  const input = readerInput(schema, await sourcesOf(files));
  await using reader = formatNamed(format).open(input);
  const batches: InsertBatch[] = [];
  for await (const batch of reader.batches({
    batchBytes: isWhole ? 1 << 26 : 4096,
    signal: new AbortController().signal,
  })) {
    const { columns, ...more } = completeBatch(input.plan.schema, batch);
    const all = Uint32Array.from({ length: batch.rowCount }, (_, row) => row);
    batches.push({ ...more, columns: columns.map((column) => column && takeRows(column, all)) });
  }
  return batches;
}

function write(form: FileFormName, schema: CollectionSchema, batch: InsertBatch, parts: number) {
  const writer = fileForm(form).open(schema, (length) => new Uint8Array(length));
  const size = Math.ceil(batch.rowCount / parts);
  for (let from = 0; from < batch.rowCount; from += size) {
    const rows = Uint32Array.from({ length: Math.min(size, batch.rowCount - from) }, (_, i) => from + i);
    writer.append(
      batch.columns.map((column) => takeRows(column as Column, rows)),
      rows.length,
    );
  }
  return Object.fromEntries(
    writer
      .finish()
      .map(({ suffix, pieces }) => [suffix.replace(/^\//, "").replace(/^\./, "rows."), Buffer.concat(pieces)]),
  );
}

async function expectSame(form: FileFormName, schema: CollectionSchema, rows: readonly object[], parts = 2) {
  const batch = await batchOf(schema, rows);
  const files = write(form, schema, batch, parts);
  const again = await read(form === "numpy" ? "npy" : form, schema, files);
  expect(again.flatMap((part) => canonicalRows(schema, part))).toEqual(canonicalRows(schema, batch));
}

const samples = { numRuns: 25 };

describe.each(["parquet", "jsonl"] as const)("%s", (form) => {
  const all = { fields: [...scalars, ...lists], enable_dynamic_field: true, struct_fields: [clips] };

  it("holds every type exactly", async () => {
    const rows = fc.array(fc.record(values), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(rows, (given) => expectSame(form, fixtureSchema(all), given)),
      samples,
    );
  });

  it("holds nulls of every type", async () => {
    const nullable = all.fields.map((field) => (field.name === "id" ? field : { ...field, nullable: true }));
    const schema = fixtureSchema({ fields: nullable });
    const { id, clips: _, extra: __, ...others } = values;
    const maybe = Object.fromEntries(
      Object.entries(others).map(([name, of]) => [name, fc.option(of as fc.Arbitrary<unknown>)]),
    );
    const rows = fc.array(fc.record({ id, ...maybe }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(rows, (given) => expectSame(form, schema, given, 3)),
      samples,
    );
  });
});

it("numpy holds every type that has an array", async () => {
  const { words, bools, bytes, longs, reals, doubles, sv, clips: _, extra, ...fixed } = values;
  const rows = fc.array(fc.record(fixed), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(rows, (given) => expectSame("numpy", fixtureSchema({ fields: scalars }), given)),
    samples,
  );
});

it("numpy says which fields it cannot hold, and what to do", () => {
  const refusal = (fields: readonly object[], more = {}) =>
    fileForm("numpy").refusal(fixtureSchema({ fields: [scalars[0], ...fields] as never, ...more }));
  expect(refusal([lists[0]])).toBe(
    'NumPy has no array for field "words", whose rows differ in length (Array): export parquet or jsonl, or leave the field out by outputFields (--field)',
  );
  expect(refusal([{ ...scalars[1], nullable: true }])).toMatch(/field "flag", which may be null: export parquet/);
  expect(refusal([], { struct_fields: [clips] })).toMatch(/the struct array "clips": export parquet/);
  expect(refusal(scalars.slice(1))).toBeUndefined();
});

it("numpy refuses a text whose end it would lose", async () => {
  const schema = fixtureSchema({ fields: [scalars[0], scalars[7]] as never });
  const batch = await batchOf(schema, [{ id: 1, text: "a\0" }]);
  const refused = new ImportError(
    "value_invalid",
    "a text ends in a NUL character, which NumPy takes for the end: export parquet or jsonl",
    { field: "text" },
  );
  expect(() => write("numpy", schema, batch, 1)).toThrow(refused);
});

const python = "pymilvus-2.6.17";
const row = (i: number) => ({
  ...{ id: 2n ** 60n + BigInt(i), flag: i === 0, i8: -i, i16: -300, i32: 70_000, f: 0.5, d: 0.1, text: `größer ${i}` },
  ...{ json: { a: i }, geo: "POINT (1 2)", at: "2026-11-28T06:00:00Z", fv: [i, 0.5, -1], bv: [129, 7, i] },
  ...{ hv: [1, -2, 0.5], gv: [1, -2], iv: [-128, 127, i], words: ["é", ""].slice(i), bools: [true, false].slice(i) },
  ...{ bytes: [-1], longs: [2n ** 60n], reals: [0.5], doubles: [0.1], sv: { 3: 0.5 }, extra: i },
  clips: i === 0 ? [] : [{ n: 1, label: "x", v: [1, 2], h: [0.5, 1] }],
});

/** What Python prints of the files of a form, which lie in its current folder. */
async function readByPython(form: FileFormName, schema: CollectionSchema, rows: readonly object[], program: string) {
  await using folders = new TemporaryFolders();
  const folder = await folders.create();
  for (const [name, bytes] of Object.entries(write(form, schema, await batchOf(schema, rows), 1))) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  return JSON.parse(execFileSync(pythonOf(python), ["-c", program], { cwd: folder, encoding: "utf8" }));
}

itWith(python)("pyarrow reads the parquet with the types that pymilvus's bulk writer gives", async () => {
  const schema = fixtureSchema({ fields: [...scalars, ...lists], enable_dynamic_field: true, struct_fields: [clips] });
  const program = `
import json, pyarrow.parquet as pq
table = pq.read_table("rows.parquet")
print(json.dumps({"types": {f.name: str(f.type) for f in table.schema}, "rows": table.to_pylist()}))`;
  const { types, rows } = await readByPython("parquet", schema, [row(0), row(1)], program);
  expect(types).toEqual({
    ...{ id: "int64", flag: "bool", i8: "int8", i16: "int16", i32: "int32", f: "float", d: "double" },
    ...{ text: "string", json: "string", geo: "string", at: "string", sv: "string", $meta: "string" },
    ...{ fv: "list<element: float>", bv: "list<element: uint8>", hv: "list<element: uint8>" },
    ...{ gv: "list<element: uint8>", iv: "list<element: int8>", words: "list<element: string>" },
    ...{ bools: "list<element: bool>", bytes: "list<element: int8>", longs: "list<element: int64>" },
    ...{ reals: "list<element: float>", doubles: "list<element: double>" },
    clips: "list<element: struct<n: int32, label: string, v: list<element: float>, h: list<element: uint8>>>",
  });
  expect(rows[1]).toMatchObject({
    ...{ flag: false, i8: -1, i16: -300, i32: 70_000, f: 0.5, d: 0.1, text: "größer 1", at: "2026-11-28T06:00:00Z" },
    ...{ fv: [1, 0.5, -1], bv: [129, 7, 1], hv: [0, 60, 0, 192, 0, 56], iv: [-128, 127, 1], sv: '{"3":0.5}' },
    ...{ words: [""], bools: [false], bytes: [-1], reals: [0.5], doubles: [0.1], $meta: '{"extra":1}' },
    clips: [{ n: 1, label: "x", v: [1, 2], h: [0, 63, 128, 63] }],
  });
  expect(rows[0]).toMatchObject({ words: ["é", ""], bools: [true, false], clips: [] });
});

itWith(python)("NumPy reads the arrays", async () => {
  const schema = fixtureSchema({ fields: scalars });
  const { words, bools, bytes, longs, reals, doubles, sv, extra, clips: _, ...given } = row(1);
  const program = `
import glob, json, numpy as np
arrays = {name[:-4]: np.load(name, allow_pickle=False) for name in glob.glob("*.npy")}
print(json.dumps({name: [a.dtype.str, list(a.shape), a.tolist()[1]] for name, a in arrays.items()}))`;
  const arrays = await readByPython("numpy", schema, [given, given], program);
  expect(arrays).toMatchObject({
    ...{ flag: ["|b1", [2], false], i8: ["|i1", [2], -1], i16: ["<i2", [2], -300], i32: ["<i4", [2], 70_000] },
    ...{ f: ["<f4", [2], 0.5], d: ["<f8", [2], 0.1], text: ["<U8", [2], "größer 1"], json: ["<U7", [2], '{"a":1}'] },
    ...{ fv: ["<f4", [2, 3], [1, 0.5, -1]], bv: ["|u1", [2, 3], [129, 7, 1]], iv: ["|i1", [2, 3], [-128, 127, 1]] },
    ...{ hv: ["|u1", [2, 6], [0, 60, 0, 192, 0, 56]], at: ["<U20", [2], "2026-11-28T06:00:00Z"] },
  });
});
