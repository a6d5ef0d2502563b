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
import { folderSources, memoryFile } from "@sluice/object-store/testing";
import fc from "fast-check";
import { type AvroSchema, avroContainer, varint } from "../../../../../test/formats/writers/avro-file.ts";

const fixtures = join(import.meta.dirname, "../../../../../test/fixtures/avro");
const folder = readFixtureFolder(fixtures);
const sources = await folderSources(fixtures);
const avro = formatNamed("avro");
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
  cut: ["malformed_file", /the Avro file is damaged: it breaks off in a block/],
  "other-mark": ["malformed_file", /a block does not end in the mark of the file/],
  flipped: ["malformed_file", /the Avro file is damaged/],
  ragged: ["value_invalid", /length of vector is not aligned: expected 4 but got 3/],
  recursive: ["unsupported", /its type Node is inside of itself: write the column as text that is JSON/],
  union: [
    "schema_mismatch",
    /expect avro type 'int64', get avro data type 'a union of long, string': a union of long, string is not read/,
  ],
};

test.each(folder.cases.filter(({ expect }) => expect === "error").map((fixture) => [fixture.name, fixture] as const))(
  "%s is refused, saying why and where",
  async (name, fixture: FixtureCase) => {
    const error = await runCase(folder, fixture, sources);
    const [code, reason] = reasons[name];
    expect(error).toBeInstanceOf(ImportError);
    expect(error).toMatchObject({ code, reason: expect.stringMatching(reason), at: { file: fixture.files[0] } });
    const { row } = fixture.error ?? {};
    expect((error as ImportError).at).toMatchObject({ ...(row !== undefined && { row }) });
  },
);

describe("Avro", () => {
  it("is cut anywhere: each block belongs to one part, and rows of a part are named by their place in the file", async () => {
    const bytes = bytesOf("blocks.avro");
    const file = await memoryFile("a.avro", bytes);
    expect(await avro.probe(readerInput(schema, [file]), signal)).toMatchObject({
      cuts: "anywhere",
      extent: bytes.length,
    });
    for (const step of [97, 1000, bytes.length - 1]) {
      const rows = [];
      for (let begin = 0; begin < bytes.length; begin += step) {
        const range = { begin, end: Math.min(begin + step, bytes.length) };
        rows.push(...(await readCanonicalRows(schema, avro.open(readerInput(schema, [file], {}, range)))));
      }
      expect(rows).toEqual(folder.tables.books);
    }
    const narrow = fixtureSchema({
      ...folder.schemas.books,
      fields: folder.schemas.books.fields.map((field) =>
        field.name === "title" ? { ...field, params: { max_length: 40 } } : field,
      ),
    });
    const range = readerInput(narrow, [file], {}, { begin: bytes.length - 900, end: bytes.length });
    await expect(readCanonicalRows(narrow, avro.open(range))).rejects.toMatchObject({
      at: { row: 16, field: "title" },
    });
  });

  it("is described from its schema", async () => {
    const { columns } = await avro.describe([await memoryFile("a", bytesOf("plain.avro"))], signal);
    expect(columns.map(({ name, type, isNullable }) => [name, type, isNullable])).toEqual([
      ["id", "long", false],
      ["flag", "boolean", true],
      ["year", "int", false],
      ["rate", "float", false],
      ["title", "string", true],
      ["nums", "array<long>", false],
      ["vector", "array<float>", false],
      ["sparse", "map<struct<key: string, value: float>>", false],
      ["time", "timestamp-micros", false],
      ["price", "decimal(9, 2)", false],
      ["info", "struct<a: int, b: array<string>, c: enum>", false],
      ["color", "enum", false],
      ["day", "date", false],
      ["local", "local-timestamp-millis", false],
      ["ref", "string", false],
      ["weight", "decimal(20, 1)", false],
    ]);
  });

  it("of a mapping into a record the rest becomes a key of $meta", async () => {
    const mapped = fixtureSchema({
      enable_dynamic_field: true,
      fields: [
        { name: "id", type: 5, is_primary: true },
        { name: "a", type: 5 },
      ],
    });
    const file = await memoryFile("a", bytesOf("spark.avro"));
    const options = { fields_mapping: '{"info.a":"a"}' };
    const rows = await readCanonicalRows(mapped, avro.open(readerInput(mapped, [file], options)));
    expect(rows[1]).toMatchObject({ a: 1, $meta: { info: { b: ["t1"], c: "red" }, color: "red", year: -1600 } });
  });

  it("loses its bad row where rows may be rejected", async () => {
    const rejected: RejectedRow[] = [];
    const file = await memoryFile("a", bytesOf("bad/ragged.avro"));
    const options = { batchBytes: 900, signal, onReject: (row: RejectedRow) => void rejected.push(row) };
    let rows = 0;
    for await (const batch of avro.open(readerInput(schema, [file])).batches(options)) rows += batch.rowCount;
    expect([rows, rejected.map(({ row }) => row)]).toEqual([19, [7]]);
  });

  it("has a header that is read in steps, up to a bound", async () => {
    const withDoc = (length: number) => {
      const record = { type: "record", name: "r", doc: "d".repeat(length), fields: [{ name: "id", type: "long" }] };
      return memoryFile("a.avro", avroContainer(record as AvroSchema, 1, varint(7n)));
    };
    const long = await avro.describe([await withDoc(1 << 20)], signal);
    expect(long.columns.map(({ name }) => name)).toEqual(["id"]);
    const tooLong = avro.describe([await withDoc(17 << 20)], signal);
    await expect(tooLong).rejects.toThrow("its header has more than 16777216 bytes");
  });

  it("compressed by another codec is refused by its name", async () => {
    const text = bytesOf("deflate.avro").toString("latin1").replace("deflate", "deflat9");
    const file = await memoryFile("a.avro", Buffer.from(text, "latin1"));
    await expect(avro.probe(readerInput(schema, [file]), signal)).rejects.toThrow(
      "compressed with deflat9: write it with deflate, zstandard, snappy, bzip2, xz or no compression",
    );
  });

  it("that is something else says what it is", async () => {
    const file = await memoryFile("a.avro", Buffer.from('{"id":1}\n{"id":2}\n'));
    await expect(avro.probe(readerInput(schema, [file]), signal)).rejects.toThrow("the file is JSON");
  });

  it("with any bytes changed or cut off gives rows or an error, in little time", async () => {
    const files = good.map(({ name }) => bytesOf(name));
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.nat(files.length - 1), damage, fc.option(fc.nat()), async (index, changes, cut) => {
        const bytes = Buffer.from(files[index]);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        const file = await memoryFile("a", cut === null ? bytes : bytes.subarray(0, cut % bytes.length));
        try {
          await readCanonicalRows(schema, avro.open(readerInput(schema, [file])));
        } catch (error) {
          expect(error).toBeInstanceOf(ImportError);
          expect((error as ImportError).code).not.toBe("internal");
        }
      }),
      { numRuns: 1500 },
    );
  });
});

