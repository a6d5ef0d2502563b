import { describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { readerInput } from "@sluice/formats/testing";
import type { ObjectReads, SourceFile } from "@sluice/object-store";
import { FaultyObjectStore, memoryFile, readBy } from "@sluice/object-store/testing";
import { type CollectionSchema, DataType } from "@sluice/schema";
import { wkbToWkt } from "@sluice/values";
import fc from "fast-check";
import { npyFormat } from "../../../src/arrays/npy/index.ts";
import { fieldOf, type Kept, keep, npyFile, schemaOf, setOf } from "./npy-sets.ts";

const idField = fieldOf("id", DataType.Int64);
const signal = new AbortController().signal;

async function readAll(
  sources: readonly SourceFile[],
  schema: CollectionSchema,
  batchBytes = 1 << 20,
  range?: { begin: number; end: number },
): Promise<Kept[]> {
  await using reader = npyFormat.open(readerInput(schema, sources, {}, range));
  const kept: Kept[] = [];
  for await (const batch of reader.batches({ batchBytes, signal })) kept.push(keep(batch));
  return kept;
}

/** Values of one column over all batches, in hexadecimal digits. */
const columnOf = (batches: readonly Kept[], index: number) => batches.flatMap(({ cells }) => cells[index] ?? []);
const ids = (count: number) => BigInt64Array.from({ length: count }, (_, i) => BigInt(i) * 1_000_003n);
const hexOf = (view: ArrayBufferView, width: number) =>
  Buffer.from(view.buffer, view.byteOffset, view.byteLength)
    .toString("hex")
    .match(new RegExp(`.{${width * 2}}`, "g")) ?? [];

async function failure(promise: Promise<unknown>): Promise<ImportError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ImportError);
  return error as ImportError;
}

