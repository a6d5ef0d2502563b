import { describe, expect, it } from "@jest/globals";
import { type Column, completeBatch, type InsertBatch, takeRows } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { formatNamed } from "@sluice/formats";
import { canonicalRows, fixtureSchema, readerInput } from "@sluice/formats/testing";
import { type CollectionSchema, DataType } from "@sluice/schema";
import { type FileFormName, fileForm } from "@sluice/writers";
import fc from "fast-check";
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
  const writer = fileForm(form).open(schema);
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

const samples = { numRuns: 40 };

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
    'NumPy has no array for field "words", whose rows differ in length (Array): export parquet or jsonl, or leave the field out of output_fields',
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
