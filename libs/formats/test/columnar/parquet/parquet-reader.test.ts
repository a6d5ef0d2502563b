import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { batchBytes } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import {
  expectedRows,
  type FixtureSchema,
  fixtureSchema,
  readCanonicalRows,
  readerInput,
  readFixtureFolder,
} from "@sluice/formats/testing";
import type { SourceFile } from "@sluice/object-store";
import { FaultyObjectStore, MemoryObjectStore, memoryFile, readBy, sourceFile } from "@sluice/object-store/testing";
import { rawParquetFile } from "@sluice/parquet/testing";
import { type CollectionSchema, DataType, type FieldSchema } from "@sluice/schema";
import { parquetFormat } from "../../../src/columnar/parquet/index.ts";
import { ParquetReader } from "../../../src/columnar/parquet/parquet-reader.ts";

const fixtures = join(import.meta.dirname, "../../../../../test/fixtures/parquet");
const types = readFixtureFolder(join(fixtures, "types"));
const schema = schemaOf();

function schemaOf(change: (fixture: FixtureSchema) => FixtureSchema = (fixture) => fixture): CollectionSchema {
  return fixtureSchema(change(types.schemas.main), "main");
}

/** The schema with one field changed. */
function withField(name: string, change: Partial<FieldSchema>, more: Partial<CollectionSchema> = {}): CollectionSchema {
  return {
    ...schema,
    ...more,
    fields: schema.fields.map((field) => (field.name === name ? { ...field, ...change } : field)),
  };
}

async function source(name: string, file = readFileSync(join(fixtures, name))): Promise<SourceFile> {
  return memoryFile(name, file);
}

async function open(
  name: string,
  of: CollectionSchema,
  options: Record<string, string> = {},
  range?: { begin: number; end: number },
): Promise<ParquetReader> {
  return new ParquetReader(readerInput(of, [await source(name)], options, range));
}

/** How often it is asked for bytes. */
class CountingStore extends MemoryObjectStore {
  reads = 0;

  override async readInto(key: string, position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    this.reads++;
    return await super.readInto(key, position, target, signal);
  }
}

const rowsOf = (name: string) => expectedRows(types, types.cases.find((fixture) => fixture.name === name)!);

async function failure(name: string, of: CollectionSchema, options?: Record<string, string>): Promise<ImportError> {
  const error = await readCanonicalRows(of, await open(name, of, options)).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ImportError);
  return error as ImportError;
}

test("of columns that nobody needs nothing is read or checked", async () => {
  const name = "types/row-groups.parquet";
  const input = readerInput(schema, [await source(name)]);
  await using reader = new ParquetReader({ ...input, enoughFields: 1 });
  let rows = 0;
  for await (const { columns, rowCount } of reader.batches({
    batchBytes: 4096,
    signal: new AbortController().signal,
  })) {
    expect(columns.map((column) => column !== undefined)).toEqual(schema.fields.map((_, i) => i < 1));
    rows += rowCount;
  }
  expect(rows).toBe((await readCanonicalRows(schema, await open(name, schema))).length);
});

describe("row groups", () => {
  test("a probe lists them as cuts", async () => {
    const probe = await parquetFormat.probe(
      readerInput(schema, [await source("types/row-groups.parquet")]),
      new AbortController().signal,
    );
    expect(probe).toMatchObject({ rowCount: 50, cuts: [0, 1, 2, 3, 4, 5, 6, 7, 8], extent: 8 });
    expect(probe.cutBytes).toHaveLength(9);
    expect(probe.cutBytes).toEqual(probe.cutBytes?.toSorted((a, b) => a - b));
  });

  test("those that lie close together are read by one request", async () => {
    const name = "types/row-groups.parquet";
    const store = new CountingStore();
    await store.put(name, [readFileSync(join(fixtures, name))]);
    const rows = await readCanonicalRows(
      schema,
      new ParquetReader(readerInput(schema, [await sourceFile(store, name)])),
    );
    expect(rows).toEqual(rowsOf("row-groups"));
    // Two for the footer, one for eight groups of many columns.
    expect(store.reads).toBeLessThanOrEqual(3);
  });

  test("ranges of them give all rows once", async () => {
    const rows: unknown[] = [];
    for (const [begin, end] of [
      [0, 3],
      [3, 4],
      [4, 4],
      [4, 8],
    ]) {
      const range = { begin, end };
      rows.push(...(await readCanonicalRows(schema, await open("types/row-groups.parquet", schema, {}, range))));
    }
    expect(rows).toEqual(rowsOf("row-groups"));
  });

  test("an error in a range is located by the row of the file", async () => {
    const reader = await open("bad/dim-second-group.parquet", schema, {}, { begin: 3, end: 4 });
    await expect(readCanonicalRows(schema, reader)).rejects.toMatchObject({ at: { row: 37, field: "vector" } });
  });

  test("progress grows from batch to batch and never passes the file's size", async () => {
    const { sizeBytes } = await source("types/row-groups.parquet");
    let last = 0;
    for await (const batch of (await open("types/row-groups.parquet", schema)).batches(always(400))) {
      expect(batch.sourceBytes).toBeGreaterThan(last);
      last = batch.sourceBytes;
    }
    expect(last).toBeLessThan(sizeBytes);
  });

  test("batches are about as large as asked for", async () => {
    for await (const batch of (await open("types/plain.parquet", schema)).batches(always(2000)))
      expect(batchBytes(batch)).toBeLessThan(4000);
  });
});