const keyed = (extra: object[] = []) =>
  fixtureSchema({ enable_dynamic_field: true, fields: [{ name: "id", type: 5, is_primary: true }, ...(extra as [])] });
const record = (fields: object[]): AvroSchema => ({ type: "record", name: "R", fields }) as AvroSchema;
const read = async (bytes: Uint8Array, extra: object[] = []) =>
  readCanonicalRows(keyed(extra), avro.open(readerInput(keyed(extra), [await memoryFile("a.avro", bytes)])));

describe("what a file of Avro claims", () => {
  const long = { name: "id", type: "long" };

  it.each([
    ["items of an array", { name: "l", type: { type: "array", items: "null" } }, [2, ...varint(10n ** 9n)]],
    ["an endless number", { name: "l", type: "int" }, [2, ...Array<number>(12).fill(0xff)]],
    ["an int of more than 32 bits", { name: "l", type: "int" }, [2, ...varint(2n ** 40n)]],
    ["a text", { name: "l", type: "string" }, [2, ...varint(10n ** 12n)]],
    ["a choice", { name: "l", type: ["null", "int"] }, [2, 4]],
    ["a boolean", { name: "l", type: "boolean" }, [2, 7]],
    ["a symbol", { name: "l", type: { type: "enum", name: "E", symbols: ["a"] } }, [2, 2]],
  ])("is compared with what there is: %s", async (_what, field, row) => {
    const bytes = avroContainer(record([long, field]), 1, Uint8Array.from(row));
    await expect(read(bytes)).rejects.toMatchObject({
      code: "malformed_file",
      at: { file: "a.avro", row: 0, byteOffset: expect.any(Number) },
    });
  });

  it("is compared with what there is: rows, and what stands behind them", async () => {
    await expect(read(avroContainer(record([long]), 1_000_000_000, Uint8Array.of(2)))).rejects.toThrow(
      /a block has 1000000000 rows in 1 bytes/,
    );
    await expect(read(avroContainer(record([long]), 1, Uint8Array.of(2, 2)))).rejects.toThrow(
      /1 bytes stand behind the rows of a block/,
    );
  });

  it("has no types that name each other without end", async () => {
    const fields = [{ name: "f0", type: record([long]) as object }];
    for (let i = 1; i < 60; i++)
      fields.push({
        name: `f${i}`,
        type: {
          type: "record",
          name: `R${i}`,
          fields: ["a", "b"].map((name) => ({ name, type: i === 1 ? "R" : `R${i - 1}` })),
        },
      });
    const bytes = avroContainer({ type: "record", name: "Top", fields } as AvroSchema, 1, Uint8Array.of(2));
    await expect(read(bytes)).rejects.toMatchObject({
      code: "unsupported",
      reason: expect.stringMatching(/more than 100000 types/),
    });
  });

  it("has symbols that are no larger than memory", async () => {
    const symbol = "x".repeat(1 << 20);
    const colors = { name: "l", type: { type: "array", items: { type: "enum", name: "E", symbols: [symbol] } } };
    const row = Uint8Array.from([2, ...varint(1000n), ...Array<number>(1000).fill(0), 0]);
    const list = { name: "l", type: 22, element_type: 21, params: { max_capacity: 1000, max_length: 10 } };
    await expect(read(avroContainer(record([long, colors]), 1, row), [list])).rejects.toMatchObject({
      code: "unsupported",
      reason: expect.stringMatching(/a row has more than \d+ bytes/),
      at: { row: 0 },
    });
  });
});

