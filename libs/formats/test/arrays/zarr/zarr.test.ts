import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { type FileRef, formatNamed, openFiles } from "@sluice/formats";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { MemoryObjectStore, sourcesOf } from "@sluice/object-store/testing";
import { Damage } from "@sluice/parquet";
import fc from "fast-check";
import { decodeBlosc } from "../../../src/arrays/blosc/blosc.ts";
import { zarrFolders, zarrRoot } from "../../../src/arrays/zarr/store-files.ts";
import { type Files, filesInMemory, unpackedFixture } from "../archived-files.ts";

const fixtures = join(import.meta.dirname, "fixtures");
const signal = new AbortController().signal;
const [ROWS, DIM] = [11, 5];
const expected = Array.from({ length: ROWS }, (_, row) => ({
  id: BigInt(row) * 2n ** 40n + 3n,
  vector: Array.from({ length: DIM }, (_, i) => (row * DIM + i) * 1.25 - 7),
  title: `tïtel ${"x".repeat(row)}`,
}));
const fields = {
  id: { name: "id", type: 5, is_primary: true },
  vector: { name: "vector", type: 101, params: { dim: DIM } },
  title: { name: "title", type: 21, params: { max_length: 99 } },
};
const schema = fixtureSchema({ fields: Object.values(fields) });

/** The files of a store, by their names. */
const unpacked = (name: string) => unpackedFixture(join(fixtures, `${name}.zip`), "emb.zarr/");

async function rowsOf(files: Files, warnings: string[] = [], of = schema) {
  const sources = await filesInMemory(files);
  const input = { ...readerInput(of, sources), warn: (text: string) => warnings.push(text) };
  return await readCanonicalRows(of, formatNamed("zarr").open(input));
}

const plain = (rows: Awaited<ReturnType<typeof rowsOf>>) =>
  rows.map(({ id, vector, title }) => ({ id: BigInt(id as string), vector, title }));