function always(batchBytes: number) {
  return { batchBytes, signal: new AbortController().signal };
}

describe("columns against the collection", () => {
  const auto = withField("id", { autoId: true });

  test("an automatic key may not be given", async () => {
    const error = await failure("types/plain.parquet", auto);
    expect(error).toMatchObject({ code: "schema_mismatch", at: { field: "id" } });
    expect(error.reason).toContain("the primary key 'id' is auto-generated, no need to provide");
  });

  test("unless the collection allows it", async () => {
    const allowed = { ...auto, allowInsertAutoId: true };
    const batches = await Array.fromAsync((await open("types/plain.parquet", allowed)).batches(always(1 << 20)));
    expect(batches[0].columns[0]).toBeDefined();
  });

  test("the output of a function may not be given", async () => {
    const error = await failure("types/plain.parquet", withField("score", { isFunctionOutput: true }));
    expect(error.reason).toContain("not allowed to provide data for function output field 'score'");
  });

  test("an index that pandas has kept in the metadata is no column of another type", async () => {
    const error = await failure(
      "writers/pandas-range-index-is-pk.parquet",
      withField("id", { dataType: DataType.JSON }),
    );
    expect(error).toMatchObject({ code: "schema_mismatch", at: { field: "id" } });
    expect(error.reason).toContain("an index of pandas, which the metadata hold as integers");
  });

  test("a type is refused in Arrow's words, with ours behind", async () => {
    const error = await failure("bad/type-text-for-int.parquet", schema);
    expect(error.reason).toMatch(
      /^schema not equal, err=field '\w+' type mis-match, expect arrow type 'int\d+', get arrow data type 'string': /,
    );
  });

  test("the probe refuses the same", async () => {
    await expect(
      parquetFormat.probe(
        readerInput(schema, [await source("bad/type-text-for-int.parquet")]),
        new AbortController().signal,
      ),
    ).rejects.toMatchObject({
      code: "schema_mismatch",
    });
    await expect(
      parquetFormat.probe(
        readerInput(schema, [await source("bad/encrypted-columns.parquet")]),
        new AbortController().signal,
      ),
    ).rejects.toMatchObject({
      code: "unsupported",
    });
  });

  test("more than one file is refused", async () => {
    const one = await source("types/plain.parquet");
    expect(() => new ParquetReader(readerInput(schema, [one, one]))).toThrow("accepts only one file");
  });
});

