import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { DataType, type FieldSchema } from "@sluice/schema";
import { field } from "@sluice/schema/testing";
import { hdf5Format } from "../../../src/arrays/hdf5/index.ts";
import {
  expectCutsLikeWhole,
  expectDamageIsTold,
  fixture,
  readFiles,
  refusal,
  sourcesOf,
  vectorSchema,
} from "../array-files.ts";

const file = (name: string) => ({ "a.h5": fixture(import.meta.dirname, name) });
const schema = vectorSchema(6);
const vectorOf = (row: number) => [0, 1, 2, 3, 4, 5].map((k) => row * 6 + k);
const rowsUpTo = (count: number) => Array.from({ length: count }, (_, i) => ({ id: 7 * i, vector: vectorOf(i) }));

describe.each<[string, number]>([
  ["grid", 150],
  ["resizable", 150],
  ["small-integers", 20],
  ["user-block", 150],
  ["latest-fixed", 150],
  ["latest-paged", 150],
  ["latest-single", 150],
  ["latest-single-plain", 150],
  ["v110", 150],
  ["track-times", 150],
  ["attributes", 150],
  ["latest-resizable", 150],
  ["latest-may-grow", 150],
  ["latest-wider", 150],
  ["latest-many-chunks", 150],
  ["lzf", 150],
  ["lzf-checked", 150],
  ["blosc", 150],
  ["blosc-bits", 150],
  ["lz4", 150],
  ["zstd", 150],
  ["many", 150],
])("%s.h5 of h5py", (name, count) => {
  it("is read as it was written, in parts too", async () => {
    expect((await readFiles(hdf5Format, file(`${name}.h5`), { schema })).rows).toEqual(rowsUpTo(count));
    await expectCutsLikeWhole(hdf5Format, file(`${name}.h5`), { schema });
  });
});

describe.each(["matlab", "matlab-row", "matlab-grid"])("%s.h5, as MATLAB writes it column by column", (name) => {
  it("has the rows of MATLAB, in parts too", async () => {
    expect((await readFiles(hdf5Format, file(`${name}.h5`), { schema })).rows).toEqual(rowsUpTo(150));
    await expectCutsLikeWhole(hdf5Format, file(`${name}.h5`), { schema });
  });

  it("is described by them, without what its cells hold", async () => {
    const { columns, rowCount } = await hdf5Format.describe(
      await sourcesOf(file(`${name}.h5`)),
      new AbortController().signal,
    );
    const named = columns.filter((column) => column.name !== "name");
    expect(named.map(({ name, dim }) => [name, dim]).toSorted()).toEqual([
      ["id", undefined],
      ["vector", 6],
    ]);
    expect(rowCount).toBe(150);
  });
});

it("bfloat16 is two opaque bytes", async () => {
  const { rows } = await readFiles(hdf5Format, file("bfloat16.h5"), {
    schema: vectorSchema(6, { type: DataType.BFloat16Vector }),
  });
  expect(rows).toEqual(rowsUpTo(20));
});

it("binary vectors of MilvusDM are texts, of which no zero is cut off; they feed the only vector field", async () => {
  const packed = new Uint8Array(
    readFileSync(join(import.meta.dirname, "../../../../../test/fixtures/hdf5/packed-strings.h5")),
  );
  const dim = 8 * (await packedBytes(packed));
  const reading = { schema: vectorSchema(dim, { type: DataType.BinaryVector }) };
  const { rows, warnings } = await readFiles(hdf5Format, { "a.h5": packed }, reading);
  const mapped = { ...reading, options: { fields_mapping: '{"embeddings":"vector","ids":"id"}' } };
  expect(rows).toEqual((await readFiles(hdf5Format, { "a.h5": packed }, mapped)).rows);
  expect(rows.some(({ vector }) => String(vector).endsWith("00"))).toBe(true);
  expect(warnings[0]).toContain("'embeddings' feeds 'vector', the only vector field");
});

/** Bytes of a vector, as its file describes it. */
async function packedBytes(bytes: Uint8Array): Promise<number> {
  const { columns } = await hdf5Format.describe(await sourcesOf({ "a.h5": bytes }), new AbortController().signal);
  return Number(/^\|S(\d+)/.exec(columns.find(({ name }) => name === "embeddings")?.type ?? "")?.[1]);
}