describe("batches", () => {
  const vectors = Float32Array.from({ length: 1000 * 4 }, (_, i) => i / 8 - 100);
  const schema = schemaOf(idField, fieldOf("vector", DataType.FloatVector, { dim: 4 }));
  const set = () => setOf({ id: npyFile("<i8", [1000], ids(1000)), vector: npyFile("<f4", [1000, 4], vectors) });

  it("are as large as those that are written from where they lie, where rows lie in the file as in the column", async () => {
    const { sources } = await set();
    const sizesOf = async (files: readonly SourceFile[]) => {
      await using reader = npyFormat.open(readerInput(schema, files));
      const sizes: number[] = [];
      for await (const { rowCount } of reader.batches({ batchBytes: 2400, wholeBytes: 9600, signal }))
        sizes.push(rowCount);
      return sizes;
    };
    expect(await sizesOf(sources)).toEqual([400, 400, 200]);
    const doubles = await setOf({
      id: npyFile("<i8", [1000], ids(1000)),
      vector: npyFile("<f8", [1000, 4], Float64Array.from(vectors)),
    });
    expect((await sizesOf(doubles.sources)).slice(0, 2)).toEqual([60, 60]);
  });

  it.each([1, 24, 100, 23_999, 24_000, 1 << 20])("of %i bytes hold all rows in order", async (batchBytes) => {
    const { sources } = await set();
    const batches = await readAll(sources, schema, batchBytes);
    const rows = Math.max(1, Math.min(1000, Math.floor(batchBytes / 24)));
    expect(batches.map(({ rowCount }) => rowCount)).toEqual(
      Array.from({ length: Math.ceil(1000 / rows) }, (_, i) => Math.min(rows, 1000 - i * rows)),
    );
    expect(columnOf(batches, 0)).toEqual(hexOf(ids(1000), 8));
    expect(columnOf(batches, 1)).toEqual(hexOf(vectors, 16));
    expect(batches.at(-1)?.sourceBytes).toBe(sources.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  });

  it("of ranges make up the whole, rows and bytes", async () => {
    const { sources } = await set();
    const parts = [];
    for (const [begin, end] of [
      [0, 1],
      [1, 1],
      [1, 500],
      [500, 1000],
    ])
      parts.push(await readAll(sources, schema, 1000, { begin, end }));
    expect(parts.flatMap((batches) => columnOf(batches, 1))).toEqual(hexOf(vectors, 16));
    const bytes = parts.reduce((sum, batches) => sum + (batches.at(-1)?.sourceBytes ?? 0), 0);
    expect(bytes).toBe(sources.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  });

  it("refuses a range that the files no longer have", async () => {
    const { sources } = await set();
    expect(await failure(readAll(sources, schema, 1000, { begin: 0, end: 1001 }))).toMatchObject({
      code: "malformed_file",
    });
  });

  it("are told by the probe", async () => {
    const { sources } = await set();
    expect(await npyFormat.probe(readerInput(schema, sources), new AbortController().signal)).toEqual({
      rowCount: 1000,
      cuts: "anywhere",
      extent: 1000,
    });
  });

  it("are aligned for typed views, whatever the header's length", async () => {
    const { sources } = await set();
    await using reader = npyFormat.open(readerInput(schema, sources));
    for await (const { columns } of reader.batches({ batchBytes: 1000, signal })) {
      for (const column of columns) expect((column?.data.byteOffset ?? 1) % 8).toBe(0);
    }
  });

  it("reads one batch ahead, and not more", async () => {
    const { store, sources } = await set();
    let reads = 0;
    const spy = spied(store, () => void reads++);
    const spiedSources = sources.map((source) => readBy(spy, source));
    await using reader = npyFormat.open(readerInput(schema, spiedSources));
    const batches = reader.batches({ batchBytes: 24 * 100, signal })[Symbol.asyncIterator]();
    await batches.next();
    // Two files: their headers, the first batch and the second.
    expect(reads).toBe(6);
    await new Promise((resolve) => setImmediate(resolve));
    expect(reads).toBe(6);
    await batches.next();
    expect(reads).toBe(8);
    await batches.return?.(undefined);
  });
});

/** The store, with a look at each read. */
function spied(inner: ObjectReads, onRead: (position: number) => void): ObjectReads {
  return {
    stat: (key) => inner.stat(key),
    readInto: (key, position, target, abort) => {
      onRead(position);
      return inner.readInto(key, position, target, abort);
    },
    read: (key, range, abort) => inner.read(key, range, abort),
    list: (prefix) => inner.list(prefix),
  };
}

/** The array with a value for each index. */
function filled<T extends Float32Array | Float64Array | Int8Array>(array: T, value: (i: number) => number): T {
  for (let i = 0; i < array.length; i++) array[i] = value(i);
  return array;
}

describe("D2: Fortran order", () => {
  it.each([
    ["<f4", Float32Array, DataType.FloatVector, 64],
    [">f4", Float32Array, DataType.FloatVector, 700],
    ["<f8", Float64Array, DataType.FloatVector, 200],
    ["|i1", Int8Array, DataType.Int8Vector, 64],
    ["|i1", Int8Array, DataType.Int8Vector, 1 << 20],
  ] as const)("%s in batches of %s %i %i bytes", async (descr, array, type, batchBytes) => {
    const [rows, dim] = [53, 37];
    const value = (row: number, item: number) => ((row * 37 + item * 11) % 255) - 127;
    const turned = filled(new array(rows * dim), (i) => value(i % rows, Math.floor(i / rows)));
    if (descr.startsWith(">")) Buffer.from(turned.buffer).swap32();
    const { sources } = await setOf({ vector: npyFile(descr, [rows, dim], turned, { fortran: true }) });
    const schema = schemaOf(fieldOf("vector", type, { dim }));
    const target = type === DataType.Int8Vector ? Int8Array : Float32Array;
    const expected = hexOf(
      filled(new target(rows * dim), (i) => value(Math.floor(i / dim), i % dim)),
      dim * target.BYTES_PER_ELEMENT,
    );
    expect(columnOf(await readAll(sources, schema, batchBytes), 0)).toEqual(expected);
    expect(columnOf(await readAll(sources, schema, batchBytes, { begin: 7, end: 50 }), 0)).toEqual(
      expected.slice(7, 50),
    );
  });

  it("locates a value where it lies in the file", async () => {
    const values = new Float32Array(6);
    values[4] = Number.NaN; // Row 1 of 3, second of two elements.
    const { sources } = await setOf({ vector: npyFile("<f4", [3, 2], values, { fortran: true }) });
    const error = await failure(readAll(sources, schemaOf(fieldOf("vector", DataType.FloatVector, { dim: 2 }))));
    expect(error.at).toEqual({ file: "vector.npy", field: "vector", row: 1, byteOffset: sources[0].sizeBytes - 8 });
  });
});

describe("arrays that no field takes", () => {
  const meta = fieldOf("$meta", DataType.JSON, { isDynamic: true });
  const files = {
    id: npyFile("<i8", [2], ids(2)),
    x: npyFile("<i4", [2], Int32Array.of(1, 2)),
    longer: npyFile("<i4", [3], new Int32Array(3)),
    complex: npyFile("<c8", [2], new Float32Array(4)),
    broken: Buffer.from("no array"),
  };

  async function warningsOf(schema: CollectionSchema, options: Record<string, string> = {}): Promise<string[]> {
    const { sources } = await setOf(files);
    const warnings: string[] = [];
    const input = { ...readerInput(schema, sources, options), warn: (text: string) => void warnings.push(text) };
    await using reader = npyFormat.open(input);
    for await (const _ of reader.batches({ batchBytes: 1000, signal }));
    return warnings;
  }

  it("are named where they cannot become keys of $meta", async () => {
    expect(await warningsOf({ ...schemaOf(idField, meta), enableDynamicField: true })).toEqual([
      "numpy files: 3 columns that no field takes were not imported: 'longer', 'complex', 'broken'",
    ]);
  });

  it("are all named where nothing is folded", async () => {
    const all = ["numpy files: 4 columns that no field takes were not imported: 'x', 'longer', 'complex', 'broken'"];
    expect(await warningsOf(schemaOf(idField))).toEqual(all);
    const dynamic = { ...schemaOf(idField, meta), enableDynamicField: true };
    expect(await warningsOf(dynamic, { fold_extra_columns: "false" })).toEqual(all);
  });

  it("fail the import where one is cut short, which would lose its rows", async () => {
    const cut = await setOf({ id: files.id, x: files.x.subarray(0, files.x.length - 1) });
    const error = await failure(readAll(cut.sources, { ...schemaOf(idField, meta), enableDynamicField: true }));
    expect(error).toMatchObject({ code: "malformed_file", at: { file: "x.npy" } });
  });
});

describe("values", () => {
  const half = (bits: number[]) => hexOf(Uint16Array.from(bits), 2);
  const single = (...values: number[]) => hexOf(Float32Array.from(values), 4);

  it.each([
    ["f2 to float", DataType.FloatVector, "<f2", Float16Array.of(0.5, -2), single(0.5, -2)],
    ["f8 to float", DataType.FloatVector, "<f8", Float64Array.of(0.1, 1e-60), single(0.1, 0)],
    ["f2 to float16", DataType.Float16Vector, "<f2", Float16Array.of(0.5, -2), half([0x3800, 0xc000])],
    ["f4 to float16", DataType.Float16Vector, "<f4", Float32Array.of(1.00048828125, 65504), half([0x3c00, 0x7bff])],
    ["f8 to bfloat16", DataType.BFloat16Vector, "<f8", Float64Array.of(1, 3.5), half([0x3f80, 0x4060])],
  ])("%s", async (_, type, descr, data, expected) => {
    const { sources } = await setOf({ v: npyFile(descr, [2, 1], data) });
    expect(columnOf(await readAll(sources, schemaOf(fieldOf("v", type, { dim: 1 }))), 0)).toEqual(expected);
  });

  it.each([
    ["NaN", DataType.Float, "<f4", [4], Float32Array.of(0, 1, 2, Number.NaN), 3, 12],
    ["infinity", DataType.Double, "<f8", [3], Float64Array.of(0, Number.POSITIVE_INFINITY, 2), 1, 8],
    ["NaN", DataType.Double, ">f8", [2], Buffer.from("0000000000000000fff8000000000000", "hex"), 1, 8],
    ["infinity", DataType.FloatVector, "<f2", [2, 2], Float16Array.of(0, 1, 2, Number.NEGATIVE_INFINITY), 1, 6],
    ["NaN", DataType.Float16Vector, "|u1", [2, 4], Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x7e), 1, 6],
    ["NaN", DataType.BFloat16Vector, "|u1", [2, 4], Uint8Array.of(0, 0, 0xc0, 0x7f, 0, 0, 0, 0), 0, 2],
    ["too much", DataType.Float16Vector, "<f4", [2, 2], Float32Array.of(0, 0, 65520, 0), 1, 8],
    ["too much", DataType.FloatVector, "<f8", [2, 2], Float64Array.of(0, 0, 0, 1e39), 1, 24],
    ["2 in Bool", DataType.Bool, "|b1", [3], Uint8Array.of(1, 0, 2), 2, 2],
  ] as const)("refuses %s for type %i from %s", async (_, type, descr, shape, data, row, byte) => {
    const { sources } = await setOf({ v: npyFile(descr, shape, data) });
    const error = await failure(readAll(sources, schemaOf(fieldOf("v", type, { dim: 2 }))));
    const start = sources[0].sizeBytes - data.byteLength;
    expect([error.code, error.at]).toEqual([
      "value_invalid",
      { file: "v.npy", field: "v", row, byteOffset: start + byte },
    ]);
  });

  it.each([
    [DataType.Float16Vector, [0, 0x7c], "Infinity"],
    [DataType.Float16Vector, [0, 0xfc], "-Infinity"],
    [DataType.BFloat16Vector, [0x80, 0x7f], "Infinity"],
    [DataType.BFloat16Vector, [0xc1, 0xff], "NaN"],
  ])("halves that come as bytes are called what they are", async (type, half, shown) => {
    const { sources } = await setOf({ v: npyFile("|u1", [1, 4], Uint8Array.of(0, 0, ...half)) });
    const error = await failure(readAll(sources, schemaOf(fieldOf("v", type, { dim: 2 }))));
    expect(error.message).toContain(`field 'v' holds a value '${shown}' that is not a number or infinity`);
  });

  it("counts the row of an error from the start of the file, for a range too", async () => {
    const values = new Float32Array(100);
    values[77] = Number.NaN;
    const { sources } = await setOf({ v: npyFile("<f4", [100], values) });
    const error = await failure(readAll(sources, schemaOf(fieldOf("v", DataType.Float)), 40, { begin: 60, end: 100 }));
    expect(error.at?.row).toBe(77);
  });

  it("times count multiples of a unit, too, as dates rounded by NumPy do", async () => {
    // numpy.array(["1970-01-01T00:00:25", "1969-12-31T23:59:10"], "M8[25s]")
    const { sources } = await setOf({ at: npyFile("<M8[25s]", [2], BigInt64Array.of(1n, -2n)) });
    const batches = await readAll(sources, schemaOf(fieldOf("at", DataType.Timestamptz)));
    expect(columnOf(batches, 0)).toEqual(hexOf(BigInt64Array.of(25_000_000n, -50_000_000n), 8));
  });

  it.each([
    ["<c8", "complex numbers are two, save numpy.concatenate([a.real, a.imag], axis=-1)"],
    ["<f16", "save array.astype(numpy.float64)"],
    ["<m8[s]", 'save array.astype("i8")'],
    ["|V16", "save array.view(...) by the type of their numbers"],
  ])("of type %s are refused saying what to save", async (descr, cure) => {
    const { sources } = await setOf({ v: npyFile(descr, [2, 1], new Uint8Array(32)) });
    const schema = schemaOf(fieldOf("v", DataType.FloatVector, { dim: 1 }));
    const error = await failure(readAll(sources, schema));
    expect(error).toMatchObject({ code: "schema_mismatch" });
    expect(error.reason).toContain(cure);
  });

  it("times of units without a fixed length are refused by their unit", async () => {
    const { sources } = await setOf({ at: npyFile("<M8[3M]", [1], BigInt64Array.of(1n)) });
    const error = await failure(readAll(sources, schemaOf(fieldOf("at", DataType.Timestamptz))));
    expect(error.reason).toBe("field 'at' holds '<M8[3M]', of no fixed length: save it as datetime64[us]");
  });

  it("texts are geometries and times where the field says so", async () => {
    const text = (...values: string[]) => Buffer.concat(values.map((value) => Buffer.from(value.padEnd(20, "\0"))));
    const { sources } = await setOf({
      geo: npyFile("|S20", [2], text("point(1 2)", "POINT EMPTY")),
      at: npyFile("|S20", [2], text("1970-01-01T00:00:01Z", "1970-01-01 08:00:00")),
    });
    const schema = {
      ...schemaOf(fieldOf("geo", DataType.Geometry), fieldOf("at", DataType.Timestamptz)),
      timezone: "Asia/Shanghai",
    };
    const batches = await readAll(sources, schema);
    expect(columnOf(batches, 0).map((cell) => wkbToWkt(Buffer.from(cell, "hex")))).toEqual([
      "POINT (1 2)",
      "POINT EMPTY",
    ]);
    expect(columnOf(batches, 1)).toEqual(hexOf(BigInt64Array.of(1_000_000n, 0n), 8));
  });

  it.each([
    [
      "geo",
      DataType.Geometry,
      "POINT(1",
      "expected type 'Geometry' for field 'f', got type 'string' with value 'POINT(1'",
    ],
    ["at", DataType.Timestamptz, "soon", "invalid timestamp string: 'soon'. Does not match any known format"],
  ])("refuses a bad %s", async (_, type, value, reason) => {
    const { sources } = await setOf({
      f: npyFile("|S9", [2], Buffer.from("POINT EMP".padEnd(9, "\0") + value.padEnd(9, "\0"))),
    });
    const good = await setOf({ f: npyFile(`|S${value.length}`, [1], Buffer.from(value)) });
    const error = await failure(readAll(good.sources, schemaOf(fieldOf("f", type))));
    expect([error.reason.slice(0, reason.length), error.at?.row]).toEqual([reason, 0]);
    expect(await failure(readAll(sources, schemaOf(fieldOf("f", type))))).toMatchObject({ code: "value_invalid" });
  });

  it.each(["<", ">"])("%sU texts come as UTF-8, in any batch size", async (order) => {
    const texts = fc.array(fc.string({ unit: "binary", maxLength: 12 }), { minLength: 1, maxLength: 30 });
    const same = async (given: string[], batchBytes: number) => {
      // Unpaired surrogates are no text, and trailing NULs are padding.
      const values = given.map((text) => text.toWellFormed().replace(/\0+$/, ""));
      const length = Math.max(1, ...values.map((text) => [...text].length));
      const points = new Uint32Array(values.length * length);
      for (const [row, text] of values.entries()) {
        for (const [i, char] of [...text].entries()) points[row * length + i] = char.codePointAt(0) as number;
      }
      if (order === ">") Buffer.from(points.buffer).swap32();
      const { sources } = await setOf({ t: npyFile(`${order}U${length}`, [values.length], points) });
      const batches = await readAll(sources, schemaOf(fieldOf("t", DataType.VarChar)), batchBytes);
      expect(columnOf(batches, 0)).toEqual(values.map((text) => Buffer.from(text).toString("hex")));
    };
    await fc.assert(fc.asyncProperty(texts, fc.constantFrom(1, 100, 1 << 16), same), { seed: 101, numRuns: 60 });
  });

  it("a text may not begin inside of a character that the one before left open", async () => {
    const { sources } = await setOf({ t: npyFile("|S2", [2], Buffer.from("61c3a962", "hex")) });
    const error = await failure(readAll(sources, schemaOf(fieldOf("t", DataType.VarChar))));
    expect(error).toMatchObject({
      code: "value_invalid",
      reason: expect.stringContaining("invalid UTF-8"),
      at: { row: 0 },
    });
  });
});

describe("sets", () => {
  const schema = schemaOf(idField, fieldOf("a", DataType.Int8));
  const column = npyFile("|i1", [2], Int8Array.of(1, 2));

  it("take each field once, by its whole name", async () => {
    const { sources } = await setOf({ id: npyFile("<i8", [2], ids(2)), a: column, "x.a": column });
    expect(columnOf(await readAll(sources, schema), 1)).toEqual(["01", "02"]);
    const twice = [...sources, await memoryFile("other/a.npy", column)];
    expect(await failure(readAll(twice, schema))).toMatchObject({
      code: "schema_mismatch",
      at: { file: "other/a.npy", field: "a" },
    });
  });

  it("leave optional fields out", async () => {
    const optional = schemaOf(
      idField,
      fieldOf("a", DataType.Int8, { nullable: true }),
      fieldOf("list", DataType.Array, { nullable: true }),
    );
    const { sources } = await setOf({ id: npyFile("<i8", [2], ids(2)) });
    const [batch] = await readAll(sources, optional);
    expect(batch.cells.map((cells) => cells?.length)).toEqual([2, undefined, undefined]);
  });

  it("take an automatic key where the collection allows it, a function's output never", async () => {
    const { sources } = await setOf({ id: npyFile("<i8", [2], ids(2)) });
    const auto = schemaOf({ ...idField, autoId: true });
    expect(await failure(readAll(sources, auto))).toMatchObject({
      reason: "the primary key 'id' is auto-generated, no need to provide",
    });
    expect(columnOf(await readAll(sources, { ...auto, allowInsertAutoId: true }), 0)).toHaveLength(2);
    const output = await setOf({ a: column });
    expect(
      await failure(readAll(output.sources, schemaOf(fieldOf("a", DataType.Int8, { isFunctionOutput: true })))),
    ).toMatchObject({
      reason:
        "not allowed to provide data for function output field 'a', set collection property 'collection.function.allowInsertNonBM25FunctionOutputs' to enable",
    });
  });

  it("refuse a file with two arrays, which would lose the rows of the second", async () => {
    const { sources } = await setOf({ a: Buffer.concat([column, column]) });
    expect(await failure(readAll(sources, schemaOf(fieldOf("a", DataType.Int8))))).toMatchObject({
      code: "malformed_file",
      at: { file: "a.npy", field: "a", byteOffset: column.length },
    });
  });

  it("refuse when no file fits any field", async () => {
    const { sources } = await setOf({ b: column });
    const optional = schemaOf(fieldOf("a", DataType.Int8, { nullable: true }));
    expect(await failure(readAll(sources, optional))).toMatchObject({
      code: "schema_mismatch",
      reason: "no file for any field, files: [b.npy]",
    });
  });

  it("say that a file has become shorter", async () => {
    const { store, sources } = await setOf({ a: npyFile("|i1", [1000], new Int8Array(1000)) });
    const shrinking = spied(store, (position) => {
      if (position > 128) void store.put("a.npy", [new Uint8Array(400)]);
    });
    const error = await failure(readAll([readBy(shrinking, sources[0])], schemaOf(fieldOf("a", DataType.Int8)), 100));
    expect(error).toMatchObject({
      code: "malformed_file",
      reason: expect.stringContaining("shorter"),
      at: { field: "a" },
    });
  });
});

describe("failing storage", () => {
  const schema = schemaOf(idField, fieldOf("a", DataType.Int8));
  const set = () => setOf({ id: npyFile("<i8", [500], ids(500)), a: npyFile("|i1", [500], new Int8Array(500)) });

  it("is never a broken file, and leaves nothing behind", async () => {
    const { store, sources } = await set();
    for (let seed = 0; seed < 20; seed++) {
      const faulty = new FaultyObjectStore(store, { seed, errorRate: 0.2 });
      const error = await failure(
        readAll(
          sources.map((source) => readBy(faulty, source)),
          schema,
          100,
        ),
      );
      expect([error.code, typeof error.at?.file]).toEqual(["object_store_unavailable", "string"]);
    }
  });

  it("ends with the reason of the signal when aborted", async () => {
    const { sources } = await set();
    const controller = new AbortController();
    await using reader = npyFormat.open(readerInput(schema, sources));
    const consume = async () => {
      let rows = 0;
      for await (const batch of reader.batches({ batchBytes: 100, signal: controller.signal })) {
        rows += batch.rowCount;
        if (rows > 50) controller.abort(new Error("enough"));
      }
    };
    await expect(consume()).rejects.toThrow("enough");
  });

  it("reads empty arrays without rows", async () => {
    const { sources } = await setOf({
      id: npyFile("<i8", [0], new Uint8Array(0)),
      a: npyFile("|i1", [0], new Uint8Array(0)),
    });
    expect(await readAll(sources, schema)).toEqual([]);
  });
});