describe("values", () => {
  test("a vector column of another dimension fails at its first row", async () => {
    const error = await failure("types/plain.parquet", withField("vector", { dim: 16 }));
    expect(error).toMatchObject({ code: "value_invalid", at: { row: 0, field: "vector" } });
    expect(error.reason).toContain("length of vector is not aligned: expected 16 but got 8, data type: FloatVector");
  });

  test("a shorter dimension too", async () => {
    const error = await failure("types/plain.parquet", withField("vector", { dim: 4 }));
    expect(error).toMatchObject({ code: "value_invalid", at: { row: 0, field: "vector" } });
  });

  test("default beats null", async () => {
    const nulls = readFixtureFolder(join(fixtures, "nulls"));
    const plain = fixtureSchema(nulls.schemas.main, "main");
    const fields = plain.fields.map((field) =>
      field.name === "n_int"
        ? { ...field, defaultValue: 7n }
        : field.name === "n_text"
          ? { ...field, defaultValue: "none" }
          : field,
    );
    const both = { ...plain, fields };
    const rows = await readCanonicalRows(both, await open("nulls/nulls.parquet", both));
    const expected = nulls.tables.main.map((row) => ({ ...row, n_int: row.n_int ?? 7, n_text: row.n_text ?? "none" }));
    expect(rows).toEqual(expected);
  });

  test("D5: an empty list is no null", async () => {
    const nulls = readFixtureFolder(join(fixtures, "nulls"));
    const plain = fixtureSchema(nulls.schemas.main, "main");
    const rows = await readCanonicalRows(plain, await open("nulls/nulls.parquet", plain));
    expect(rows.some((row) => Array.isArray(row.n_arr) && row.n_arr.length === 0)).toBe(true);
    expect(rows.some((row) => row.n_arr === null)).toBe(true);
  });

  test.each([
    ["dim", 'row 37, field "vector"'],
    ["nan", 'row 37, field "vector"'],
    ["text-too-long", 'row 11, field "title"'],
    ["array-null-element", 'row 11, field "tags"'],
    ["crc-mismatch", "checksum"],
    ["zero-bytes", "12 bytes"],
  ])("%s says where", async (name, place) => {
    const error = await failure(`bad/${name}.parquet`, schema);
    expect(error.message).toContain(place);
    expect(error.message).toContain(`bad/${name}.parquet`);
  });
});

describe("an index that pandas has kept in the metadata", () => {
  const ids = fixtureSchema({
    fields: [
      { name: "id", type: DataType.Int64, is_primary: true },
      { name: "n", type: DataType.Int32 },
    ],
  });
  const indexed = (start: string, stop: string, step: string) => {
    const body = new Uint8Array(Int32Array.of(7, 8, 9).buffer);
    const value = `{"index_columns":[{"kind":"range","name":"id","start":${start},"stop":${stop},"step":${step}}]}`;
    return rawParquetFile({
      rowCount: 3,
      columns: [{ name: "n", type: { physical: "INT32" }, pages: [{ body, numValues: 3 }] }],
      keyValues: [{ key: "pandas", value }],
    });
  };

  test.each([
    ["9007199254740993", "9007199254740999", "2", ["9007199254740993", "9007199254740995", "9007199254740997"]],
    [
      "9223372036854775807",
      "9223372036854775804",
      "-1",
      ["9223372036854775807", "9223372036854775806", "9223372036854775805"],
    ],
    ["5", "-2", "-3", [5, 2, -1]],
    ["-4", "5", "4", [-4, 0, 4]],
  ])("has all digits: from %s to %s by %s", async (start, stop, step, expected) => {
    const file = await source("a.parquet", Buffer.from(indexed(start, stop, step)));
    const rows = await readCanonicalRows(ids, new ParquetReader(readerInput(ids, [file])));
    expect(rows.map(({ id }) => String(id))).toEqual(expected.map(String));
  });

  test.each([
    ["0", "4", "1"],
    ["0", "3", "0"],
    ["0", "3.5", "1"],
    ["0", "99999999999999999999", "1"],
  ])("that is not of the file's rows is none: from %s to %s by %s", async (start, stop, step) => {
    const file = await source("a.parquet", Buffer.from(indexed(start, stop, step)));
    const reading = readCanonicalRows(ids, new ParquetReader(readerInput(ids, [file])));
    await expect(reading).rejects.toMatchObject({ code: "schema_mismatch", at: { field: "id" } });
  });
});

describe("a description names the field type for", () => {
  test.each<[string, Record<string, DataType | undefined>]>([
    ["decimals-as-bytes", { id: DataType.Int64, n: DataType.Double, v: DataType.FloatVector, a: DataType.FloatVector }],
    ["timestamps-int96", { z: DataType.Timestamptz }],
    ["dates-and-times", { d: DataType.Timestamptz, a: DataType.VarChar }],
    ["uuid", { u: DataType.VarChar }],
    ["sparse-forms", { m: DataType.JSON, p: DataType.JSON, k: DataType.FloatVector }],
    ["json-fields", { s: DataType.JSON, m: DataType.JSON, l: DataType.JSON }],
    ["vector-bytes", { v: undefined }],
    ["pandas-range", { id: DataType.Int64, x: DataType.Int64 }],
    ["duckdb-variant", { v: DataType.JSON }],
    ["fastparquet-lists", { v: DataType.JSON }],
  ])("%s", async (name, expected) => {
    await using file = await source(`values/${name}.parquet`);
    const described = await parquetFormat.describe([file], new AbortController().signal);
    const found = new Map(described.columns.map((column) => [column.name, column.dataType]));
    expect(Object.fromEntries(Object.keys(expected).map((key) => [key, found.get(key)]))).toEqual(expected);
  });
});

