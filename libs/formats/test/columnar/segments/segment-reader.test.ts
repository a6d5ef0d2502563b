import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "@jest/globals";
import { encodeInsertLog, type InsertLogOptions } from "@sluice/binlog";
import { ImportError } from "@sluice/errors";
import { formatNamed } from "@sluice/formats";
import { canonicalJson, type FixtureSchema, fixtureSchema } from "@sluice/formats/testing";
import { type CollectionSchema, DataType } from "@sluice/schema";
import { field } from "@sluice/schema/testing";
import fc from "fast-check";
import { fixtures, inputOf, readSegments, rowsOf, type Segment } from "./segment-files.ts";

interface Case {
  readonly describe: FixtureSchema;
  readonly rows: readonly Record<string, unknown>[];
  readonly deleted: readonly number[];
  readonly firstTimestamp: string;
}

describe("storage version 2", () => {
  const folder = join(fixtures, "milvus-storage-v2");
  const described = canonicalJson(readFileSync(join(folder, "case.json"), "utf8")) as Case;
  const schema = fixtureSchema(described.describe);
  const [segment] = readSegments(folder).values();
  const wanted = described.rows.filter((_, i) => !described.deleted.includes(i));
  const first = BigInt(described.firstTimestamp);

  it.each([1 << 20, 300, 1])(
    "gives the rows of its column groups without the deleted ones, in batches of %s bytes",
    async (bytes) => {
      const warnings: string[] = [];
      const input = await inputOf(segment, schema, {}, (text) => warnings.push(text));
      expect(await rowsOf(input, bytes)).toEqual(wanted);
      expect(warnings).toEqual(["insert_log/1/2/3: left out: 2 rows that delta logs delete"]);
    },
  );

  it("has rows and deletes between bounds, which belong to them", async () => {
    const bounds = { start_ts: String(first + 2n), end_ts: String(first + 6n) };
    const warnings: string[] = [];
    const input = await inputOf(segment, schema, bounds, (text) => warnings.push(text));
    expect(await rowsOf(input)).toEqual(described.rows.slice(2, 7));
    expect(warnings).toEqual(["insert_log/1/2/3: left out: 55 rows outside of start_ts and end_ts"]);
  });

  it("gives null in fields that it has not, and names columns that no field has", async () => {
    const [id, title] = schema.fields;
    const later = { ...field("later", DataType.Int8), fieldId: 120, nullable: true };
    const warnings: string[] = [];
    const input = await inputOf(segment, { ...schema, fields: [id, title, later] }, {}, (text) => warnings.push(text));
    const rows = await rowsOf(input);
    expect(rows).toEqual(wanted.map((row) => ({ id: row.id, title: row.title, later: null })));
    expect(warnings[0]).toBe(
      "insert_log/1/2/3: left out, being of no field of the collection: logs of field 102, 103, 104, 105",
    );
  });
});

