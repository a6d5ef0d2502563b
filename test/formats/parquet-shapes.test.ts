import { describe, expect, test } from "@jest/globals";
import { formatNamed, type RejectedRow } from "@sluice/formats";
import { canonicalRows, fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";
import { rawParquetFile } from "@sluice/parquet/testing";
import { DataType } from "@sluice/schema";
import fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";

// Shapes and types of columns that the programs of the fixtures do not write.

type Field = Parameters<typeof fixtureSchema>[0]["fields"][number];

const id = { name: "id", type: DataType.Int64, is_primary: true };

async function rowsOf(
  file: Uint8Array,
  fields: readonly Field[],
  isDynamic = false,
  options = {},
  warnings: string[] = [],
) {
  const schema = fixtureSchema({ enable_dynamic_field: isDynamic, fields: [id, ...fields] });
  const input = readerInput(schema, [await memoryFile("f.parquet", file)], options);
  const reader = formatNamed("parquet").open({ ...input, warn: (text) => void warnings.push(text) });
  return readCanonicalRows(schema, reader, 200);
}

interface Node {
  readonly name: string;
  readonly [attribute: string]: unknown;
}

/** @param nodes of the schema, below the root; `id` is added */
function written(nodes: readonly Node[], columns: Readonly<Record<string, readonly unknown[]>>): Uint8Array {
  const names = Object.keys(columns);
  const schema = [
    { name: "root", num_children: names.length + 1 },
    { name: "id", type: "INT64", repetition_type: "REQUIRED" },
    ...nodes,
  ];
  const count = columns[names[0]].length;
  const columnData = [
    { name: "id", data: Array.from({ length: count }, (_, i) => BigInt(i)) },
    ...names.map((name) => ({ name, data: columns[name] })),
  ];
  return new Uint8Array(parquetWriteBuffer({ columnData, schema } as never));
}

describe("DECIMAL in byte arrays", () => {
  const decimal = {
    type: "BYTE_ARRAY",
    converted_type: "DECIMAL",
    precision: 20,
    scale: 2,
    repetition_type: "OPTIONAL",
  };
  const values = [195_100n, -5n, null, 2n ** 60n * 100n];
  const list = [
    { name: "a", converted_type: "LIST", repetition_type: "OPTIONAL", num_children: 1 },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", ...decimal },
  ];
  const names = ["n", "d", "t"];
  const file = written([...names.map((name) => ({ name, ...decimal })), ...list], {
    n: values.map((value) => (value === -5n ? 300n : value)),
    d: values,
    t: values,
    a: [
      [100n, 200n],
      [300n, -400n],
      [0n, 0n],
      [100n, 100n],
    ],
  });

  test("feed numbers, text, vectors and arrays", async () => {
    const fields = [
      { name: "n", type: DataType.Int64, nullable: true },
      { name: "d", type: DataType.Double, nullable: true },
      { name: "t", type: DataType.VarChar, nullable: true, params: { max_length: 40 } },
      { name: "a", type: DataType.FloatVector, params: { dim: 2 } },
    ];
    expect(await rowsOf(file, fields)).toEqual([
      { id: 0, n: 1951, d: 1951, t: "1951.00", a: [1, 2] },
      { id: 1, n: 3, d: -0.05, t: "-0.05", a: [3, -4] },
      { id: 2, n: null, d: null, t: null, a: [0, 0] },
      { id: 3, n: String(2n ** 60n), d: 2 ** 60, t: `${2n ** 60n}.00`, a: [1, 1] },
    ]);
    const array = [{ name: "a", type: DataType.Array, element_type: DataType.Int8, params: { max_capacity: 4 } }];
    expect((await rowsOf(file, array)).map(({ a }) => a)).toEqual([
      [1, 2],
      [3, -4],
      [0, 0],
      [1, 1],
    ]);
  });

  test("are refused with the value where they do not fit", async () => {
    const error = expect.objectContaining({ code: "value_invalid", reason: expect.stringContaining("-0.05") });
    await expect(rowsOf(file, [{ name: "d", type: DataType.Int64, nullable: true }])).rejects.toEqual(error);
    const short = [{ name: "t", type: DataType.VarChar, nullable: true, params: { max_length: 7 } }];
    await expect(rowsOf(file, short)).rejects.toThrow("exceeds max_length(7)");
  });
});

describe("bare repeated fields, as parquet-go writes slices", () => {
  const levels = (...bytes: number[]) => Buffer.from([bytes.length, 0, 0, 0, ...bytes]);
  // Rows [1, 2], [3, 4] and, where lists may be empty, []: a packed group of repetition levels, a run of definition levels.
  const repeated = (rows: number, packed: number, runs: number[]) =>
    rawParquetFile({
      rowCount: rows,
      columns: [
        {
          name: "id",
          type: { physical: "INT64" },
          pages: [
            { numValues: rows, body: new Uint8Array(BigInt64Array.from({ length: rows }, (_, i) => BigInt(i)).buffer) },
          ],
        },
        {
          name: "v",
          type: { physical: "FLOAT" },
          isRepeated: true,
          pages: [
            {
              numValues: rows === 2 ? 4 : 5,
              body: Buffer.concat([
                levels(3, packed),
                levels(...runs),
                new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer),
              ]),
            },
          ],
        },
      ],
    });

  test("are vectors, arrays, JSON and keys of $meta", async () => {
    const [vector, array, json] = [
      { name: "v", type: DataType.FloatVector, params: { dim: 2 } },
      { name: "v", type: DataType.Array, element_type: DataType.Float, params: { max_capacity: 4 } },
      { name: "v", type: DataType.JSON },
    ];
    const two = [
      [1, 2],
      [3, 4],
    ];
    expect((await rowsOf(repeated(2, 0b1010, [8, 1]), [vector])).map(({ v }) => v)).toEqual(two);
    const three = repeated(3, 0b01010, [8, 1, 2, 0]);
    for (const field of [array, json]) expect((await rowsOf(three, [field])).map(({ v }) => v)).toEqual([...two, []]);
    expect((await rowsOf(three, [], true)).map(({ $meta }) => $meta)).toEqual([...two, []].map((v) => ({ v })));
  });
});