describe("sets of ann-benchmarks", () => {
  const bits = vectorSchema(16, { type: DataType.BinaryVector });
  const vectors = ["f000", "0f80"]; // 0 to 3, and 4 to 8.

  it("are vectors of bits, the most significant first, in parts too", async () => {
    const { rows } = await readFiles(hdf5Format, file("sets.hdf5"), { schema: bits });
    expect(rows).toEqual(vectors.map((vector, id) => ({ id, vector })));
    await expectCutsLikeWhole(hdf5Format, file("sets.hdf5"), { schema: bits });
    const described = await hdf5Format.describe(await sourcesOf(file("sets.hdf5")), new AbortController().signal);
    expect(described).toMatchObject({
      rowCount: 2,
      columns: [{ name: "train", dataType: DataType.BinaryVector, dim: 16 }],
    });
  });

  it("are refused by other fields, and by vectors that have not so many bits", async () => {
    expect((await refusal(hdf5Format, file("sets.hdf5"), { schema: vectorSchema(2) })).reason).toContain(
      "a BinaryVector field takes them",
    );
    const { reason, at } = await refusal(hdf5Format, file("sets.hdf5"), {
      schema: vectorSchema(8, { type: DataType.BinaryVector }),
    });
    expect([reason, at?.row]).toEqual([expect.stringContaining("a set has the number 8, and vectors of 8 bits"), 1]);
  });

  it("that are damaged are an error", () =>
    expectDamageIsTold(hdf5Format, "a.h5", file("sets.hdf5")["a.h5"], { schema: bits, runs: 100 }));
});

it("an integer for each bit is taken for one, and no other number", async () => {
  const bits = vectorSchema(8, { type: DataType.BinaryVector });
  const { rows } = await readFiles(hdf5Format, file("bits.hdf5"), { schema: bits });
  expect(rows.map(({ vector }) => vector)).toEqual(["81", "00", "7f"]);
  await expectCutsLikeWhole(hdf5Format, file("bits.hdf5"), { schema: bits });
  const { reason, at } = await refusal(hdf5Format, file("no-bits.hdf5"), { schema: bits });
  expect([reason, at?.row]).toEqual(["a bit of a vector is 2, expected 0 or 1", 1]);
});

it("values may stand in the header itself", async () => {
  const options = { fields_mapping: '{"compact":"vector"}', row_number_field: "id" };
  const { rows } = await readFiles(hdf5Format, file("compact.h5"), { schema, options });
  expect(rows.map(({ vector }) => vector)).toEqual([0, 1, 2, 3, 4].map(vectorOf));
});

it.each([
  ["filled", 2.5],
  ["zeros", 0],
])("what was never written of '%s' is %d", async (name, value) => {
  const options = { fields_mapping: `{"${name}":"vector"}` };
  const { rows } = await readFiles(hdf5Format, file("sparse.h5"), { schema, options });
  const blank = new Array(6).fill(value);
  expect(rows.map(({ vector }) => vector)).toEqual(
    Array.from({ length: 30 }, (_, i) => (i >= 10 && i < 20 ? vectorOf(i) : blank)),
  );
});

it("a data set without any values has its own in all rows", async () => {
  const options = { fields_mapping: '{"never":"vector"}' };
  const { rows } = await readFiles(hdf5Format, file("sparse.h5"), { schema, options });
  expect(rows[29]).toEqual({ id: 29, vector: new Array(6).fill(2.5) });
});

it("texts have any length, or one", async () => {
  const more = ["title", "code"].map((name) => field(name, DataType.VarChar, { maxLength: 100 }));
  const { rows } = await readFiles(hdf5Format, file("texts.h5"), { schema: vectorSchema(6, { more }) });
  expect(rows).toEqual(rowsUpTo(40).map((row, i) => ({ ...row, title: `title ${i} é`.repeat(i % 4), code: `c${i}` })));
  await expectCutsLikeWhole(hdf5Format, file("texts.h5"), { schema: vectorSchema(6, { more }) });
});

it("texts of one length end where HDF5 says so", async () => {
  const more = ["terminated", "blanks"].map((name) => field(name, DataType.VarChar, { maxLength: 9 }));
  const { rows } = await readFiles(hdf5Format, file("padded-texts.h5"), { schema: vectorSchema(6, { more }) });
  expect(rows).toEqual(rowsUpTo(5).map((row, i) => ({ ...row, terminated: `k${i}`, blanks: `k${i}` })));
});