describe("storage version 2 of Milvus 2.6, whose columns are called like their fields", () => {
  const folder = join(fixtures, "milvus-storage-v2-named");
  const described = canonicalJson(readFileSync(join(folder, "case.json"), "utf8")) as Case;
  const schema = fixtureSchema(described.describe);
  const named = () => readSegments(folder).get("3") as Segment;
  const group = "insert_log/1/2/3/0/470659701576565001";

  it.each([1 << 20, 300, 1])("is read by the ids in the footers, vectors of structs too, in batches of %s bytes", async (bytes) => {
    const warnings: string[] = [];
    const input = await inputOf(named(), schema, {}, (text) => warnings.push(text));
    expect(await rowsOf(input, bytes)).toEqual(described.rows);
    expect(warnings).toEqual([]);
  }); // biome-ignore format: a title

  it("refuses a struct array that has more elements in one member than in another", async () => {
    const segment = named();
    segment.logs.set(group, readFileSync(join(folder, "bad-lengths.parquet")));
    const at = { file: "insert_log/1/2/3", row: 2, field: "clips[v]" };
    const reason = "the lists of struct array 'clips' differ in length: 'clips[label]' has 1 elements, 'clips[v]' 2";
    expect(await refusal(segment, schema)).toMatchObject({ code: "malformed_file", reason, at });
  });

  it("names columns by their ids when it is described", async () => {
    const { sources } = await inputOf(named(), schema);
    const { columns } = await formatNamed("binlog").describe(sources, new AbortController().signal);
    expect(columns.map(({ name, type }) => [name, type])).toEqual([
      ["100", "int64"],
      ["101", "string"],
      ["105", "list<fixed_size_binary[8]>"],
      ["104", "binary"],
      ["106", "binary"],
      ["102", "fixed_size_binary[8]"],
    ]);
  });

  it.each([
    ["bad-two-ids.parquet", "column '777' has the field_id 101: expected the same id"],
    ["bad-twice.parquet", "two columns are of field 101, one of them 'b'"],
    ["bad-no-id.parquet", "import Parquet files as such, without backup=true"],
  ])("refuses %s", async (name, reason) => {
    const segment = named();
    segment.logs.set(group, readFileSync(join(folder, name)));
    const error = { code: "malformed_file", reason: expect.stringContaining(reason), at: { file: group } };
    expect(await refusal(segment, schema)).toMatchObject(error);
  });
});

/** A segment of `id` and `v`, 3 rows, by our own writer. */
function smallSegment(
  change: (log: Partial<InsertLogOptions> & { fieldId: number }) => Partial<InsertLogOptions> = () => ({}),
): Segment {
  const longs = BigInt64Array.of(1n, 2n, 3n);
  const long = { kind: "fixed" as const, width: 8, data: new Uint8Array(longs.buffer), validity: undefined };
  const vector = { kind: "fixed" as const, width: 8, data: new Uint8Array(24), validity: undefined };
  const logs = [0, 1, 100, 101].map((fieldId) => {
    const isVector = fieldId === 101;
    const options: InsertLogOptions = {
      ...{ collectionId: 1n, partitionId: 2n, segmentId: 3n, fieldId, elementType: DataType.None, nullable: false },
      ...{ dataType: isVector ? DataType.FloatVector : DataType.Int64, dim: isVector ? 2 : 0, rowCount: 3 },
      ...{ column: isVector ? vector : long, minTimestamp: 1n, maxTimestamp: 3n, nowMs: 1, dialect: "2.3" },
    };
    const bytes = Buffer.concat(encodeInsertLog({ ...options, ...change(options) }));
    return [`insert_log/1/2/3/${fieldId}/440000`, bytes] as const;
  });
  return { logs: new Map(logs), deltas: new Map() };
}

const small: CollectionSchema = {
  name: "small",
  fields: [
    { ...field("id", DataType.Int64), fieldId: 100, isPrimaryKey: true },
    { ...field("v", DataType.FloatVector), fieldId: 101, dim: 2 },
  ],
  ...{ structs: [], enableDynamicField: false, allowInsertAutoId: false, timezone: "UTC" },
};

async function refusal(segment: Segment, schema = small): Promise<ImportError> {
  try {
    await rowsOf(await inputOf(segment, schema));
  } catch (error) {
    if (error instanceof ImportError) return error;
    throw error;
  }
  throw new Error("it was read");
}

const without = (fieldId: number): Segment => {
  const segment = smallSegment();
  segment.logs.delete(`insert_log/1/2/3/${fieldId}/440000`);
  return segment;
};
const path = (fieldId: number) => `insert_log/1/2/3/${fieldId}/440000`;
const withLogs = (more: Readonly<Record<string, Buffer>>): Segment => {
  const segment = smallSegment();
  for (const [name, bytes] of Object.entries(more)) segment.logs.set(name, bytes);
  return segment;
};

