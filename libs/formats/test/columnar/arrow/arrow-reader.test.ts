import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { formatNamed, type RejectedRow } from "@sluice/formats";
import {
  expectedRows,
  type FixtureCase,
  fixtureSchema,
  readCanonicalRows,
  readerInput,
  readFixtureFolder,
  runCase,
  schemaOfCase,
} from "@sluice/formats/testing";
import type { SourceFile } from "@sluice/object-store";
import { folderSources, memoryFile } from "@sluice/object-store/testing";
import {
  DateDay,
  DateMillisecond,
  Dictionary,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int8,
  Int32,
  List,
  RecordBatch,
  Schema,
  Struct,
  Table,
  tableToIPC,
  Utf8,
  type Vector,
  vectorFromArray,
} from "apache-arrow";
import fc from "fast-check";

const fixtures = join(import.meta.dirname, "../../../../../test/fixtures/arrow");
const folder = readFixtureFolder(fixtures);
const sources = await folderSources(fixtures);
const arrow = formatNamed("arrow");
const signal = new AbortController().signal;
const schema = schemaOfCase(folder, folder.cases[0]);
const bytesOf = (name: string) => readFileSync(join(fixtures, name));
const good = folder.cases.filter((fixture) => fixture.expect === "rows");

describe.each([
  ["one batch", 1 << 20],
  ["batches of some rows", 1500],
  ["batches of one row", 1],
])("in %s", (_size, batchBytes) => {
  test.each(good.map((fixture) => [fixture.name, fixture] as const))("%s gives its rows", async (_name, fixture) => {
    const outcome = await runCase(folder, fixture, sources, undefined, batchBytes);
    expect(outcome).toEqual(expectedRows(folder, fixture));
  });
});

const reasons: Readonly<Record<string, [code: string, reason: RegExp]>> = {
  "cut.arrow": ["malformed_file", /it does not end with ARROW1/],
  "no-footer.arrow": ["malformed_file", /the Arrow data are damaged/],
  "cut.arrows": ["malformed_file", /the file breaks off in the message at byte 7480/],
  "flipped-zstd.arrows": ["malformed_file", /the Arrow data are damaged/],
  "list-view.arrow": ["schema_mismatch", /list_view is not read: cast the column before writing it/],
  "run-end.arrow": ["schema_mismatch", /run_end_encoded is not read: cast the column before writing it/],
  "null-key.arrow": ["value_invalid", /the field 'id' is not nullable but the file contains null value/],
  "other-dim.arrow": ["schema_mismatch", /length of vector is not aligned: expected 4 but got 2/],
  "ragged.arrow": ["value_invalid", /length of vector is not aligned: expected 4 but got 3/],
  "nan.arrow": ["value_invalid", /expected finite elements .* got value 'NaN'/],
  "range.arrow": ["value_invalid", /expected type 'Int16' for field 'year', got type 'int32' with value '70000'/],
  "feather-v1.feather": ["unsupported", /the file is Feather V1/],
};

test.each(folder.cases.filter(({ expect }) => expect === "error").map((fixture) => [fixture.name, fixture] as const))(
  "%s is refused, saying why and where",
  async (name, fixture: FixtureCase) => {
    const error = await runCase(folder, fixture, sources);
    const [code, reason] = reasons[name];
    expect(error).toBeInstanceOf(ImportError);
    expect(error).toMatchObject({ code, reason: expect.stringMatching(reason), at: { file: fixture.files[0] } });
    const { row, field } = fixture.error ?? {};
    expect((error as ImportError).at).toMatchObject({ ...(row !== undefined && { row }), ...(field && { field }) });
  },
);