describe("structs into which a mapping reaches", () => {
  const int = (name: string) => ({ name, type: "INT32", repetition_type: "OPTIONAL" });
  const nodes = [
    { name: "s", repetition_type: "OPTIONAL", num_children: 3 },
    int("a"),
    int("b"),
    { name: "in", repetition_type: "OPTIONAL", num_children: 2 },
    int("c"),
    int("d"),
  ];
  const file = written(nodes, { s: [{ a: 1, b: 2, in: { c: 3, d: 4 } }, null, { a: 5, b: null, in: null }] });
  const fields = [
    { name: "a", type: DataType.Int32, nullable: true },
    { name: "c", type: DataType.Int32, nullable: true },
  ];
  const mapping = JSON.stringify({ "s.a": "a", "s.in.c": "c" });

  test("stay in $meta without what was taken", async () => {
    const warnings: string[] = [];
    expect(await rowsOf(file, fields, true, { fields_mapping: mapping }, warnings)).toEqual([
      { id: 0, a: 1, c: 3, $meta: { s: { b: 2, in: { d: 4 } } } },
      { id: 1, a: null, c: null, $meta: { s: null } },
      { id: 2, a: 5, c: null, $meta: { s: { b: null, in: null } } },
    ]);
    expect(warnings).toEqual([]);
  });

  test("are named by their members where nothing is folded", async () => {
    for (const [isDynamic, fold] of [
      [false, "true"],
      [true, "false"],
    ] as const) {
      const warnings: string[] = [];
      await rowsOf(file, fields, isDynamic, { fields_mapping: mapping, fold_extra_columns: fold }, warnings);
      expect(warnings).toEqual(["f.parquet: 2 columns that no field takes were not imported: 's.b', 's.in.d'"]);
    }
  });
});