describe("D15: columns that no field has", () => {
  /** Rows, and what is said of the file. */
  async function read(name: string, of: CollectionSchema, options: Record<string, string> = {}) {
    const warnings: string[] = [];
    const input = readerInput(of, [await source(name)], options);
    const reader = new ParquetReader({ ...input, warn: (text) => warnings.push(text) });
    return { rows: await readCanonicalRows(of, reader, 1500), warnings };
  }

  test("are folded into $meta", async () => {
    const { rows, warnings } = await read("types/extra-plain.parquet", schema);
    expect(warnings).toEqual([]);
    const plain = rowsOf("extra-plain");
    expect(rows.map(({ $meta, ...row }) => row)).toEqual(plain.map(({ $meta, ...row }) => row));
    for (const [i, row] of rows.entries()) {
      expect(row.$meta).toEqual({ ...(plain[i].$meta as object), more: expect.anything(), why: expect.any(String) });
    }
  });

  test("make an empty $meta when it is all there is", async () => {
    const without = { ...schema, fields: schema.fields.filter(({ name }) => name !== "score") };
    const { rows } = await read("types/no-meta-column.parquet", without);
    expect(rows.map((row) => row.$meta)).toEqual(rowsOf("plain").map((row) => ({ score: row.score })));
  });

  test("are named where JSON has no such type, where the option says so, and where there is no $meta", async () => {
    const bare = { ...schema, fields: schema.fields.filter(({ name, isDynamic }) => name === "id" || isDynamic) };
    const odd = await read("values/vector-bytes.parquet", bare);
    expect(odd.warnings.join()).toMatch(/^values\/vector-bytes\.parquet: .* not imported: 'v', 'w'$/);
    const asked = await read("types/extra-plain.parquet", schema, { fold_extra_columns: "false" });
    expect(asked.rows).toEqual(rowsOf("extra-plain"));
    expect(asked.warnings.join()).toContain("2 columns that no field takes were not imported: 'more', 'why'");
    const strict = { ...schema, fields: schema.fields.filter(({ isDynamic }) => !isDynamic) };
    expect((await read("types/extra-plain.parquet", strict)).warnings.join()).toContain("'$meta', 'more', 'why'");
  });

  test("that are nearly a field's name come with that name", async () => {
    const renamed = schema.fields.map((field) => (field.name === "score" ? { ...field, name: "scores" } : field));
    const fields = renamed.map((field) => (field.name === "scores" ? { ...field, nullable: true } : field));
    const strict = { ...schema, fields: fields.filter(({ isDynamic }) => !isDynamic) };
    const { warnings } = await read("types/no-meta-column.parquet", strict);
    expect(warnings.join()).toContain("'score' (did you mean 'scores'?)");
    expect(warnings.join()).toContain("no column for 'scores' (null in every row)");
  });

  test("never the row labels of pandas", async () => {
    expect(await read("writers/pandas-index.parquet", schema)).toEqual({ rows: rowsOf("plain"), warnings: [] });
  });
});