it("logs of fields belong together by their numbers, also where those grow longer on the way", async () => {
  const flush = (first: number, rows: bigint[]): [string, Buffer][] => {
    const column = { kind: "fixed" as const, width: 8, data: new Uint8Array(BigInt64Array.from(rows).buffer) };
    const { logs } = smallSegment(({ fieldId }) =>
      fieldId === 101
        ? { column: { ...column, data: new Uint8Array(Float32Array.from(rows.flatMap((id) => [Number(id), 1])).buffer), validity: undefined } }
        : { column: { ...column, validity: undefined } },
    ); // biome-ignore format: a row
    return [...logs].map(([path, bytes], i) => [path.replace(/\d+$/, String(first + i)), bytes]);
  };
  // As servers give them out: 96 to 99 for the fields of one flush, 100 to 103 for those of the next; then 8 to 11, 12 to 15.
  for (const first of [96, 8, 440000]) {
    const logs = new Map([...flush(first + 4, [4n, 5n, 6n]), ...flush(first, [1n, 2n, 3n])]);
    const warnings: string[] = [];
    const rows = await rowsOf(await inputOf({ logs, deltas: new Map() }, small, {}, (text) => warnings.push(text)));
    expect(rows).toEqual([1, 2, 3, 4, 5, 6].map((id) => ({ id, v: [id, 1] })));
    const isOther = expect.stringContaining("insert_log/1/2/3: logs of its fields belong together by their numbers");
    expect(warnings).toEqual(first === 8 ? [isOther] : []);
  }
});

test.each<[what: string, segment: () => Segment, schema: CollectionSchema, reason: string, file: string]>([
  ["no row ids", () => without(0), small, "no binlog for RowID field", "insert_log/1/2/3"],
  ["no timestamps", () => without(1), small, "no binlog for TimestampField", "insert_log/1/2/3"],
  [
    "no keys",
    () => without(100),
    small,
    "no binlog for field:id (id 100); the segment has those of fields 0, 1, 101",
    "insert_log/1/2/3",
  ],
  [
    "one log more of a field",
    () => withLogs({ "insert_log/1/2/3/101/440001": smallSegment().logs.get(path(101)) as Buffer }),
    small,
    "misaligned binlog count, field0:1, field101:2",
    path(101),
  ],
  [
    "fewer rows in a field",
    () => smallSegment(({ fieldId }) => (fieldId === 101 ? { rowCount: 2 } : {})),
    small,
    "imported rows are not aligned: 2 here, 3 in",
    path(101),
  ],
  [
    "a log of another field",
    () => withLogs({ [path(101)]: smallSegment().logs.get(path(100)) as Buffer }),
    small,
    "the descriptor is of field 100, the directory of field 101",
    path(101),
  ],
  [
    "a folder that is no field",
    () => withLogs({ "insert_log/1/2/3/x/440000": Buffer.alloc(0) }),
    small,
    "failed to parse field id from log",
    "insert_log/1/2/3/x/440000",
  ],
  [
    "another type",
    () => smallSegment(),
    { ...small, fields: [small.fields[0], { ...small.fields[1], dataType: DataType.Float16Vector }] },
    "binlog is FloatVector type, unequal to field 101",
    path(101),
  ],
  [
    "another dimension",
    () => smallSegment(),
    { ...small, fields: [small.fields[0], { ...small.fields[1], dim: 4 }] },
    "dimension 2 is not equal to schema dimension 4",
    path(101),
  ],
  [
    "a delta log in its place",
    () => withLogs({ [path(101)]: deltaLog() }),
    small,
    "wrong binlog type, expect:InsertEventType, actual:DeleteEventType",
    path(101),
  ],
  [
    "no log at all",
    () => withLogs({ [path(101)]: Buffer.from("hello, this is no log") }),
    small,
    "binlog magic number is missing",
    path(101),
  ],
  [
    "an empty log",
    () => withLogs({ [path(101)]: Buffer.alloc(0) }),
    small,
    "binlog magic number is missing",
    path(101),
  ],
  [
    "deletes of another type of key",
    () => ({ ...smallSegment(), deltas: new Map([["delta_log/1/2/3/7", deltaLog()]]) }),
    small,
    "delta log data type 21 is not equal to collection's primary key data type 5",
    "delta_log/1/2/3/7",
  ],
  [
    "a delta log that is none",
    () => ({ ...smallSegment(), deltas: new Map([["delta_log/1/2/3/7", smallSegment().logs.get(path(0)) as Buffer]]) }),
    small,
    "binlog file is not delta log",
    "delta_log/1/2/3/7",
  ],
])("refuses %s, with the place", async (_what, segment, schema, reason, file) => {
  const error = await refusal(segment(), schema);
  expect(error.reason).toContain(reason);
  expect(error.at?.file).toBe(file);
});