it.each([
  ["latest-tree.h5", "listed in a tree of the second version, the newest form of a data set that grows in several"],
  ["external.h5", "data set 'vector' has its values in other files"],
  ["virtual.h5", "data set 'vector' is a virtual one, made of others"],
  ["bitshuffle.h5", "data set 'vector' is compressed by filter 32008 (bitshuffle)"],
  [
    "compound.h5",
    "data set 'vector' holds compounds, which no field takes: save its members as data sets of their own",
  ],
  ["endless.h5", "takes 26388279066624 bytes in a file of"],
])("%s is refused rather than read wrong", async (name, words) => {
  const { code, reason, at } = await refusal(hdf5Format, file(name), { schema });
  expect([code, at?.file]).toEqual(["unsupported", "a.h5"]);
  expect(reason).toContain(words);
});

describe.each(["meanings-earliest.h5", "meanings-latest.h5"])("attributes of %s", (name) => {
  const reading = (source: string, type: DataType = DataType.Int64) => ({
    schema: vectorSchema(6, { more: [field("count", type)] }),
    options: { fields_mapping: `{"m/${source}":"count"}` },
  });

  it.each(["since", "since-fixed"])("make times of counts from 1970 on: %s", async (source) => {
    const times = await readFiles(hdf5Format, file(name), reading(source, DataType.Timestamptz));
    expect(times.rows.map(({ count }) => count)).toEqual([
      "1969-12-31T23:59:59.999999Z",
      "2023-11-14T22:13:20.000005Z",
    ]);
    const counts = await readFiles(hdf5Format, file(name), reading(source));
    expect(counts.rows.map(({ count }) => Number(count))).toEqual([-1, 1_700_000_000_000_005]);
  });

  it.each([
    ["since-2020", "data set 'm/since-2020' counts 'days since 2020-01-01 00:00:00', where times count from 1970 on"],
    ["since-2020", 'set ds["m/since-2020"].encoding = {"units": "microseconds since 1970-01-01"} in xarray'],
    ["since-noleap", "data set 'm/since-noleap' counts 'days since 1970-01-01' by the calendar 'noleap'"],
    ["packed", "data set 'm/packed' is packed (scale_factor 0.5, add_offset 3), which is not undone"],
  ])("refuse numbers that are no values: %s", async (source, words) => {
    const { code, reason } = await refusal(hdf5Format, file(name), reading(source));
    expect([code, reason]).toEqual(["unsupported", expect.stringContaining(words)]);
  });

  it("leave numbers that are values what they are", async () => {
    const { rows } = await readFiles(hdf5Format, file(name), reading("unpacked"));
    expect(rows.map(({ count }) => Number(count))).toEqual([-1, 1_700_000_000_000_005]);
  });

  it("are read where they are too many for the header", async () => {
    const { reason } = await refusal(hdf5Format, file(name), reading("many-attributes"));
    expect(reason).toContain("data set 'm/many-attributes' counts 'days since 2020-01-01', where times");
  });

  it.each(["since", "unpacked"])("that are damaged are told: %s", (source) =>
    expectDamageIsTold(hdf5Format, "a.h5", file(name)["a.h5"], { ...reading(source), runs: 50 }),
  );
});

describe("many links and attributes in the newest form", () => {
  it.each(["latest-links.h5", "latest-long-links.h5"])("are read: %s", async (name) => {
    const { columns } = await hdf5Format.describe(await sourcesOf(file(name)), new AbortController().signal);
    expect(columns.map((column) => column.name.slice(0, 4))).toEqual(expect.arrayContaining(["n000", "n039", "id"]));
    expect(columns).toHaveLength(43);
    expect((await readFiles(hdf5Format, file(name), { schema })).rows).toEqual(rowsUpTo(3));
  });

  const schemaWith = (type: DataType, nullable: boolean) => ({
    schema: vectorSchema(6, { more: [{ ...field("count", type), nullable }] }),
    options: { fields_mapping: '{"many":"count"}' },
  });

  it("make nulls of the numbers that a _FillValue among sixty attributes calls none", async () => {
    const { rows } = await readFiles(hdf5Format, file("latest-links.h5"), schemaWith(DataType.Int64, true));
    expect(rows.map(({ count }) => count && String(count))).toEqual(["1", null, "9223372036854775806"]);
    const { reason, at } = await refusal(hdf5Format, file("latest-links.h5"), schemaWith(DataType.Int64, false));
    expect([reason, at?.row]).toEqual([expect.stringContaining("is not nullable but the file contains null value"), 1]);
  });

  it.each(["latest-links.h5", "latest-long-links.h5"])("that are damaged are told: %s", (name) =>
    expectDamageIsTold(hdf5Format, "a.h5", file(name)["a.h5"], { ...schemaWith(DataType.Int64, true), runs: 100 }),
  );
});

