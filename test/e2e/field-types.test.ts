import { describe, expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { type CollectionSpec, useServer } from "../support/index.ts";

const fixture = useServer();

/** A row as the file has it and as an answer has it. */
interface Case {
  readonly written: Record<string, unknown>;
  readonly read: Record<string, unknown>;
}

const allTypes: CollectionSpec = {
  name: "all_types",
  shards: 3,
  dynamic: true,
  fields: [
    { name: "id", type: DataType.Int64, key: true },
    { name: "flag", type: DataType.Bool },
    { name: "i8", type: DataType.Int8 },
    { name: "i16", type: DataType.Int16 },
    { name: "i32", type: DataType.Int32 },
    { name: "i64", type: DataType.Int64 },
    { name: "f", type: DataType.Float },
    { name: "d", type: DataType.Double },
    { name: "text", type: DataType.VarChar, maxLength: 100 },
    { name: "json", type: DataType.JSON },
    { name: "geo", type: DataType.Geometry },
    { name: "at", type: DataType.Timestamptz },
    { name: "words", type: DataType.Array, element: DataType.VarChar, capacity: 4, maxLength: 20 },
    { name: "bools", type: DataType.Array, element: DataType.Bool, capacity: 4 },
    { name: "longs", type: DataType.Array, element: DataType.Int64, capacity: 4 },
    { name: "reals", type: DataType.Array, element: DataType.Float, capacity: 4 },
    { name: "fv", type: DataType.FloatVector, dim: 3 },
    { name: "bv", type: DataType.BinaryVector, dim: 16 },
    { name: "hv", type: DataType.Float16Vector, dim: 2 },
    { name: "gv", type: DataType.BFloat16Vector, dim: 2 },
    { name: "iv", type: DataType.Int8Vector, dim: 4 },
    { name: "sv", type: DataType.SparseFloatVector },
  ],
};

/** Little-endian 16-bit words. */
function words(...values: number[]): Buffer {
  return Buffer.from(Uint16Array.from(values).buffer);
}

function allTypesCase(i: number): Case {
  const same = {
    id: 2n ** 62n + BigInt(i),
    flag: i % 2 === 0,
    i8: i % 2 ? -128 : 127,
    i16: i % 2 ? -32_768 : 32_767,
    i32: i % 2 ? -2_147_483_648 : 2_147_483_647,
    i64: i % 2 ? -(2n ** 63n) : 2n ** 63n - 1n,
    f: Math.fround(i / 3),
    d: i / 3,
    text: `é漢🚀 ${i}`,
    json: { a: [1, null, { b: "x" }], i },
    words: Array.from({ length: i % 5 }, (_, j) => `w${j}`),
    bools: Array.from({ length: i % 3 }, (_, j) => j === 0),
    longs: Array.from({ length: i % 4 }, (_, j) => 2n ** 60n + BigInt(j)),
    reals: Array.from({ length: i % 2 }, () => 0.25),
    fv: [i, -0.5, 1e30].map(Math.fround),
    iv: [-128, 127, 0, i % 100],
    extra: i,
    "more keys": { nested: [i] },
  };
  const written = {
    ...same,
    geo: `POINT (${i} -1.5)`,
    at: `2024-01-02T03:04:05.${String(i).padStart(6, "0")}+02:00`,
    bv: [i % 256, 255],
    hv: [1, -2],
    gv: [1, -2],
    sv: { 5: 0.5, 1000: i },
  };
  const read = {
    ...same,
    geo: expect.stringMatching(new RegExp(`^POINT ?\\(${i} -1\\.5\\)$`)),
    at: expect.stringMatching(/^2024-01-02T01:04:05(\.\d+)?Z$/),
    bv: Buffer.from([i % 256, 255]),
    hv: words(0x3c00, 0xc000),
    gv: words(0x3f80, 0xc000),
    sv: { 5: 0.5, 1000: i },
  };
  return { written, read };
}

describe("every field type", () => {
  it("comes back as it was written, over three shards, with dynamic keys", async () => {
    const { client, files } = fixture;
    await client.createCollection(allTypes);
    const cases = Array.from({ length: 300 }, (_, i) => allTypesCase(i));
    await client.importAndWait(
      "all_types",
      await files.jsonl(
        "all-types.jsonl",
        cases.map((entry) => entry.written),
      ),
    );
    const fields = [...allTypes.fields.map((field) => field.name), "extra", "more keys"];
    const rows = await client.query("all_types", "id > 0", ["*"]);
    expect(Object.keys(rows[0]).sort()).toEqual([...fields].sort());
    expect(rows).toEqual(cases.map((entry) => entry.read));
  });

  it("is there with its type when no row is", async () => {
    const rows = await fixture.client.query("all_types", "id == 7", ["*"]);
    expect(rows).toEqual([]);
  });
});

const nullable: CollectionSpec = {
  name: "nullable",
  fields: [
    { name: "id", type: DataType.Int64, key: true },
    { name: "n_bool", type: DataType.Bool, nullable: true },
    { name: "n_long", type: DataType.Int64, nullable: true },
    { name: "n_float", type: DataType.Float, nullable: true },
    { name: "n_text", type: DataType.VarChar, maxLength: 20, nullable: true },
    { name: "n_json", type: DataType.JSON, nullable: true },
    { name: "n_list", type: DataType.Array, element: DataType.Int32, capacity: 4, nullable: true },
    { name: "n_vector", type: DataType.FloatVector, dim: 2, nullable: true },
    { name: "d_int", type: DataType.Int32, default: { $case: "intData", value: 42 } },
    { name: "d_text", type: DataType.VarChar, maxLength: 20, default: { $case: "stringData", value: "none" } },
    { name: "nd_double", type: DataType.Double, nullable: true, default: { $case: "doubleData", value: -0.5 } },
    { name: "vector", type: DataType.FloatVector, dim: 2 },
  ],
};

describe("nulls and defaults", () => {
  const defaults = { d_int: 42, d_text: "none", nd_double: -0.5 };
  const nulls = { n_bool: null, n_long: null, n_float: null, n_text: null, n_json: null, n_list: null, n_vector: null };
  const full = {
    n_bool: true,
    n_long: 2n ** 60n,
    n_float: 1.5,
    n_text: "",
    n_json: { a: 1 },
    n_list: [],
    n_vector: [1, 2],
    d_int: 1,
    d_text: "x",
    nd_double: 2,
  };

  it("are filled in where a value is missing or null; a default beats null", async () => {
    const { client, files } = fixture;
    await client.createCollection(nullable);
    const kinds = [
      { written: full, read: full },
      { written: { ...nulls, d_int: null, d_text: null, nd_double: null }, read: { ...nulls, ...defaults } },
      { written: {}, read: { ...nulls, ...defaults } },
    ];
    const cases = Array.from({ length: 90 }, (_, i) => ({ key: { id: BigInt(i), vector: [i, 0] }, ...kinds[i % 3] }));
    const lines = await files.jsonl(
      "nulls.jsonl",
      cases.map(({ key, written }) => ({ ...key, ...written })),
    );
    await client.importAndWait("nullable", lines);
    expect(await client.query("nullable", "id >= 0", ["*"])).toEqual(
      cases.map(({ key, read }) => ({ ...key, ...read })),
    );
    expect(await client.count("nullable", "n_long is null")).toBe(60);
    expect(await client.count("nullable", "n_text is not null")).toBe(30);
    expect(await client.count("nullable", "nd_double == -0.5")).toBe(60);
  });
});

describe("automatic keys", () => {
  const vector = { name: "vector", type: DataType.FloatVector, dim: 2 };
  const number = { name: "number", type: DataType.Int32 };

  it.each([
    { kind: "int64", key: { type: DataType.Int64 }, text: (id: bigint): unknown => id },
    { kind: "varchar", key: { type: DataType.VarChar, maxLength: 64 }, text: (id: bigint): unknown => id.toString() },
  ])("of $kind are unique, in file order, and told to the client", async ({ kind, key, text }) => {
    const { client, files } = fixture;
    const name = `auto_${kind}`;
    await client.createCollection({
      name,
      shards: 2,
      fields: [{ name: "id", key: true, auto: true, ...key }, number, vector],
    });
    const rows = Array.from({ length: 5000 }, (_, i) => ({ number: i, vector: [i, i + 0.5] }));
    const { idRanges } = await client.importAndWait(name, await files.jsonl(`${name}.jsonl`, rows));
    const ids = idsOf(idRanges);
    expect(ids.length).toBe(5000);
    expect(new Set(ids).size).toBe(5000);
    const found = await client.query(name, "number >= 0", ["id", "number", "vector"]);
    const byNumber = [...found].sort((a, b) => (a.number as number) - (b.number as number));
    expect(byNumber).toEqual(rows.map((row, i) => ({ id: text(ids[i]), ...row })));
  });
});

function idsOf(ranges: readonly bigint[]): bigint[] {
  const ids: bigint[] = [];
  for (let i = 0; i < ranges.length; i += 2) for (let id = ranges[i]; id < ranges[i + 1]; id++) ids.push(id);
  return ids;
}

describe("a partition key", () => {
  const spec: CollectionSpec = {
    name: "keyed",
    shards: 2,
    partitions: 8,
    fields: [
      { name: "id", type: DataType.VarChar, key: true, maxLength: 50 },
      { name: "tenant", type: DataType.VarChar, partitionKey: true, maxLength: 50 },
      { name: "vector", type: DataType.FloatVector, dim: 2 },
    ],
  };

  it("sends every row to one partition; none may be named", async () => {
    const { client, files } = fixture;
    await client.createCollection(spec);
    const rows = Array.from({ length: 800 }, (_, i) => ({
      id: `key ${String(i).padStart(4, "0")}`,
      tenant: `tenant ${i % 30}`,
      vector: [i, 1],
    }));
    const lines = await files.jsonl("keyed.jsonl", rows);
    await client.importAndWait("keyed", lines);
    expect(await client.query("keyed", 'id >= ""', ["*"])).toEqual(rows);
    expect(await client.count("keyed", "tenant == 'tenant 3'")).toBe(
      rows.filter((row) => row.tenant === "tenant 3").length,
    );
    await expect(client.import("keyed", lines, { partition: "_default_1" })).rejects.toThrow(
      /not allow to set partition name/,
    );
  });
});

describe("a partition", () => {
  it("gets the rows of imports that name it", async () => {
    const { client, files } = fixture;
    const fields = [
      { name: "id", type: DataType.Int64, key: true },
      { name: "vector", type: DataType.FloatVector, dim: 2 },
    ];
    await client.createCollection({ name: "parted", fields });
    await client.createPartition("parted", "p1");
    const rows = (count: number, first: number) =>
      Array.from({ length: count }, (_, i) => ({ id: BigInt(first + i), vector: [i, 1] }));
    await client.importAndWait("parted", await files.jsonl("parted-0.jsonl", rows(30, 0)));
    await client.importAndWait("parted", await files.jsonl("parted-1.jsonl", rows(12, 100)), { partition: "p1" });
    expect(await client.count("parted")).toBe(42);
    expect(await client.count("parted", "", ["p1"])).toBe(12);
    expect(await client.count("parted", "id >= 0", ["_default"])).toBe(30);
  });
});
