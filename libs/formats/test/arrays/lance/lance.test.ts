import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { formatNamed, lanceFiles, newestManifest } from "@sluice/formats";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import fc from "fast-check";
import { unpacked } from "../../../src/arrays/lance/bit-unpacking.ts";
import { type Files, filesInMemory, unpackedFixture } from "../archived-files.ts";

const signal = new AbortController().signal;
const ROWS = 2500;
const fields = {
  id: { name: "id", type: 5, is_primary: true },
  vector: { name: "vector", type: 101, params: { dim: 8 } },
  wide: { name: "wide", type: 101, params: { dim: 80 } },
  half: { name: "half", type: 102, params: { dim: 4 } },
  title: { name: "title", type: 21, params: { max_length: 99 } },
  text: { name: "text", type: 21, params: { max_length: 999 } },
  kind: { name: "kind", type: 21, params: { max_length: 9 } },
  year: { name: "year", type: 4 },
  byte: { name: "byte", type: 2 },
  flag: { name: "flag", type: 1 },
  price: { name: "price", type: 11 },
  same: { name: "same", type: 5 },
  source: { name: "source", type: 21, params: { max_length: 9 } },
};
const schemaOf = (...names: (keyof typeof fields)[]) => fixtureSchema({ fields: names.map((name) => fields[name]) });
const vectorOf = (row: number, dim: number) => Array.from({ length: dim }, (_, i) => ((row * dim + i) % 1009) * 0.5);
const valuesOf = (row: number) => ({
  id: (row * 1000003) % 2 ** 40,
  vector: vectorOf(row, 8),
  wide: vectorOf(row, 80),
  half: vectorOf(row, 4),
  title: `title ${row} of many`,
  text: `${row} `.repeat(60),
  kind: ["red", "green", "blue"][row % 3],
  year: 1900 + Math.floor(row / 100),
  byte: (row % 200) - 100,
  flag: row % 3 === 0,
  price: row * 0.125,
  same: 7,
  source: "crawl",
});

/** The newest manifest of a table and all of its data files, as a request finds them. */
async function filesOf(name: string): Promise<Files> {
  const all = await unpackedFixture(join(import.meta.dirname, "fixtures", `${name}.zip`), "t.lance/");
  const notes = [...all.keys()].map((path) => path.replace("t.lance/_versions/", ""));
  const manifest = `t.lance/_versions/${newestManifest(notes)}`;
  const bytes = all.get(manifest) as Uint8Array;
  const paths = [manifest, ...lanceFiles(bytes, manifest).map((path) => `t.lance/${path}`)];
  return new Map(paths.map((path) => [path, all.get(path) as Uint8Array]));
}

async function rowsOf(
  files: Files,
  schema = schemaOf("id", "vector", "title"),
  range?: { begin: number; end: number },
) {
  const input = { ...readerInput(schema, await filesInMemory(files)), ...(range && { range }) };
  const rows = await readCanonicalRows(schema, formatNamed("lance").open(input));
  return rows.map((row) => ({ ...row, id: Number(row.id), ...("same" in row && { same: Number(row.same) }) }));
}