describe("a table of many columns that no field takes", () => {
  const wide = (columns: number) =>
    rawParquetFile({
      rowCount: 2,
      columns: Array.from({ length: columns }, (_, i) => ({
        name: i === 0 ? "id" : `c${i}`,
        type: { physical: "INT64" as const },
        pages: [{ numValues: 2, body: new Uint8Array(BigInt64Array.of(BigInt(i), 7n).buffer) }],
      })),
    });

  test("is one object a row, up to ten thousand", async () => {
    const rows = await rowsOf(wide(3001), [], true);
    expect(Object.keys(rows[0].$meta as object)).toHaveLength(3000);
    expect(rows.map(({ $meta }) => ($meta as Record<string, number>).c3000)).toEqual([3000, 7]);
    await expect(rowsOf(wide(10_002), [], true)).rejects.toMatchObject({
      code: "unsupported",
      reason: expect.stringContaining("fold_extra_columns=false"),
    });
    expect(await rowsOf(wide(10_002), [], true, { fold_extra_columns: "false" })).toHaveLength(2);
  });
});

/** A column of any shape: its nodes, and values of it as JSON has them. */
interface Shape {
  readonly nodes: readonly Node[];
  readonly value: fc.Arbitrary<unknown>;
}

const leaves: readonly Shape[] = [
  { nodes: [{ name: "", type: "INT32" }], value: fc.integer() },
  {
    nodes: [{ name: "", type: "DOUBLE" }],
    value: fc.double({ min: -1e15, max: 1e15, noNaN: true }).map((n) => n + 0),
  },
  { nodes: [{ name: "", type: "BYTE_ARRAY", converted_type: "UTF8" }], value: fc.string({ unit: "grapheme" }) },
  { nodes: [{ name: "", type: "BOOLEAN" }], value: fc.boolean() },
];

function shapeOf(depth: number): fc.Arbitrary<Shape> {
  const leaf = fc.constantFrom(...leaves).map(({ nodes, value }) => optional(nodes[0], [], value));
  if (depth === 0) return leaf;
  const inner = shapeOf(depth - 1);
  const list = inner.map((element) =>
    optional(
      { name: "", converted_type: "LIST", num_children: 1 },
      [{ name: "list", repetition_type: "REPEATED", num_children: 1 }, ...named(element, "element")],
      fc.array(element.value, { maxLength: 4 }),
    ),
  );
  const struct = fc.array(inner, { minLength: 1, maxLength: 3 }).map((members) =>
    optional(
      { name: "", num_children: members.length },
      members.flatMap((member, i) => named(member, `m${i}`)),
      fc
        .tuple(...members.map(({ value }) => value))
        .map((values) => Object.fromEntries(values.map((value, i) => [`m${i}`, value]))),
    ),
  );
  return fc.oneof(leaf, list, struct);
}

function optional(node: Node, children: readonly Node[], value: fc.Arbitrary<unknown>): Shape {
  const nodes = [{ ...node, repetition_type: "OPTIONAL" }, ...children];
  return { nodes, value: fc.option(value, { freq: 4 }) };
}

function named({ nodes: [first, ...rest] }: Shape, name: string): Node[] {
  return [{ ...first, name }, ...rest];
}

describe("columns of any shape", () => {
  test("are the JSON that went in, in $meta and in JSON fields", async () => {
    const tables = fc
      .array(shapeOf(3), { minLength: 1, maxLength: 3 })
      .chain((shapes) =>
        fc.tuple(
          fc.constant(shapes),
          fc.array(fc.tuple(...shapes.map(({ value }) => value)), { minLength: 1, maxLength: 30 }),
        ),
      );
    const same = fc.asyncProperty(tables, async ([shapes, rows]) => {
      const columns = Object.fromEntries(shapes.map((_, i) => [`c${i}`, rows.map((row) => row[i])]));
      const file = written(
        shapes.flatMap((shape, i) => named(shape, `c${i}`)),
        columns,
      );
      const expected = rows.map((row) =>
        JSON.parse(JSON.stringify(Object.fromEntries(row.map((value, i) => [`c${i}`, value])))),
      );
      expect((await rowsOf(file, [], true)).map(({ $meta }) => $meta)).toEqual(expected);
      const groups = shapes.flatMap(({ nodes }, i) => (nodes.length > 1 ? [`c${i}`] : []));
      const fields = groups.map((name) => ({ name, type: DataType.JSON, nullable: true }));
      const read = await rowsOf(file, fields);
      expect(read).toEqual(
        expected.map((row, id) => ({ id, ...Object.fromEntries(groups.map((name) => [name, row[name]])) })),
      );
    });
    await fc.assert(same, { seed: 11, numRuns: Number(process.env.PARQUET_SHAPE_RUNS ?? 80) });
  });
});