describe("Arrow", () => {
  it("is cut between record batches, and rows of a range are named by their place in the file", async () => {
    const file = await memoryFile("a.arrow", bytesOf("batches.arrow"));
    const probe = await arrow.probe(readerInput(schema, [file]), signal);
    expect(probe).toMatchObject({
      rowCount: 20,
      cuts: [0, 1, 2, 3],
      extent: 3,
      cutBytes: [0, expect.any(Number), expect.any(Number), expect.any(Number)],
    });
    const parts = await Promise.all(
      [0, 1, 2].map((begin) =>
        readCanonicalRows(schema, arrow.open(readerInput(schema, [file], {}, { begin, end: begin + 1 }))),
      ),
    );
    expect(parts.map((rows) => rows.length)).toEqual([7, 7, 6]);
    expect(parts.flat()).toEqual(folder.tables.books);
    const narrow = fixtureSchema({
      ...folder.schemas.books,
      fields: folder.schemas.books.fields.map((field) =>
        field.name === "title" ? { ...field, params: { max_length: 40 } } : field,
      ),
    });
    const range = readerInput(narrow, [file], {}, { begin: 2, end: 3 });
    await expect(readCanonicalRows(narrow, arrow.open(range))).rejects.toMatchObject({
      at: { row: 16, field: "title" },
    });
  });

  it("streams are never cut", async () => {
    const file = await memoryFile("a", bytesOf("stream.arrows"));
    expect(await arrow.probe(readerInput(schema, [file]), signal)).toMatchObject({
      cuts: "nowhere",
      rowCount: 20,
    });
  });

  it.each([
    // Start, trailer and footer, then a read for each of three batches.
    ["batches.arrow", 6],
    // Start and schema, the first batch by metadata and body, two more, the mark of the end; lengths differ a little.
    ["stream.arrows", 10],
  ])("small batches of %s are asked for once", async (name, most) => {
    const file = await memoryFile("a", bytesOf(name));
    let reads = 0;
    const counted: SourceFile = {
      ...{ path: file.path, sizeBytes: file.sizeBytes, version: file.version, supports: file.supports },
      read: (range, signal) => file.read(range, signal),
      check: (signal) => file.check(signal),
      readInto: (position, target, signal) => {
        reads++;
        return file.readInto(position, target, signal);
      },
      [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
    };
    expect(await readCanonicalRows(schema, arrow.open(readerInput(schema, [counted])))).toHaveLength(20);
    expect(reads).toBeLessThanOrEqual(most);
  });

  it("streams without the mark of their end are read, with a warning", async () => {
    const warnings: string[] = [];
    const file = await memoryFile("a", bytesOf("stream.arrows").subarray(0, -8));
    const input = { ...readerInput(schema, [file]), warn: (text: string) => void warnings.push(text) };
    expect(await readCanonicalRows(schema, arrow.open(input))).toEqual(folder.tables.books);
    expect(warnings).toEqual([
      "a: the stream ends without the mark of its end: nobody can tell whether rows are missing",
    ]);
  });

  it("of a mapping into a struct the rest becomes a key of $meta", async () => {
    const mapped = fixtureSchema({
      enable_dynamic_field: true,
      fields: [
        { name: "id", type: 5, is_primary: true },
        { name: "a", type: 5 },
      ],
    });
    const file = await memoryFile("a", bytesOf("plain.arrow"));
    const options = { fields_mapping: '{"info.a":"a"}' };
    const [row] = await readCanonicalRows(mapped, arrow.open(readerInput(mapped, [file], options)));
    expect(row).toMatchObject({ id: 7, a: 0, $meta: { info: { b: ["t0"] }, color: "blue", year: 1900 } });
  });

  it("is described from its schema", async () => {
    const file = await memoryFile("a", bytesOf("dictionary.arrow"));
    const { columns, rowCount } = await arrow.describe([file], signal);
    expect(rowCount).toBe(20);
    expect(columns.map(({ name, type, dim }) => [name, type, dim])).toEqual([
      ["id", "int64", undefined],
      ["flag", "bool", undefined],
      ["year", "int16", undefined],
      ["rate", "float", undefined],
      ["title", "dictionary<string>", undefined],
      ["nums", "list<int64>", undefined],
      ["vector", "fixed_size_list<float>[4]", 4],
      ["sparse", "struct<indices: list<uint32>, values: list<float>>", undefined],
      ["time", "timestamp[us, tz=UTC]", undefined],
      ["price", "decimal128(9, 2)", undefined],
      ["info", "struct<a: int64, b: list<string>>", undefined],
      ["color", "dictionary<string>", undefined],
    ]);
  });

  it.each(["null-key.arrow", "ragged.arrow", "nan.arrow", "range.arrow"])(
    "%s loses its bad row where rows may be rejected",
    async (name) => {
      const rejected: RejectedRow[] = [];
      const file = await memoryFile("a", bytesOf(`bad/${name}`));
      const options = { batchBytes: 900, signal, onReject: (row: RejectedRow) => void rejected.push(row) };
      let rows = 0;
      for await (const batch of arrow.open(readerInput(schema, [file])).batches(options)) rows += batch.rowCount;
      const bad = folder.cases.find((fixture) => fixture.name === name)?.error?.row;
      expect([rows, rejected.map(({ row }) => row)]).toEqual([19, [bad]]);
    },
  );

  it("of the library of JavaScript is read, nested columns too", async () => {
    const small = fixtureSchema({
      fields: [
        { name: "id", type: 5, is_primary: true },
        { name: "tags", type: 22, element_type: 21, params: { max_capacity: 9, max_length: 9 } },
      ],
    });
    const tags = vectorFromArray([["a", "b"], [], ["ü"]], new List(new Field("item", new Utf8(), true)));
    const table = new Table({ id: vectorFromArray([1, 2, 3], new Int32()), tags });
    for (const container of ["file", "stream"] as const) {
      const file = await memoryFile("a.arrow", tableToIPC(table, container));
      expect(await readCanonicalRows(small, arrow.open(readerInput(small, [file])))).toEqual([
        { id: 1, tags: ["a", "b"] },
        { id: 2, tags: [] },
        { id: 3, tags: ["ü"] },
      ]);
    }
  });

  it("of dates feeds times with their midnights, in the collection's zone, and texts with the dates", async () => {
    const dated = fixtureSchema({
      fields: [
        { name: "id", type: 5, is_primary: true },
        { name: "days", type: 26, nullable: true },
        { name: "millis", type: 26, nullable: true },
        { name: "text", type: 21, params: { max_length: 20 } },
      ],
    });
    const days = [new Date("1960-01-01"), null, new Date("2020-02-29")];
    const table = new Table({
      id: vectorFromArray([1, 2, 3], new Int32()),
      days: vectorFromArray(days, new DateDay()),
      millis: vectorFromArray(days, new DateMillisecond()),
      text: vectorFromArray([days[0], days[0], days[2]], new DateDay()),
    });
    const file = await memoryFile("a.arrow", tableToIPC(table, "file"));
    const read = (timezone: string) =>
      readCanonicalRows(dated, arrow.open(readerInput({ ...dated, timezone }, [file])));
    const rows = (first: string, last: string) => [
      { id: 1, days: first, millis: first, text: "1960-01-01" },
      { id: 2, days: null, millis: null, text: "1960-01-01" },
      { id: 3, days: last, millis: last, text: "2020-02-29" },
    ];
    expect(await read("UTC")).toEqual(rows("1960-01-01T00:00:00Z", "2020-02-29T00:00:00Z"));
    expect(await read("Asia/Tokyo")).toEqual(rows("1959-12-31T15:00:00Z", "2020-02-28T15:00:00Z"));
  });

  it("that is something else says what it is", async () => {
    const file = await memoryFile("a.arrow", Buffer.from('{"id":1}\n{"id":2}\n'));
    await expect(arrow.probe(readerInput(schema, [file]), signal)).rejects.toThrow("the file is JSON");
    await expect(readCanonicalRows(schema, arrow.open(readerInput(schema, [file])))).rejects.toMatchObject({
      code: "malformed_file",
    });
  });

  it("whose dictionary holds lists is refused, saying what to do", async () => {
    const small = fixtureSchema({
      fields: [
        { name: "id", type: 5, is_primary: true },
        { name: "v", type: 101, params: { dim: 2 } },
      ],
    });
    const list = new List(new Field("item", new Float64()));
    const v = vectorFromArray(
      [
        [1, 2],
        [3, 4],
        [1, 2],
      ],
      new Dictionary(list, new Int32()),
    );
    const stream = tableToIPC(new Table({ id: vectorFromArray([5, 6, 7], new Int32()), v }), "stream");
    const file = await memoryFile("a.arrows", stream);
    await expect(readCanonicalRows(small, arrow.open(readerInput(small, [file])))).rejects.toMatchObject({
      code: "unsupported",
      reason: "column 'v': dictionaries of list are not read: cast the column before writing it",
    });
  });

  it("with another number of rows than its columns have values is refused", async () => {
    const small = fixtureSchema({ fields: [{ name: "id", type: 5, is_primary: true }] });
    const stream = tableToIPC(new Table({ id: vectorFromArray([5, 6, 7], new Int32()) }), "stream");
    const words = new BigInt64Array(stream.buffer, stream.byteOffset, stream.length >> 3);
    const counts = [...words.entries()].filter(([, word]) => word === 3n).map(([at]) => at);
    expect(counts).toHaveLength(2);
    for (const at of counts) {
      const changed = words.slice();
      changed[at] = 2n;
      const file = await memoryFile("a.arrows", new Uint8Array(changed.buffer));
      await expect(readCanonicalRows(small, arrow.open(readerInput(small, [file])))).rejects.toMatchObject({
        code: "malformed_file",
        reason: expect.stringMatching(/column 'id' has [23] values in a batch of [23] rows/),
      });
    }
  });

  it("with any bytes changed or cut off gives rows or an error, in little time", async () => {
    const files = [
      "plain.arrow",
      "stream.arrows",
      "lz4.arrow",
      "zstd.arrows",
      "views.arrow",
      "dictionary.arrow",
      "deltas.arrows",
    ].map(bytesOf);
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.nat(files.length - 1), damage, fc.option(fc.nat()), async (index, changes, cut) => {
        const bytes = Buffer.from(files[index]);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        const file = await memoryFile("a", cut === null ? bytes : bytes.subarray(0, cut % bytes.length));
        try {
          await readCanonicalRows(schema, arrow.open(readerInput(schema, [file])));
        } catch (error) {
          expect(error).toBeInstanceOf(ImportError);
          expect((error as ImportError).code).not.toBe("internal");
        }
      }),
      { numRuns: 1500 },
    );
  });

  it("claims are compared with what there is before anything is read or made for them", async () => {
    const bytes = bytesOf("plain.arrow");
    const started = process.cpuUsage();
    // Every 4-byte word of the metadata as a count of two billion.
    for (let at = 8; at < bytes.length - 4; at += 4) {
      if (at > 1600 && at < bytes.length - 2200) continue;
      const changed = Buffer.from(bytes);
      changed.writeInt32LE(0x7fffffff, at);
      await readCanonicalRows(schema, arrow.open(readerInput(schema, [await memoryFile("a", changed)]))).catch(
        (error) => expect(error).toBeInstanceOf(ImportError),
      );
    }
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(20_000);
  });
});