describe("Lance", () => {
  it.each(["v2.1", "v2.2"])("%s gives the rows that were put in, of every type", async (name) => {
    const schema = fixtureSchema({ fields: Object.values(fields) });
    const rows = await rowsOf(await filesOf(name), schema);
    expect(rows.length).toBe(ROWS);
    for (const [row, found] of rows.entries())
      if (row % 7 === 0 || row > ROWS - 5) expect(found).toEqual(valuesOf(row));
  });

  it("gives the rows of all parts of a table in their order, and may be cut", async () => {
    const files = await filesOf("appended");
    expect(files.size).toBe(5);
    const expected = Array.from({ length: ROWS }, (_, row) => {
      const { id, vector, title } = valuesOf(row);
      return { id, vector, title };
    });
    expect(await rowsOf(files)).toEqual(expected);
    expect(await rowsOf(files, undefined, { begin: 690, end: 1801 })).toEqual(expected.slice(690, 1801));
    const sources = await filesInMemory(files);
    const { columns, rowCount } = await formatNamed("lance").describe(sources, signal);
    expect([rowCount, columns.map(({ name, type }) => `${name} ${type}`)]).toEqual([
      ROWS,
      ["id <i8 (2500)", "vector <f4 (2500, 8)", "title |S18 (2500)"],
    ]);
  });

  it("leaves deleted rows out, and says how many", async () => {
    const files = await filesOf("deleted");
    expect([...files.keys()].map((path) => path.split(".").at(-1))).toEqual([
      ...["manifest", "lance", "arrow", "lance", "bin", "lance"],
    ]);
    const isLive = (id: number) => (id < 14000 ? id % 100 !== 7 : id >= 28000 || (id % 2 === 0 && id >= 20000));
    const expected = Array.from({ length: 30_000 }, (_, id) => id).filter(isLive);
    const warnings: string[] = [];
    const one = schemaOf("id");
    const input = { ...readerInput(one, await filesInMemory(files)), warn: (text: string) => warnings.push(text) };
    const rows = await readCanonicalRows(one, formatNamed("lance").open(input));
    expect(rows.map(({ id }) => Number(id))).toEqual(expected);
    expect(warnings).toEqual([
      `Lance table: ${30_000 - expected.length} rows were left out, being deleted in the table`,
    ]);
    const range = { begin: 13_990, end: 20_010 };
    const part = (await rowsOf(files, one, range)).map(({ id }) => id);
    expect(part).toEqual(expected.filter((id) => id >= range.begin && id < range.end));
  });

  it("with a list of deleted rows that is damaged is an error", async () => {
    const files = await filesOf("deleted");
    for (const end of ["arrow", "bin"]) {
      const [path, bytes] = [...files].find(([name]) => name.endsWith(end)) as [string, Uint8Array];
      for (const damaged of [bytes.subarray(0, bytes.length - 9), Buffer.alloc(200)]) {
        const read = rowsOf(new Map(files).set(path, damaged), schemaOf("id"));
        await expect(read).rejects.toMatchObject({ code: "malformed_file", at: { file: path } });
      }
    }
  });

  it.each([["v2.0", "the Lance table has files of version 2.0, and 2.1 and 2.2 are read: write it as Parquet"]])(
    "%s is refused with the way out, before anything is read",
    async (name, why) => {
      await expect(filesOf(name)).rejects.toMatchObject({ code: "unsupported" });
      await expect(filesOf(name)).rejects.toThrow(why);
    },
  );

  it("with a column that has nulls is read without it", async () => {
    const files = await filesOf("nulls");
    const rows = await rowsOf(files, schemaOf("id", "vector"));
    expect(rows.map(({ id }) => id)).toEqual([0, 1000003, 2000006]);
    const note = { name: "note", type: 21, params: { max_length: 9 } };
    const schema = fixtureSchema({ fields: [fields.id, fields.vector, note] });
    await expect(rowsOf(files, schema)).rejects.toThrow(
      "column 'note' of the Lance table is not read: it has nulls: write it as Parquet",
    );
  });

  it("of two manifests takes the newest, in both ways of naming them", () => {
    expect(newestManifest(["1.manifest", "10.manifest", "9.manifest", "latest_version_hint.json"])).toBe("10.manifest");
    const [first, third] = ["18446744073709551614.manifest", "18446744073709551612.manifest"];
    expect(newestManifest([first, third, "18446744073709551613.manifest"])).toBe(third);
    expect(newestManifest(["x"])).toBeUndefined();
  });

  it("with damaged bytes anywhere ends in an error or in rows", async () => {
    const schema = schemaOf("id", "vector", "title", "kind", "year");
    const files = [...(await filesOf("v2.2"))];
    const codes = ["malformed_file", "unsupported", "schema_mismatch", "value_invalid", "file_not_found"];
    // Half of the changes where files tell of themselves.
    const place = fc.tuple(fc.nat(1), fc.boolean(), fc.nat(), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(place, async ([file, isAtEnd, at, change]) => {
        const [path, bytes] = files[file];
        const damaged = Buffer.from(bytes);
        const from = isAtEnd ? Math.max(0, bytes.length - 9000) : 0;
        damaged[from + (at % (damaged.length - from))] ^= change;
        const read = await rowsOf(new Map(files).set(path, damaged), schema).catch(
          (error: { code?: string }) => error.code,
        );
        if (!Array.isArray(read)) expect(codes).toContain(read);
      }),
      { numRuns: 40 },
    );
  });

  it("unpacks values of every width as they were packed", () => {
    for (const bits of [8, 16, 32, 64])
      for (const width of [0, 1, 7, 8, 9, bits - 1, bits].filter((each) => each >= 0 && each <= bits)) {
        const values = Array.from({ length: 1024 }, (_, i) => (BigInt(i) * 0x9e3779b97f4a7c15n) % 2n ** BigInt(width));
        const bytes = unpacked(packedBlock(values, bits, width), bits, 1000);
        const found = Array.from({ length: 1000 }, (_, i) => numberAt(bytes, (i * bits) / 8, bits / 8));
        expect(found).toEqual(values.slice(0, 1000));
      }
  });
});

/** The way back, by the letter of the layout: one big number for each lane. */
function packedBlock(values: readonly bigint[], bits: number, width: number): Uint8Array {
  const [lanes, word] = [1024 / bits, bits / 8];
  const block = Buffer.alloc(word + 128 * width);
  block[0] = width;
  for (let lane = 0; lane < lanes; lane++) {
    let packed = 0n;
    for (let row = 0; row < bits; row++) {
      const place = [0, 4, 2, 6, 1, 5, 3, 7][row >> 3] * 16 + (row % 8) * 128 + lane;
      packed |= values[place] << BigInt(row * width);
    }
    for (let i = 0; i < width; i++)
      for (let k = 0; k < word; k++)
        block[word + (i * lanes + lane) * word + k] = Number((packed >> BigInt(i * bits + 8 * k)) & 255n);
  }
  return block;
}

function numberAt(bytes: Uint8Array, at: number, width: number): bigint {
  return bytes.subarray(at, at + width).reduceRight((value, byte) => value * 256n + BigInt(byte), 0n);
}