describe("rows that are refused one by one", () => {
  const text = { type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" };
  const double = { type: "DOUBLE", repetition_type: "OPTIONAL" };
  const nodes = [
    { name: "v", ...text },
    { name: "n", ...double },
    { name: "s", converted_type: "MAP", repetition_type: "OPTIONAL", num_children: 1 },
    { name: "key_value", repetition_type: "REPEATED", num_children: 2 },
    { name: "key", type: "INT32", repetition_type: "REQUIRED" },
    { name: "value", ...double },
    { name: "x", ...double },
  ];
  const good = { v: "[1,2]", n: 7, s: new Map([[1, 0.5]]), x: 1.5 };
  const bad: readonly [change: object, reason: RegExp][] = [
    [{ v: "[1]" }, /expected dim '2'.*got dim '1'/],
    [{ v: "[1,2" }, /no JSON/],
    [{ v: '{"0":1,"1":2}' }, /a vector is a list/],
    [{ n: 1.5 }, /got type 'double' with value '1.5'/],
    [{ s: new Map([[1, -1]]) }, /negative value/],
    [{ x: Number.POSITIVE_INFINITY }, /key of \$meta is refused: it holds Infinity/],
  ];
  const rows = bad.flatMap(([change]) => [good, { ...good, ...change }]);
  const column = (name: keyof typeof good) => rows.map((row) => row[name]);
  const file = written(nodes, {
    v: column("v"),
    n: column("n"),
    s: column("s"),
    x: column("x"),
  });
  const schema = fixtureSchema({
    enable_dynamic_field: true,
    fields: [
      id,
      { name: "v", type: DataType.FloatVector, params: { dim: 2 } },
      { name: "n", type: DataType.Int64 },
      { name: "s", type: DataType.SparseFloatVector },
    ],
  });

  test("are named with their reasons, and the others are read", async () => {
    const rejected: [row: number, reason: string][] = [];
    const reader = formatNamed("parquet").open(readerInput(schema, [await memoryFile("f.parquet", file)]));
    const options = { batchBytes: 100, signal: new AbortController().signal };
    const onReject = ({ row, error }: RejectedRow) => void rejected.push([row, error.reason]);
    const read: unknown[] = [];
    for await (const batch of reader.batches({ ...options, onReject })) read.push(...canonicalRows(schema, batch));
    const whole = { v: [1, 2], n: 7, s: { indices: [1], values: [0.5] }, $meta: { x: 1.5 } };
    expect(read).toEqual(bad.map((_, i) => ({ id: 2 * i, ...whole })));
    expect(rejected).toEqual(bad.map(([, reason], i) => [2 * i + 1, expect.stringMatching(reason)]));
  });
});

describe("an array that is refused for two reasons", () => {
  const list = [
    { name: "a", converted_type: "LIST", repetition_type: "OPTIONAL", num_children: 1 },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", type: "INT32", repetition_type: "OPTIONAL" },
  ];

  test.each([
    ["too many elements, one of them too large", [1, 2, 300], /exceeds max_capacity\(2\)/],
    ["a null beside a value that is too large", [null, 300], /not allowed to be null/],
  ])("takes no other row with it: %s", async (_, bad, reason) => {
    const field = { name: "a", type: DataType.Array, element_type: DataType.Int8, params: { max_capacity: 2 } };
    const schema = fixtureSchema({ fields: [id, field] });
    const file = await memoryFile("f.parquet", written(list, { a: [[1], bad, [2, 3], []] }));
    const rejected: [row: number, reason: string][] = [];
    const options = { batchBytes: 1000, signal: new AbortController().signal };
    const onReject = ({ row, error }: RejectedRow) => void rejected.push([row, error.reason]);
    const read: unknown[] = [];
    for await (const batch of formatNamed("parquet")
      .open(readerInput(schema, [file]))
      .batches({ ...options, onReject }))
      read.push(...canonicalRows(schema, batch));
    expect(rejected).toEqual([[1, expect.stringMatching(reason)]]);
    expect(read).toEqual([
      { id: 0, a: [1] },
      { id: 2, a: [2, 3] },
      { id: 3, a: [] },
    ]);
  });
});

describe("vectors of Spark for dense fields", () => {
  const list = (name: string, type: string) => [
    { name, converted_type: "LIST", repetition_type: "OPTIONAL", num_children: 1 },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", type, repetition_type: "OPTIONAL" },
  ];
  const nodes = [
    { name: "v", repetition_type: "OPTIONAL", num_children: 4 },
    { name: "type", type: "INT32", converted_type: "INT_8", repetition_type: "REQUIRED" },
    { name: "size", type: "INT32", repetition_type: "OPTIONAL" },
    ...list("indices", "INT32"),
    ...list("values", "DOUBLE"),
  ];
  const sparse = (indices: unknown, values: unknown, size = 3) => ({ type: 0, size, indices, values });
  const dense = (values: unknown) => ({ type: 1, size: null, indices: null, values });
  const whole = [dense([1, -2, 0.5]), sparse([0, 2], [1, 0.5]), sparse([], []), null];
  const bad: readonly [vector: object, reason: RegExp][] = [
    [dense([1, 2]), /expected 3 but got 2/],
    [dense(null), /has no type or no values/],
    [dense([1, null, 2]), /contains a null element/],
    [dense([1, 2, 1e39]), /finite elements in range.*1e\+39/],
    [sparse([1], [1], 4), /expected 3 but got 4/],
    [sparse([1], [1, 2]), /indices and values length mismatch: 1 and 2/],
    [sparse([3], [1]), /index 3 behind -1/],
    [sparse([1, 1], [1, 2]), /index 1 behind 1/],
    [sparse([-1], [1]), /index -1/],
    [sparse([0], [1e39]), /finite elements in range/],
    [{ ...dense([1, 2, 3]), type: 2 }, /of type 2, expected 0 or 1/],
  ];
  const v = bad.flatMap(([vector], i) => [whole[i % 4], vector]);

  test.each([DataType.FloatVector, DataType.Float16Vector])("of type %i", async (type) => {
    const schema = fixtureSchema({ fields: [id, { name: "v", type, nullable: true, params: { dim: 3 } }] });
    const rejected: [row: number, reason: string][] = [];
    const reader = formatNamed("parquet").open(
      readerInput(schema, [await memoryFile("f.parquet", written(nodes, { v }))]),
    );
    const onReject = ({ row, error }: RejectedRow) => void rejected.push([row, error.reason]);
    const read: unknown[] = [];
    for await (const batch of reader.batches({ batchBytes: 40, signal: new AbortController().signal, onReject }))
      read.push(...canonicalRows(schema, batch));
    const expected = [[1, -2, 0.5], [1, 0, 0.5], [0, 0, 0], null];
    expect(read).toEqual(bad.map((_, i) => ({ id: 2 * i, v: expected[i % 4] })));
    expect(rejected).toEqual(bad.map(([, reason], i) => [2 * i + 1, expect.stringMatching(reason)]));
  });
});

describe("local times", () => {
  const time = { type: "INT64", logical_type: { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "MICROS" } };
  const instant = { type: "INT64", logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" } };
  const noon = BigInt(Date.UTC(2024, 6, 1, 12)) * 1000n;
  const nodes = [
    { name: "local", ...time, repetition_type: "REQUIRED" },
    { name: "utc", ...instant, repetition_type: "REQUIRED" },
  ];

  test("are those of the collection's zone", async () => {
    const fields = ["local", "utc"].map((name) => ({ name, type: DataType.Timestamptz }));
    const schema = { ...fixtureSchema({ fields: [id, ...fields] }), timezone: "Asia/Shanghai" };
    const file = written(nodes, { local: [noon], utc: [noon] });
    const reader = formatNamed("parquet").open(readerInput(schema, [await memoryFile("f.parquet", file)]));
    expect(await readCanonicalRows(schema, reader)).toEqual([
      { id: 0, local: "2024-07-01T04:00:00Z", utc: "2024-07-01T12:00:00Z" },
    ]);
  });
});

describe("days", () => {
  const day = { type: "INT32", converted_type: "DATE", repetition_type: "REQUIRED" };
  const file = written(
    ["z", "n", "t"].map((name) => ({ name, ...day })),
    { z: [19_782, -1], n: [19_782, -1], t: [19_782, -1] },
  );

  test("are midnights, numbers, or text", async () => {
    const fields = [
      { name: "z", type: DataType.Timestamptz },
      { name: "n", type: DataType.Int32 },
      { name: "t", type: DataType.VarChar, params: { max_length: 10 } },
    ];
    expect(await rowsOf(file, fields)).toEqual([
      { id: 0, z: "2024-02-29T00:00:00Z", n: 19_782, t: "2024-02-29" },
      { id: 1, z: "1969-12-31T00:00:00Z", n: -1, t: "1969-12-31" },
    ]);
  });
});

describe("what no field takes is told by the footer", () => {
  const list = (element: object) => [
    { name: "v", converted_type: "LIST", repetition_type: "OPTIONAL", num_children: 1 },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", repetition_type: "OPTIONAL", ...element },
  ];
  const text = { type: "BYTE_ARRAY", converted_type: "UTF8" };

  test.each([
    ["a list for a sparse vector", { name: "v", type: DataType.SparseFloatVector }],
    ["a list of text for a vector", { name: "v", type: DataType.FloatVector, params: { dim: 2 } }],
    [
      "a list of text for integers",
      { name: "v", type: DataType.Array, element_type: DataType.Int8, params: { max_capacity: 4 } },
    ],
    ["a list for text", { name: "v", type: DataType.VarChar, params: { max_length: 4 } }],
    ["a list for a geometry", { name: "v", type: DataType.Geometry }],
  ])("%s", async (_, field) => {
    const file = written(list(text), { v: [["a"]] });
    await expect(rowsOf(file, [field])).rejects.toMatchObject({ code: "schema_mismatch", at: { field: "v" } });
  });
});

describe("a column of a type that its field does not take says what to do", () => {
  const lists = (name: string, type: string) => [
    { name, converted_type: "LIST", repetition_type: "OPTIONAL", num_children: 1 },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", type, repetition_type: "OPTIONAL" },
  ];
  const tensor = [
    { name: "x", repetition_type: "OPTIONAL", num_children: 2 },
    ...lists("data", "FLOAT"),
    ...lists("shape", "INT32"),
  ];
  const bytes = [{ name: "x", type: "INT32", converted_type: "INT_8", repetition_type: "OPTIONAL" }];

  test.each([
    ["Arrow's bool8", bytes, { type: DataType.Bool }, "write truth values as boolean, casting numbers"],
    [
      "a tensor with its shape",
      tensor,
      { type: DataType.FloatVector, params: { dim: 2 } },
      'name the list inside of it, fields_mapping {"x.data": "x"}',
    ],
  ])("%s", async (_what, nodes, type, todo) => {
    const schema = fixtureSchema({ fields: [id, { name: "x", nullable: true, ...type }] });
    const file = await memoryFile("f.parquet", written(nodes, { x: [null] }));
    const reading = readCanonicalRows(schema, formatNamed("parquet").open(readerInput(schema, [file])));
    await expect(reading).rejects.toThrow(todo);
  });
});