test("NaN in a struct that becomes JSON is null, as in Parquet, and an infinity is refused", async () => {
  const schema = fixtureSchema({
    fields: [
      { name: "id", type: 5, is_primary: true },
      { name: "s", type: 23 },
    ],
  });
  const read = async (a: number) => {
    const type = new Struct([
      new Field("a", new Float64()),
      new Field("l", new List(new Field("item", new Float64()))),
    ]);
    const s = vectorFromArray([{ a, l: [1.5, a] }], type);
    const table = new Table({ id: vectorFromArray([1], new Int32()), s });
    const file = await memoryFile("t.arrow", tableToIPC(table, "file"));
    return readCanonicalRows(schema, formatNamed("arrow").open(readerInput(schema, [file])));
  };
  expect(await read(Number.NaN)).toEqual([{ id: 1, s: { a: null, l: [1.5, null] } }]);
  await expect(read(Number.POSITIVE_INFINITY)).rejects.toMatchObject({
    code: "value_invalid",
    reason: expect.stringMatching(/Infinity/),
  });
});

describe("canonical extensions of Arrow", () => {
  const id = { name: "id", type: 5, is_primary: true };
  const noted = (name: string, note = "") =>
    new Map([
      ["ARROW:extension:name", name],
      ["ARROW:extension:metadata", note],
    ]);
  /** A column called `x` of an extension, beside keys from 0 on. */
  const fileOf = async (vector: Vector, notes: Map<string, string>) => {
    const keys = vectorFromArray(
      Array.from({ length: vector.length }, (_, i) => i),
      new Int32(),
    );
    const ofNotes = new Schema([new Field("id", keys.type), new Field("x", vector.type, true, notes)]);
    const batch = new Table({ id: keys, x: vector }).batches[0];
    return await memoryFile("x.arrow", tableToIPC(new Table(ofNotes, new RecordBatch(ofNotes, batch.data)), "file"));
  };
  const rowsOf = async (type: object, vector: Vector, notes: Map<string, string>) => {
    const of = fixtureSchema({ fields: [id, { name: "x", nullable: true, ...type } as never] });
    const rows = await readCanonicalRows(of, arrow.open(readerInput(of, [await fileOf(vector, notes)])));
    return rows.map(({ x }) => x);
  };
  const vectors = vectorFromArray([[1, 2, 3, 4]], new FixedSizeList(4, new Field("item", new Float32())));

  it("bool8 is true for every byte but 0", async () => {
    const bytes = vectorFromArray([1, 0, null, -1, 5], new Int8());
    expect(await rowsOf({ type: 1 }, bytes, noted("arrow.bool8"))).toEqual([true, false, null, true, true]);
    const found = await arrow.describe([await fileOf(bytes, noted("arrow.bool8"))], signal);
    expect(found.columns[1]).toMatchObject({ name: "x", type: "bool8", dataType: 1 });
  });

  it("tensors of one shape are vectors in the order of their elements, unless that is permuted", async () => {
    const type = { type: 101, params: { dim: 4 } };
    const name = "arrow.fixed_shape_tensor";
    expect(await rowsOf(type, vectors, noted(name, '{"shape":[2,2]}'))).toEqual([[1, 2, 3, 4]]);
    expect(await rowsOf(type, vectors, noted(name, '{"shape":[2,2],"permutation":[0,1]}'))).toEqual([[1, 2, 3, 4]]);
    await expect(rowsOf(type, vectors, noted(name, '{"shape":[2,2],"permutation":[1,0]}'))).rejects.toThrow(
      "permuted fixed_shape_tensor is not read: write it without a permutation",
    );
  });

  it("tensors of any shape, and variants, are refused saying what to do", async () => {
    const tensor = vectorFromArray([{ data: [1, 2], shape: [2] }]);
    await expect(
      rowsOf({ type: 101, params: { dim: 2 } }, tensor, noted("arrow.variable_shape_tensor")),
    ).rejects.toThrow('name the list inside of it, fields_mapping {"x.data": "x"}');
    const variant = vectorFromArray([{ metadata: new Uint8Array([1, 0, 0]), value: new Uint8Array([12, 5]) }]);
    await expect(rowsOf({ type: 23 }, variant, noted("arrow.parquet.variant"))).rejects.toThrow(
      "variant is not read: write the table as Parquet, or its values as JSON text",
    );
  });
});