describe("a column of Avro", () => {
  const long = { name: "id", type: "long" };
  const rowsOf = (fields: object[], rows: number[][], extra: object[] = []) =>
    read(avroContainer(record(fields), rows.length, Uint8Array.from(rows.flat())), extra);

  it("of numbers has all their bits", async () => {
    const values = [0n, -1n, 63n, -64n, 2n ** 31n, -(2n ** 31n), 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)];
    const rows = await rowsOf(
      [long],
      values.map((value) => [...varint(value)]),
    );
    expect(rows.map(({ id }) => BigInt(id as never))).toEqual(values);
  });

  it("of decimals may have any number of bytes, also none", async () => {
    const price = { name: "price", type: { type: "bytes", logicalType: "decimal", precision: 40, scale: 1 } };
    const bytes = [
      [],
      [0x0f],
      [0xff],
      [0xff, 0xff, 0xf6],
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20],
    ];
    const rows = await rowsOf(
      [long, price],
      bytes.map((value, i) => [2 * i, 2 * value.length, ...value]),
      [{ name: "price", type: 11 }],
    );
    expect(rows.map((row) => row.price)).toEqual([0, 1.5, -0.1, -1, 2]);
  });

  it("may be in blocks, with their bytes or not", async () => {
    const list = { name: "l", type: { type: "array", items: "long" } };
    const rows = await rowsOf([list, long], [[3, 4, 2, 4, 2, 6, 0, 2]]);
    expect(rows).toEqual([{ id: 1, $meta: { l: [1, 2, 3] } }]);
  });

  it("that nobody needs is passed over, whatever it is", async () => {
    const inner = {
      type: "record",
      name: "In",
      fields: [
        { name: "u", type: ["null", "string", "long"] },
        { name: "f", type: { type: "fixed", name: "F", size: 2 } },
      ],
    };
    const fields = [{ name: "x", type: inner }, { name: "m", type: { type: "map", values: "In" } }, long];
    const skip = [4, 8, 7, 7];
    const rows = await rowsOf(fields, [[...skip, 2, 2, 0x61, ...skip, 0, 10]]);
    expect(rows).toEqual([{ id: 5, $meta: {} }]);
  });

  it("of a type with a namespace is known by its full and its short name", async () => {
    const color = { type: "enum", name: "a.b.Color", symbols: ["red", "blue"] };
    const inner = { type: "record", name: "In", namespace: "a.b", fields: [{ name: "c", type: "Color" }] };
    const fields = [long, { name: "c", type: color }, { name: "d", type: "a.b.Color" }, { name: "e", type: inner }];
    expect(await rowsOf(fields, [[2, 0, 2, 2]])).toEqual([{ id: 1, $meta: { c: "red", d: "blue", e: { c: "blue" } } }]);
  });

  it("of which rows need nothing has batches, too", async () => {
    const auto = fixtureSchema({
      auto_id: true,
      enable_dynamic_field: true,
      fields: [{ name: "id", type: 5, is_primary: true, auto_id: true }],
    });
    const bytes = avroContainer(record([{ name: "b", type: "bytes" }]), 100, new Uint8Array(100));
    const warnings: string[] = [];
    const input = {
      ...readerInput(auto, [await memoryFile("a.avro", bytes)]),
      warn: (text: string) => void warnings.push(text),
    };
    let rows = 0;
    for await (const batch of avro.open(input).batches({ batchBytes: 10, signal })) rows += batch.rowCount;
    expect([rows, warnings]).toEqual([100, [expect.stringContaining("'b'")]]);
  });
});