describe.each(["links-earliest.h5", "links-latest.h5"])("what has several names in %s", (name) => {
  const named = (fields_mapping: object, more: FieldSchema[] = []) => ({
    schema: vectorSchema(6, { more }),
    options: { fields_mapping: JSON.stringify(fields_mapping) },
  });

  it.each([
    ["as its fields are called", {}],
    ["the path of the data set", { "data/ids": "id", "data/deep/rows": "vector" }],
    ["a link to the group", { "group/ids": "id", "group/deep/rows": "vector" }],
    ["a link through another one", { "chain/rows": "vector" }],
    ["a link to the group above", { "data/upwards/ids": "id" }],
  ])("is found by each of them: %s", async (_what, mapping) => {
    const { rows, warnings } = await readFiles(hdf5Format, file(name), named(mapping));
    expect(rows).toEqual(rowsUpTo(3));
    expect(warnings).toEqual([
      expect.stringMatching(/: 4 columns that no field takes were not imported: '(cut|away)', /),
    ]);
  });

  it("is described once", async () => {
    const { columns } = await hdf5Format.describe(await sourcesOf(file(name)), new AbortController().signal);
    const names = columns.map((column) => column.name).sort();
    expect(names).toEqual(["away", "cut", "data/deep/rows", "data/ids", "truth", "words"]);
  });

  it("is refused where it lies in another file", async () => {
    const { code, reason, at } = await refusal(hdf5Format, file(name), named({ away: "vector" }));
    expect([code, reason]).toEqual(["unsupported", expect.stringContaining("'away' is a link into another file: ")]);
    expect(at).toMatchObject({ file: "a.h5", field: "vector" });
  });

  it("has rows of texts, and truth values of xarray", async () => {
    const words = (key: string) =>
      field(key, DataType.Array, { elementType: DataType.VarChar, maxCapacity: 3, maxLength: 9 });
    const more = [words("words"), words("cut"), field("truth", DataType.Bool)];
    const { rows } = await readFiles(hdf5Format, file(name), named({}, more));
    const texts = [0, 1, 2].map((i) => [`é${i}`, "", "x".repeat(i)]);
    const expected = rowsUpTo(3).map((row, i) => ({ ...row, words: texts[i], cut: texts[i], truth: i !== 1 }));
    expect(rows).toEqual(expected);
    const counted = await readFiles(hdf5Format, file(name), named({}, [field("truth", DataType.Int8)]));
    expect(counted.rows.map(({ truth }) => truth)).toEqual([1, 0, 1]);
  });

  it("is told where it is damaged", () =>
    expectDamageIsTold(hdf5Format, "a.h5", file(name)["a.h5"], { ...named({ "group/ids": "id" }), runs: 100 }));
});

it("data sets are described by their paths, those of groups too", async () => {
  const { columns } = await hdf5Format.describe(await sourcesOf(file("many.h5")), new AbortController().signal);
  expect(columns.length).toBe(122);
  expect(columns.map(({ name }) => name)).toEqual(expect.arrayContaining(["vector", "id", "group2/more119"]));
});

describe("damage is told", () => {
  it.each([
    "grid.h5",
    "resizable.h5",
    "latest-fixed.h5",
    "latest-single.h5",
    "texts.h5",
    "lzf.h5",
    "lz4.h5",
    "blosc.h5",
    "latest-many-chunks.h5",
  ])("in %s", (name) => expectDamageIsTold(hdf5Format, "a.h5", file(name)["a.h5"], { schema, runs: 100 }));

  it("in a name that would lie behind all others", async () => {
    const bytes = fixture(import.meta.dirname, "links-earliest.h5");
    const found = Buffer.from(bytes);
    for (let at = found.indexOf("SNOD"); at >= 0; at = found.indexOf("SNOD", at + 8)) bytes[at + 8 + 2] = 0x7f;
    const { code, reason } = await refusal(hdf5Format, { "a.h5": bytes }, { schema });
    expect([code, reason]).toEqual(["malformed_file", expect.stringContaining("shorter than what it should hold")]);
  });

  it("in values, by the checksum of their chunk", async () => {
    const bytes = fixture(import.meta.dirname, "grid.h5");
    const chunk = Buffer.from(bytes).indexOf(Buffer.of(0x78, 0x5e), 2000);
    bytes[chunk + 12] ^= 1;
    const { code, reason } = await refusal(hdf5Format, { "a.h5": bytes }, { schema });
    expect([code, reason]).toEqual(["malformed_file", expect.stringMatching(/^a chunk of the HDF5 file /)]);
  });
});