describe("integers that pandas had as floating point numbers", () => {
  const [id] = schema.fields;
  const of: CollectionSchema = {
    ...schema,
    fields: [id, { ...id, fieldId: 101, name: "owner", isPrimaryKey: false }],
    structs: [],
  };
  const int64 = (name: string, values: readonly bigint[]) => ({
    ...{ name, type: { physical: "INT64" as const } },
    pages: [{ body: new Uint8Array(BigInt64Array.from(values).buffer), numValues: values.length }],
  });

  async function warningsOf(held: string, owners: readonly bigint[]): Promise<readonly string[]> {
    const columns = [{ name: "owner", pandas_type: "int64", numpy_type: held }];
    const file = rawParquetFile({
      rowCount: owners.length,
      columns: [int64("id", owners.keys().map(BigInt).toArray()), int64("owner", owners)],
      keyValues: [{ key: "pandas", value: JSON.stringify({ columns }) }],
    });
    const warnings: string[] = [];
    const input = readerInput(of, [await memoryFile("owners.parquet", Buffer.from(file))]);
    const reader = new ParquetReader({ ...input, warn: (text) => warnings.push(text) });
    const rows = await readCanonicalRows(of, reader);
    expect(rows.map(({ owner }) => BigInt(owner as string))).toEqual(owners);
    return warnings;
  }

  const limit = 1n << 53n;

  test("are warned of from 2^53 on, once, with the first row", async () => {
    const said = "integers beyond 2^53 of field 'owner', such as 9007199254740992 in row 2, may have been rounded";
    expect(await warningsOf("float64", [1n - limit, 5n, limit, limit])).toEqual([expect.stringContaining(said)]);
    for (const owner of [-limit, -(1n << 62n)])
      expect(await warningsOf("float64", [1n, 2n, owner])).toEqual([expect.stringContaining("in row 2")]);
  });

  test("and no others", async () => {
    expect(await warningsOf("float64", [1n, limit - 1n])).toEqual([]);
    expect(await warningsOf("Int64", [limit + 1n])).toEqual([]);
  });
});

describe("unsigned bytes with an extended sign, as Java's LocalBulkWriter (SDK 2.4.8) stores them", () => {
  const name = "writers/java-bulk-writer-binary.parquet";
  const only = (change: Partial<FieldSchema>): CollectionSchema => {
    const [id] = schema.fields;
    const x = { ...id, fieldId: 101, name: "x", isPrimaryKey: false, ...change };
    return { ...schema, fields: [id, x], structs: [], enableDynamicField: false };
  };

  test("are the bytes of a vector", async () => {
    const of = only({ dataType: DataType.BinaryVector, dim: 16 });
    const rows = await readCanonicalRows(of, await open(name, of));
    expect(rows).toHaveLength(200);
    expect(rows.map((row) => row.x)).toEqual(
      Array.from({ length: 200 }, (_, i) => `${i.toString(16).padStart(2, "0")}ff`),
    );
  });

  test("are the numbers from 0 to 255 of an array", async () => {
    const of = only({ dataType: DataType.Array, elementType: DataType.Int64, maxCapacity: 10 });
    const rows = await readCanonicalRows(of, await open(name, of));
    expect(rows[130].x).toEqual([130, 255]);
  });
});

describe("storage", () => {
  test("a failing store is no broken file: rows or a lost connection, never anything else", async () => {
    const inner = new MemoryObjectStore();
    const name = "types/row-groups.parquet";
    await inner.put(name, [readFileSync(join(fixtures, name))]);
    const one = await sourceFile(inner, name);
    let failures = 0;
    for (let seed = 1; seed <= 30; seed++) {
      const store = new FaultyObjectStore(inner, { seed, errorRate: 0.05 });
      const reader = new ParquetReader(readerInput(schema, [readBy(store, one)]));
      const rows = await readCanonicalRows(schema, reader).catch((error: ImportError) => error);
      if (rows instanceof ImportError) failures++;
      if (rows instanceof ImportError)
        expect(rows).toMatchObject({ code: "object_store_unavailable", at: { file: one.path } });
      else expect(rows).toEqual(rowsOf("row-groups"));
    }
    expect(failures).toBeGreaterThan(3);
    expect(failures).toBeLessThan(30);
  });

  test("a file that became shorter is told apart from a short one", async () => {
    const store = new MemoryObjectStore();
    await store.put("f.parquet", [readFileSync(join(fixtures, "types/plain.parquet"))]);
    const one = await sourceFile(store, "f.parquet");
    await store.put("f.parquet", [new Uint8Array(100)]);
    const reader = new ParquetReader(readerInput(schema, [one]));
    await expect(readCanonicalRows(schema, reader)).rejects.toMatchObject({
      code: "malformed_file",
      reason: expect.stringContaining("it was replaced"),
    });
  });

  test("an abort ends the reading with its reason", async () => {
    const abort = new AbortController();
    const reader = await open("types/row-groups.parquet", schema);
    const reason = new Error("enough");
    const read = async () => {
      for await (const _ of reader.batches({ batchBytes: 300, signal: abort.signal })) abort.abort(reason);
    };
    await expect(read()).rejects.toBe(reason);
  });
});