/** The delta log of a collection with text keys, of Milvus 2.3.5. */
function deltaLog(): Buffer {
  const [segment] = [
    ...readSegments(join(fixtures, "milvus-2.3.5/insert-two-flushes-arrays-text-deletes")).values(),
  ].filter(({ deltas }) => deltas.size > 0);
  return [...segment.deltas.values()][0];
}

it("NaN in a scalar is refused, and null by the option that the refusal names", async () => {
  const double = { ...field("d", DataType.Double), fieldId: 101, nullable: true };
  const schema = { ...small, fields: [small.fields[0], double] };
  const data = new Uint8Array(Float64Array.of(1, Number.NaN, 2).buffer);
  const column = { kind: "fixed" as const, width: 8, data, validity: undefined };
  const segment = smallSegment(({ fieldId }) =>
    fieldId === 101 ? { column, dataType: DataType.Double, dim: 0, nullable: true, dialect: "2.5" } : {},
  );
  expect((await refusal(segment, schema)).reason).toContain("the option nan=null makes null of it");
  const rows = await rowsOf(await inputOf(segment, schema, { nan: "null" }));
  expect(rows.map(({ d }) => d)).toEqual([1, null, 2]);
});

it("a null that is stored stays one, where an insert would have the default", async () => {
  const number = { ...field("n", DataType.Int64), fieldId: 101, nullable: true, defaultValue: 7n };
  const data = new Uint8Array(BigInt64Array.of(1n, 0n, 2n).buffer);
  const column = { kind: "fixed" as const, width: 8, data, validity: Uint8Array.of(1, 0, 1) };
  const segment = smallSegment(({ fieldId }) =>
    fieldId === 101 ? { column, dataType: DataType.Int64, dim: 0, nullable: true, dialect: "2.5" } : {},
  );
  const rows = await rowsOf(await inputOf(segment, { ...small, fields: [small.fields[0], number] }));
  expect(rows.map(({ n }) => n)).toEqual([1, null, 2]);
});

describe("damage", () => {
  const rows = [1, 2, 3].map((id) => ({ id, v: [0, 0] }));

  it("a log that is cut anywhere is refused: rows never get fewer without a word", async () => {
    expect(await rowsOf(await inputOf(smallSegment(), small))).toEqual(rows);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(0, 1, 100, 101),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        async (fieldId, share) => {
          const segment = smallSegment();
          const bytes = segment.logs.get(path(fieldId)) as Buffer;
          segment.logs.set(path(fieldId), bytes.subarray(0, Math.floor(bytes.length * share)));
          expect((await refusal(segment)).at?.file).toBe(path(fieldId));
        },
      ),
      { numRuns: 150 },
    );
  });

  it("of other bytes come an error with the log's name, or three rows", async () => {
    const changed = fc.record({ fieldId: fc.constantFrom(1, 100, 101), at: fc.nat(), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(changed, async ({ fieldId, at, byte }) => {
        const segment = smallSegment();
        const bytes = Buffer.from(segment.logs.get(path(fieldId)) as Buffer);
        bytes[at % bytes.length] = byte;
        segment.logs.set(path(fieldId), bytes);
        const outcome = await rowsOf(await inputOf(segment, small)).catch((error: unknown) => error);
        if (outcome instanceof ImportError)
          expect(outcome.at?.file).toEqual(expect.stringMatching(/^insert_log\/1\/2\/3/));
        else expect(outcome).toHaveLength(3);
      }),
      { numRuns: 400 },
    );
  });
});