describe("zarr", () => {
  it.each([
    ...["v3", "v3-plain", "v3-codecs", "v3-shards", "v3-shards-whole"],
    ...["v2", "v2-dots-zlib", "v2-gzip", "v2-lz4", "v2-blosc", "v2-order"],
  ])("%s gives the rows that were put in", async (name) => {
    const warnings: string[] = [];
    expect(plain(await rowsOf(await unpacked(name), warnings))).toEqual(expected);
    expect(warnings).toEqual([]);
  });

  it("reads the bfloat16 of TensorStore, in version 2", async () => {
    // TensorStore 0.1.86, driver zarr, without a compressor.
    const meta =
      '{"chunks":[2,3],"compressor":null,"dimension_separator":".","dtype":"bfloat16","fill_value":null,"filters":null,"order":"C","shape":[2,3],"zarr_format":2}';
    const chunk = Buffer.from("0000803f004040408040a040", "hex");
    const files = new Map([
      [".zgroup", Buffer.from('{"zarr_format":2}')],
      ["vector/.zarray", Buffer.from(meta)],
      ["vector/0.0", chunk],
    ]);
    const { id, vector } = fields;
    const of = fixtureSchema({ fields: [id, { ...vector, type: 103, params: { dim: 3 } }] });
    const rows = await rowsOf(files, [], of);
    expect(rows).toEqual([{ id: 0, vector: [0, 1, 2] }, { id: 1, vector: [3, 4, 5] }]); // biome-ignore format: one line
  });

  /** Two rows as zarr-python 3.1.6 writes them for xarray 2026.9.0: of `time` -1 and 1700000000000005, beside vectors whose attributes are no JSON. */
  const ofXarray = (version: 2 | 3, attributes: string) =>
    new Map([
      version === 2 ? [".zgroup", Buffer.from('{"zarr_format":2}')] : ["zarr.json", Buffer.from('{"zarr_format":3,"node_type":"group"}')],
      ...arrayFiles(version, "vector", [2, 1], "float32", "0000803f00000040", '{"note":"NaN, \\"NaN\\"","least":-Infinity,"no":NaN}'),
      ...arrayFiles(version, "id", [2], "int64", "07".padEnd(16, "0") + "08".padEnd(16, "0"), "{}"),
      ...arrayFiles(version, "time", [2], "int64", `${"f".repeat(16)}05401e18240a0600`, attributes),
    ]); // biome-ignore format: an array a line
  const timed = (type: number) =>
    fixtureSchema({ fields: [fields.id, { ...fields.vector, params: { dim: 1 } }, { name: "time", type }] });

  it.each([2, 3] as const)(
    "takes counts from 1970 on for times, as xarray writes them, in version %i",
    async (version) => {
      for (const start of ["1970-01-01", "1970-01-01 00:00:00", "1970-1-1T00:00:00Z"]) {
        const files = ofXarray(version, `{"units":"microseconds since ${start}","calendar":"proleptic_gregorian"}`);
        const instants = (await rowsOf(files, [], timed(26))).map(({ time }) => time);
        expect(instants).toEqual(["1969-12-31T23:59:59.999999Z", "2023-11-14T22:13:20.000005Z"]);
        const counts = (await rowsOf(files, [], timed(5))).map(({ time }) => time);
        expect(counts.map(Number)).toEqual([-1, 1_700_000_000_000_005]);
      }
    },
  );

  it.each<[attributes: string, why: string]>([
    ['{"units":"days since 2020-01-01 00:00:00"}', "array 'time' counts 'days since 2020-01-01 00:00:00', where times"],
    [
      '{"units":"days since 1970-01-01","calendar":"noleap"}',
      "counts 'days since 1970-01-01' by the calendar 'noleap'",
    ],
    ['{"units":"fortnights since 1970-01-01"}', 'set ds["time"].encoding = {"units": "microseconds since 1970-01-01"}'],
    [
      '{"scale_factor":0.1,"add_offset":1}',
      "array 'time' is packed (scale_factor 0.1, add_offset 1), which is not undone",
    ],
  ])("refuses numbers that are no values: %s", async (attributes, why) => {
    for (const version of [2, 3] as const) {
      await expect(rowsOf(ofXarray(version, attributes), [], timed(5))).rejects.toThrow(why);
      const untimed = fixtureSchema({ fields: [fields.id, { ...fields.vector, params: { dim: 1 } }] });
      expect(await rowsOf(ofXarray(version, attributes), [], untimed)).toHaveLength(2);
    }
  });

  it.each(['{"units":"metres"}', '{"units":7}', '{"scale_factor":1,"add_offset":0.0}', "{}"])(
    "reads numbers with the attributes %s",
    async (attributes) => {
      for (const version of [2, 3] as const)
        expect(await rowsOf(ofXarray(version, attributes), [], timed(5))).toHaveLength(2);
    },
  );

  const nullable = (type: number) =>
    fixtureSchema({
      fields: [fields.id, { ...fields.vector, params: { dim: 1 } }, { name: "time", type, nullable: true }],
    });

  it.each<[versions: readonly (2 | 3)[], attributes: string]>([
    [[2, 3], '{"_FillValue":-1}'],
    [[2, 3], '{"missing_value":[7,-1]}'],
    [[2, 3], '{"missing_value":-1,"_FillValue":9223372036854775807}'],
    [[2, 3], '{"_FillValue":-1,"units":"microseconds since 1970-01-01"}'],
  ])("has nulls for the numbers that attributes call none: %j %s", async (versions, attributes) => {
    for (const version of versions) {
      const files = ofXarray(version, attributes);
      const values = (await rowsOf(files, [], nullable(5))).map(({ time }) => time);
      expect(values.map((value) => value && Number(value))).toEqual([null, 1_700_000_000_000_005]);
      const meta = fixtureSchema({ fields: [fields.id, { ...fields.vector, params: { dim: 1 } }], enable_dynamic_field: true }); // biome-ignore format: one line
      const folded = (await rowsOf(files, [], meta)).map((row) => (row.$meta as { time: unknown }).time);
      expect(folded[0]).toBe(null);
      const why = "the field 'time' is not nullable but the file contains null value: a number that its attribute";
      await expect(rowsOf(files, [], timed(5))).rejects.toThrow(why);
    }
  });

  it.each([
    '{"_FillValue":-2}',
    '{"_FillValue":18446744073709551615}',
    '{"_FillValue":1700000000000004}',
    '{"_FillValue":"x"}',
    '{"_FillValue":NaN}',
    '{"_FillValue":null}',
    '{"_FillValue":"AAAAAAAA+H8="}',
  ])("has numbers that attributes do not call none: %s", async (attributes) => {
    for (const version of [2, 3] as const)
      expect((await rowsOf(ofXarray(version, attributes), [], timed(5))).map(({ time }) => Number(time))).toEqual([-1, 1_700_000_000_000_005]); // biome-ignore format: one line
  });

  it.each([
    [-1, '{"_ARRAY_DIMENSIONS":["row"]}', null],
    [-1, "{}", -1],
    [1_700_000_000_000_005, '{"_ARRAY_DIMENSIONS":["row"],"_FillValue":3}', -1],
  ])("of version 2 the fill value %s is null where xarray wrote it: %s", async (fill, attributes, first) => {
    const files = ofXarray(2, attributes);
    const meta = JSON.parse(String(files.get("time/.zarray")));
    files.set("time/.zarray", Buffer.from(JSON.stringify({ ...meta, fill_value: fill })));
    const [{ time }] = await rowsOf(files, [], nullable(5));
    expect(time && Number(time)).toBe(first);
  });

  it("floats of version 3 are none by the base64 of a double, vectors never", async () => {
    const one = Buffer.from(Float64Array.of(1.5).buffer).toString("base64");
    const files = ofXarray(3, "{}");
    const set = (name: string, data_type: "float32", bytes: string) => {
      for (const [path, content] of arrayFiles(3, name, name === "vector" ? [2, 1] : [2], data_type, bytes, `{"_FillValue":"${one}"}`)) files.set(path, content); // biome-ignore format: one line
    };
    set("time", "float32", "0000c03f00000040");
    set("vector", "float32", "0000c03f00000040");
    const rows = await rowsOf(files, [], nullable(10));
    expect(rows.map(({ time, vector }) => [time, vector])).toEqual([[null, [1.5]], [2, [2]]]); // biome-ignore format: one line
  });

  it.each<[what: string, attributes: string, why: RegExp]>([
    ["blanks in units", `{"units":"days since b${" ".repeat(1 << 20)}c"}`, /counts 'days since b/],
    ["quotes in a text without an end", `{"least":NaN,"note":"${'\\"'.repeat(1 << 20)}`, /JSON/],
  ])("takes no more time for a million %s", async (_, attributes, why) => {
    const began = process.cpuUsage();
    await expect(rowsOf(ofXarray(2, attributes), [], timed(5))).rejects.toThrow(why);
    expect(process.cpuUsage(began).user / 1000).toBeLessThan(5000);
  });

  it.each(["v3-holes", "v2-holes"])("%s: chunks that are not there are the fill value, which is said", async (name) => {
    const warnings: string[] = [];
    const rows = plain(await rowsOf(await unpacked(name), warnings));
    const filled = (row: number) => ({ ...expected[row], vector: Array(DIM).fill(1.5), title: "none" });
    expect(rows).toEqual(expected.map((row, i) => (i < 4 || i > 7 ? row : filled(i))));
    expect(warnings).toEqual([
      "zarr store: 1 of 3 chunks of 'title' are not there: their values are the fill value",
      "zarr store: 1 of 3 chunks of 'vector' are not there: their values are the fill value",
    ]);
  });

  it("is cut between rows, described, and needs no names where it is one matrix", async () => {
    const files = await unpacked("v3");
    const sources = await filesInMemory(files);
    const zarr = formatNamed("zarr");
    expect(await zarr.probe(readerInput(schema, sources), signal)).toMatchObject({ rowCount: ROWS, cuts: "anywhere" });
    const part = { ...readerInput(schema, sources), range: { begin: 3, end: 9 } };
    expect(plain(await readCanonicalRows(schema, zarr.open(part)))).toEqual(expected.slice(3, 9));
    const { columns, rowCount } = await zarr.describe(sources, signal);
    expect([rowCount, columns.map(({ name, type }) => `${name} ${type}`)]).toEqual([
      ROWS,
      ["id <i8 (11)", "title |S17 (11)", "vector <f4 (11, 5)"],
    ]);
    const alone = new Map([...files].flatMap(([path, bytes]) => moved(path, bytes)));
    const one = fixtureSchema({ fields: [fields.id, { ...fields.vector, name: "embedding" }] });
    const rows = await rowsOf(alone, [], one);
    expect(rows.map(({ id, embedding }) => [Number(id), embedding])).toEqual(
      expected.map(({ vector }, i) => [i, vector]),
    );
  });

  it("is read from an archive as from a folder, each file when it is needed", async () => {
    const store = new MemoryObjectStore();
    for (const [path, bytes] of await unpacked("v2")) await store.put(path, [bytes]);
    const sources = sourcesOf(store);
    const refs: FileRef[] = await Array.fromAsync(sources.list("emb.zarr/"));
    await using opened = await openFiles(sources, refs);
    const rows = await readCanonicalRows(schema, formatNamed("zarr").open(readerInput(schema, opened.files)));
    expect(plain(rows)).toEqual(expected);
    await store.put("emb.zarr/id/1", [Buffer.from("other")]);
    await using again = await openFiles(sources, refs);
    const read = readCanonicalRows(schema, formatNamed("zarr").open(readerInput(schema, again.files)));
    await expect(read).rejects.toThrow("has changed since");
  });

  it("is found by its metadata, as a whole", () => {
    expect(zarrRoot(["a/zarr.json", "a/v/zarr.json", "a/v/c/0"])).toBe("a/");
    expect(zarrRoot(["a/v/.zarray", "a/v/0"])).toBe("a/v/");
    expect(zarrRoot(["a/.zgroup", "b/.zgroup"])).toBeUndefined();
    expect(zarrRoot(["a/1.json"])).toBeUndefined();
    expect(zarrFolders(["b/v/.zarray", "b/.zgroup", "b/.zattrs"])).toEqual(["b/v/", "b/"]);
  });

  const edited = async (name: string, note: string, change: (meta: Record<string, unknown>) => void) => {
    const files = await unpacked(name);
    const meta = JSON.parse(Buffer.from(files.get(note) as Uint8Array).toString());
    change(meta);
    return files.set(note, Buffer.from(JSON.stringify(meta)));
  };
  type Steps = Record<"codecs" | "index_codecs", { name: string }[]>;
  const sharded = ({ codecs }: Record<string, unknown>) => (codecs as { name: string; configuration: Steps }[])[0];
  const sharding = (meta: Record<string, unknown>) => sharded(meta).configuration;
  const transposed = { name: "transpose", configuration: { order: [1, 0] } };
  const note3 = "emb.zarr/vector/zarr.json";
  const note2 = "emb.zarr/vector/.zarray";

  it.each<[why: string, files: () => Promise<Files>]>([
    ['is compressed by "bz2", which is not read: write it with zstd', () => unpacked("v2-bz2")],
    [
      "is put through delta, which is not undone",
      () => edited("v2", note2, (meta) => Object.assign(meta, { filters: [{ id: "delta" }] })),
    ],
    [
      'holds elements of type "complex64"',
      () => edited("v3", note3, (meta) => Object.assign(meta, { data_type: "complex64" })),
    ],
    [
      "has 3 dimensions: a table has one or two",
      () => edited("v2", note2, (meta) => Object.assign(meta, { shape: [11, 5, 1], chunks: [4, 2, 1] })),
    ],
    [
      'has an index of shards that is put through "gzip": write it with the index codecs "bytes" and "crc32c"',
      () => edited("v3-shards", note3, (meta) => sharding(meta).index_codecs.push({ name: "gzip" })),
    ],
    [
      "has shards in shards: write it with chunks and one level of shards",
      () => edited("v3-shards", note3, (meta) => sharding(meta).codecs.unshift(structuredClone(sharded(meta)))),
    ],
    [
      "is turned before it is cut into shards: write it with chunks and one level of shards",
      () => edited("v3-shards", note3, (meta) => (meta.codecs as unknown[]).unshift(transposed)),
    ],
    [
      "has chunks of the kind",
      () => edited("v3", note3, (meta) => Object.assign(meta, { chunk_grid: { name: "rectilinear" } })),
    ],
    [
      "lacks a chunk, and tells no value for what was never written",
      () => edited("v2-holes", note2, (meta) => Object.assign(meta, { fill_value: null })),
    ],
    [
      "it has 48 bytes of values, and should have 32",
      async () => {
        const files = await edited("v3-plain", note3, () => {});
        return files.set("emb.zarr/vector/c/1/0", new Uint8Array(48));
      },
    ],
    ["the metadata are damaged", () => edited("v3", note3, (meta) => Object.assign(meta, { codecs: 7 }))],
    [
      "has chunks of 100000000 rows",
      () => edited("v2", note2, (meta) => Object.assign(meta, { shape: [1e9, 5], chunks: [1e8, 2] })),
    ],
  ])("refuses: %s", async (why, files) => {
    await expect(rowsOf(await files())).rejects.toThrow(why);
  });

  it("with damaged bytes anywhere ends in an error or in rows", async () => {
    for (const name of ["v3-shards", "v3-shards-whole", "v3-codecs", "v2-blosc", "v2-lz4"]) {
      const files = [...(await unpacked(name))];
      const place = fc.tuple(fc.nat(files.length - 1), fc.nat(), fc.integer({ min: 1, max: 255 }));
      await fc.assert(
        fc.asyncProperty(place, async ([file, at, change]) => {
          const [path, bytes] = files[file];
          const damaged = Buffer.from(bytes);
          damaged[at % damaged.length] ^= change;
          const read = await rowsOf(new Map(files).set(path, damaged)).catch((error: { code?: string }) => error.code);
          if (typeof read === "string") expect(codes).toContain(read);
          else expect(Array.isArray(read)).toBe(true);
        }),
        { numRuns: 60 },
      );
    }
  });
});

/** An array of one chunk that is not compressed. @param attributes in JSON, or what Python calls so */
function arrayFiles(
  version: 2 | 3,
  name: string,
  shape: readonly number[],
  type: "float32" | "int64",
  hex: string,
  attributes: string,
): [path: string, bytes: Buffer][] {
  const base = { shape, fill_value: 0, zarr_format: version };
  const place = shape.map(() => 0).join("/");
  const chunk = Buffer.from(hex, "hex");
  if (version === 2) {
    const how = { order: "C", filters: null, compressor: null, dimension_separator: "/" };
    const meta = { ...base, ...how, chunks: shape, dtype: type === "int64" ? "<i8" : "<f4" };
    const notes = { ".zarray": JSON.stringify(meta), ".zattrs": attributes };
    const files = Object.entries(notes).map(([note, text]): [string, Buffer] => [`${name}/${note}`, Buffer.from(text)]);
    return [...files, [`${name}/${place}`, chunk]];
  }
  const meta = {
    ...{ ...base, node_type: "array", data_type: type },
    chunk_grid: { name: "regular", configuration: { chunk_shape: shape } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    codecs: [{ name: "bytes", configuration: { endian: "little" } }],
  };
  const text = `${JSON.stringify(meta).slice(0, -1)},"attributes":${attributes}}`;
  return [
    [`${name}/zarr.json`, Buffer.from(text)],
    [`${name}/c/${place}`, chunk],
  ];
}

const codes = ["malformed_file", "unsupported", "schema_mismatch", "value_invalid"];

/** The files of the array alone, as a store of their own. */
function moved(path: string, bytes: Uint8Array): [string, Uint8Array][] {
  const folder = "emb.zarr/vector/";
  return path.startsWith(folder) ? [[`emb.zarr/${path.slice(folder.length)}`, bytes]] : [];
}

describe("blosc", () => {
  const numbers = Float32Array.from({ length: 3000 }, (_, i) => Math.floor(((i * 7) % 97) / 3));
  const between = Float32Array.from({ length: 5000 }, (_, i) => i);
  const contents: Readonly<Record<string, Float32Array>> = {
    "blosclz-far": Float32Array.of(...numbers, ...between, ...numbers),
    "zstd-odd": numbers.subarray(0, 1003),
    stored: numbers.subarray(0, 100),
  };

  it.each(readdirSync(join(fixtures, "blosc")))("%s holds what was put in", (name) => {
    const content = Buffer.from(decodeBlosc(readFileSync(join(fixtures, "blosc", name)), 1 << 20));
    const wanted = contents[name] ?? numbers;
    expect(content.equals(Buffer.from(wanted.buffer, wanted.byteOffset, wanted.byteLength))).toBe(true);
  });

  it("of any bytes ends in damage or in bytes", () => {
    for (const name of ["blosclz-1-0", "lz4-2-0", "zstd-0-2048", "stored"]) {
      const bytes = readFileSync(join(fixtures, "blosc", name));
      fc.assert(
        fc.property(fc.nat(bytes.length - 1), fc.uint8Array({ minLength: 1, maxLength: 8 }), (at, put) => {
          const damaged = Buffer.from(bytes);
          damaged.set(put.subarray(0, damaged.length - at), at);
          try {
            expect(decodeBlosc(damaged, 1 << 20).length).toBeLessThanOrEqual(1 << 20);
          } catch (error) {
            expect(error).toBeInstanceOf(Damage);
          }
        }),
        { numRuns: 200 },
      );
    }
  });
});
