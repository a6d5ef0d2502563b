import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";
import type { CollectionSchema } from "@sluice/schema";
import fc from "fast-check";
import { openSeparated } from "../../../src/rows/csv/index.ts";

const fixtures = join(import.meta.dirname, "../../../../../test/fixtures");
const key = { name: "id", type: 5, is_primary: true };

async function read(schema: CollectionSchema, text: string | Uint8Array, options: Record<string, string> = {}) {
  const warnings: string[] = [];
  const source = await memoryFile("t.csv", Buffer.from(text as string));
  const input = { ...readerInput(schema, [source], options), warn: (warning: string) => void warnings.push(warning) };
  const rows = await readCanonicalRows(schema, openSeparated(input, ",", { chunkBytes: 97 }), 300);
  return { rows, warnings };
}

const fixture = (name: string) => readFileSync(join(fixtures, name));
const fieldOf = (type: number, more: object = {}) => fixtureSchema({ fields: [key, { name: "f", type, ...more }] });

/** The value of the one cell. */
async function readCell(schema: CollectionSchema, cell: string, options?: Record<string, string>) {
  const { rows } = await read(schema, `id,f\n1,"${cell.replaceAll('"', '""')}"\n`, options);
  return rows[0]?.f;
}

const dim = (count: number) => ({ params: { dim: count } });
const array = (element_type: number) => ({ element_type, params: { max_capacity: 9, max_length: 20 } });

describe("a cell", () => {
  it.each<[string, CollectionSchema, string, unknown, Record<string, string>?]>([
    ["an integer with a sign", fieldOf(5), "+12", 12],
    ["an integer with zeros in front", fieldOf(5), "007", 7],
    ["the least integer", fieldOf(5), "-9223372036854775808", "-9223372036854775808"],
    ["an integer as pandas writes it", fieldOf(4), "1999.0", 1999],
    ["a float without digits before the point", fieldOf(10), ".5", 0.5],
    ["a float without digits behind the point", fieldOf(11), "5.", 5],
    ["an integer as pandas writes it with a decimal comma", fieldOf(5), "-1999,0", -1999, { decimal: "," }],
    ["a float with a sign and exponent", fieldOf(11), "+1E-3", 0.001],
    ["a float just beside a midpoint", fieldOf(10), "1.00000005960464477539062500000001", 1.0000001192092896],
    ["a decimal comma", fieldOf(10), "-1,5", -1.5, { decimal: "," }],
    ["a text with a NUL", fieldOf(21, { params: { max_length: 9 } }), "a\0b", "a\0b"],
    ["a vector with blanks", fieldOf(101, dim(3)), "[0.5 -1. 1e-3]", [0.5, -1, Math.fround(0.001)]],
    ["a vector without brackets", fieldOf(101, dim(2)), " 1 2 ", [1, 2]],
    ["a vector with line breaks", fieldOf(101, dim(3)), "[ 1\n  2\r\n 3]", [1, 2, 3]],
    ["a vector of NumPy's scalars", fieldOf(101, dim(2)), "[np.float32(0.5), np.float64(-2.0)]", [0.5, -2]],
    ["an array of PostgreSQL", fieldOf(101, dim(2)), "{1.5,2}", [1.5, 2]],
    ["a half vector", fieldOf(102, dim(2)), "[0.5, -1]", [0.5, -1]],
    ["a half vector with blanks", fieldOf(103, dim(2)), "[0.5 -1]", [0.5, -1]],
    ["bits", fieldOf(100, dim(16)), "1000000100000111", "8107"],
    ["bytes in hexadecimal", fieldOf(100, dim(16)), "\\x8107", "8107"],
    ["a list of bytes", fieldOf(100, dim(16)), "[129, 7]", "8107"],
    ["a vector of integers", fieldOf(105, dim(3)), "[   1 -128  127]", [1, -128, 127]],
    ["pgvector's sparse vector", fieldOf(104), "{1:1.5,5:2}/5", { indices: [0, 4], values: [1.5, 2] }],
    ["pgvector's empty sparse vector", fieldOf(104), "{}/5", { indices: [], values: [] }],
    ["a dictionary of Python", fieldOf(104), "{1: 0.5, 7: 2.0}", { indices: [1, 7], values: [0.5, 2] }],
    ["texts of DuckDB", fieldOf(22, array(21)), "[a, b c, 'it\\'s', 'x,y', '']", ["a", "b c", "it's", "x,y", ""]],
    ["texts of Python", fieldOf(22, array(21)), "['a', \"it's\"]", ["a", "it's"]],
    ["texts of PostgreSQL", fieldOf(22, array(21)), '{a,"b \\"c\\""}', ["a", 'b "c"']],
    ["truths of Python", fieldOf(22, array(1)), "[True, False]", [true, false]],
    ["truths of PostgreSQL", fieldOf(22, array(1)), "{t,f}", [true, false]],
    ["integers of PostgreSQL", fieldOf(22, array(5)), "{1,9223372036854775807}", [1, "9223372036854775807"]],
    ["an empty list", fieldOf(22, array(5)), "[]", []],
    ["a geometry of PostGIS", fieldOf(24), "0101000000000000000000F03F0000000000000040", "POINT (1 2)"],
    ["a time of PostgreSQL", fieldOf(26), "2024-01-01 10:30:00.5+00", "2024-01-01T10:30:00.5Z"],
  ])("holds %s", async (_, schema, cell, value, options = {}) =>
    expect(await readCell(schema, cell, options)).toEqual(value),
  );

  it.each<[string, CollectionSchema, string, RegExp, Record<string, string>?]>([
    ["NaN", fieldOf(10), "NaN", /^expected type 'Float' for field 'f', got type 'string' with value 'NaN'/],
    ["infinity", fieldOf(11), "-Inf", /^expected type 'Double'/],
    ["a float beyond float32", fieldOf(10), "1e39", /out of range|'Float'/],
    ["a rounded integer", fieldOf(5), "1.23E+18", /spreadsheet has rounded it/],
    ["a rounded integer with a comma", fieldOf(5), "1,23E+18", /spreadsheet has rounded it/],
    ["a fraction", fieldOf(5), "1.5", /^expected type 'Int64' for field 'f', got type 'string' with value '1.5'$/],
    ["an integer of words", fieldOf(5), "1 000", /^expected type 'Int64'/],
    ["an integer out of range", fieldOf(2), "128", /^expected type 'Int8'.*: out of range$/],
    ["thousands beside a decimal comma", fieldOf(5), "1.000", /got type 'string' with value '1.000'/, { decimal: "," }],
    ["a decimal comma that is not asked for", fieldOf(10), "1,5", /option decimal=,/],
    ["a vector that was cut by NumPy", fieldOf(101, dim(3)), "[0. 1. ... 9.]", /the file has lost them/],
    ["NaN in a vector", fieldOf(101, dim(2)), "[nan, 1]", /NaN and infinity are no values/],
    [
      "another dimension",
      fieldOf(101, dim(3)),
      "[1 2]",
      /expected dim '3' for field 'f' with type 'FloatVector', got dim '2'/,
    ],
    ["commas and blanks", fieldOf(101, dim(3)), "[1, 2 3]", /^expected type 'FloatVector'/],
    ["a comma too many", fieldOf(101, dim(2)), "[1,,2]", /^expected type 'FloatVector'/],
    ["text behind a vector", fieldOf(101, dim(2)), "[1,2]]", /^expected type 'FloatVector'/],
    [
      "other bits",
      fieldOf(100, dim(16)),
      "101",
      /expected dim '16' for field 'f' with type 'BinaryVector', got dim '3'/,
    ],
    ["an index of pgvector from 0", fieldOf(104), "{0:1}/5", /indices from 1 to 5/],
    ["an index twice", fieldOf(104), "{1:1,1:2}", /same indices/],
    ["null in an array", fieldOf(22, array(21)), "[a, NULL]", /expected element type/],
    ["no JSON", fieldOf(23), "{'a': 1}", /^expected type 'JSON'/],
  ])("refuses %s", async (_, schema, cell, words, options = {}) => {
    const read = () => readCell(schema, cell, options);
    await expect(read()).rejects.toMatchObject({ code: "value_invalid", at: { row: 0, field: "f" } });
    await expect(read()).rejects.toThrow(ImportError);
    expect(await read().catch((error: ImportError) => error.reason)).toMatch(words);
  });
});

describe("a file", () => {
  const four = { ...dim(4), type: 101 };

  it("of DuckDB", async () => {
    const schema = fixtureSchema({
      enable_dynamic_field: true,
      fields: [key, { name: "v", ...four }, { name: "tags", ...array(21), type: 22 }, { name: "flag", type: 1 }].concat(
        [
          { name: "ts", type: 26 },
          { name: "bs", ...array(1), type: 22 },
        ] as never,
      ),
    });
    const { rows } = await read(schema, fixture("csv/writers/duckdb.csv"));
    expect(rows).toEqual([
      {
        ...{ id: 1, v: [0.5, -1.25, Math.fround(1e-10), 1e5], tags: ["a", "b c", "it's", "x,y"], flag: true },
        ...{ ts: "2024-01-01T00:00:00.5Z", bs: [true, false], $meta: { extra: "{'a': 1}" } },
      },
      { id: 2, v: [0, 1, 2, 3], tags: [], flag: false, ts: "1999-12-31T23:59:59Z", bs: [], $meta: { extra: "" } },
    ]);
  });

  it("of pandas", async () => {
    const schema = fixtureSchema({
      fields: [key, { name: "v", ...four }, { name: "l", ...four }, { name: "n", type: 4, nullable: true }].concat([
        { name: "s", type: 104 },
        { name: "flag", type: 1 },
        { name: "w", type: 101, ...dim(40) },
        { name: "t", ...array(21), type: 22 },
        { name: "i", type: 105, ...dim(2) },
      ] as never),
    });
    const { rows } = await read(schema, fixture("csv/writers/pandas.csv"));
    const w = Array.from({ length: 40 }, (_, i) => Math.fround(Math.fround(i) / Math.fround(3)));
    expect(rows[0].w).toEqual(w.map((value) => expect.closeTo(value, 5)));
    expect(rows.map(({ w: _, ...row }) => row)).toEqual([
      {
        ...{ id: 1, v: [0.5, -1.25, Math.fround(1e-10), 1e5], l: [0.5, -1.25, Math.fround(1e-10), 1e5], n: 1 },
        ...{ s: { indices: [1, 7], values: [0.5, 2] }, flag: true, t: ["a", "it's"], i: [1, -128] },
      },
      {
        ...{ id: 2, v: [0, 1, 2, 3], l: [1, 2, 3, 4], n: null },
        ...{ s: { indices: [], values: [] }, flag: false, t: ['x"y'], i: [0, 127] },
      },
    ]);
    const cut = read(
      fixtureSchema({ fields: [key, { name: "v", type: 101, ...dim(1200) }] }),
      fixture("csv/writers/pandas-cut.csv"),
    );
    await expect(cut).rejects.toThrow("the file has lost them");
  });

  it.each([
    ["csv", {}],
    [
      "tsv",
      { escape: "\\", header: "false", columns: "id,title,v,flag,small,mid,f,d,attrs,at,h,sp,bits,js,vc,tags,fl" },
    ],
  ])("of PostgreSQL with pgvector, as %s", async (extension, options) => {
    const nullable = true;
    const schema = fixtureSchema({
      fields: [
        key,
        { name: "title", type: 21, params: { max_length: 40 }, nullable },
        { name: "v", ...four },
        ...[
          ["flag", 1],
          ["small", 3],
          ["mid", 4],
          ["f", 10],
          ["d", 11],
          ["attrs", 23],
          ["at", 26],
          ["sp", 104],
          ["js", 23],
        ].map(([name, type]) => ({ name: name as string, type: type as number, nullable })),
        { name: "h", type: 102, ...dim(3), nullable },
        { name: "bits", type: 100, ...dim(16), nullable },
        { name: "vc", type: 21, params: { max_length: 40 }, nullable },
        { name: "tags", ...array(21), type: 22, nullable },
        { name: "fl", ...array(10), type: 22, nullable },
      ],
    });
    const { rows } = await read(schema, fixture(`postgres/items.${extension}`), options as Record<string, string>);
    const {
      rows: [first, second, third],
    } = { rows };
    expect(first).toEqual({
      ...{
        id: 1,
        title: 'a\tb\nc\\d"e,f',
        v: [1, 0.1, -2.5e-5, 3].map(Math.fround),
        flag: true,
        small: -7,
        mid: 70000,
      },
      ...{ f: Math.fround(0.1), d: 0.1, attrs: { a: [1, "x\n"] }, at: "2024-01-01T10:30:00.5Z", h: [1, 0.5, -2] },
      ...{
        sp: { indices: [0, 4], values: [1.5, 2] },
        bits: "a007",
        js: { k: 1 },
        vc: "größer",
        tags: ["a", "b c"],
        fl: [1.5, 2],
      },
    });
    // In CSV, an empty text and null are one.
    expect(second).toMatchObject({
      id: "9223372036854775807",
      title: extension === "csv" ? null : "",
      vc: "NULL",
      d: 1e300,
    });
    expect(third).toMatchObject({ id: -3, title: null, flag: null, sp: null, h: null, tags: null });
  });

  it.each([
    ["cells", "id,f\r1,x\r2,y\r", /carriage returns alone: write line feeds/],
    ["cells in quotes", '"id","f"\r1,"x"\r', /closing quote/],
    ["one column", "f\r1\r2\r", /carriage returns alone: write line feeds/],
    ["many rows", `id,f\r${"1,x\r".repeat(1000)}`, /carriage returns alone: write line feeds/],
  ])("whose lines end with carriage returns is refused, not read as a header: %s", async (_, text, reason) => {
    const reading = read(fieldOf(21, { params: { max_length: 9 } }), text);
    await expect(reading).rejects.toThrow(reason);
    await expect(reading).rejects.toMatchObject({ code: "malformed_file" });
  });

  it.each([
    ["sep=;\r\nid;f\r\n1;x\r\n", { sep: ";" }],
    ['\ufeff"SEP=|"\nid|f\n1|x\n', { sep: "|" }],
    ["sep=,\n\nid,f\n1,x\n", {}],
    ["sep=;\n1;x\n", { sep: ";", header: "false", columns: "id,f" }],
    ["sep=\t\nid\tf\n1\tx\n", { sep: "\t" }],
  ])("whose first line names the separator to a spreadsheet is read without it: %j", async (text, options) => {
    const schema = fieldOf(21, { params: { max_length: 9 } });
    expect((await read(schema, text, options)).rows).toEqual([{ id: 1, f: "x" }]);
  });

  it("whose first line names another separator than is used is refused, with the option", async () => {
    const reading = read(fieldOf(21, { params: { max_length: 9 } }), "sep=;\nid;f\n1;x\n");
    await expect(reading).rejects.toMatchObject({
      code: "malformed_file",
      reason: `its first line says that ";" stands between cells, where "," is expected: the option 'sep' says so`,
    });
  });

  it("whose header has a line break in quotes is read", async () => {
    const schema = fixtureSchema({ fields: [key, { name: "f\rg", type: 21, params: { max_length: 9 } }] });
    expect((await read(schema, 'id,"f\rg"\r\n1,x\r\n')).rows).toEqual([{ id: 1, "f\rg": "x" }]);
    expect((await read(schema, 'id,"f\rg"\r\n')).rows).toEqual([]);
  });

  it("whose quote is never closed is refused at the row that opens it, however much stands behind it", async () => {
    const schema = fieldOf(21, { params: { max_length: 9 } });
    await expect(read(schema, 'id,f\n1,x\n2,"y\n3,z\n')).rejects.toMatchObject({
      at: { row: 1, byteOffset: 11, line: 3 },
    });
    const source = await memoryFile(
      "t.csv",
      Buffer.concat([Buffer.from('id,f\n1,x\n2,"y\n'), Buffer.alloc(36 << 20, "3,z\n")]),
    );
    const reading = readCanonicalRows(schema, openSeparated(readerInput(schema, [source]), ","));
    await expect(reading).rejects.toMatchObject({ code: "malformed_file", at: { row: 1, line: 3 } });
  });

  it("with a separator of several bytes, and another quote, wherever it is cut into windows", async () => {
    const schema = fixtureSchema({
      fields: [key, { name: "f", type: 21, params: { max_length: 40 } }, { name: "v", type: 101, ...dim(2) }],
    });
    const text = "id§f§v\n1§'a§''b'§[1,2]\n22§Â x§'[3,4]'\r\n";
    for (let chunkBytes = 1; chunkBytes < 60; chunkBytes++) {
      const input = readerInput(schema, [await memoryFile("t.csv", Buffer.from(text))], { sep: "§", quote: "'" });
      expect(await readCanonicalRows(schema, openSeparated(input, ",", { chunkBytes }))).toEqual([
        { id: 1, f: "a§'b", v: [1, 2] },
        { id: 22, f: "Â x", v: [3, 4] },
      ]);
    }
  });

  it("of MySQL's SELECT … INTO OUTFILE, which escapes line breaks by a backslash before them", async () => {
    const text = '1\ttab\\\t, new\\\nline "q" back\\\\slash\t[1,2]\n2\t\\N\t[0.1, -3]\n';
    const schema = fixtureSchema({
      fields: [
        key,
        { name: "f", type: 21, params: { max_length: 40 }, nullable: true },
        { name: "v", type: 101, ...dim(2) },
      ],
    });
    const { rows } = await read(schema, text, { escape: "\\", header: "false", columns: "id,f,v", sep: "\t" });
    expect(rows).toEqual([
      { id: 1, f: 'tab\t, new\nline "q" back\\slash', v: [1, 2] },
      { id: 2, f: null, v: [0.10000000149011612, -3] },
    ]);
    await expect(read(schema, "1\tx\t[1,2]\\", { escape: "\\", header: "false", columns: "id,f,v" })).rejects.toThrow("a backslash stands at the end of the file"); // biome-ignore format: one line
  });

  it("with a separator of several characters is read by the first, as Milvus does, and says so", async () => {
    const { rows, warnings } = await read(fieldOf(5), "id;f\n1;2\n", { sep: ";;" });
    expect(rows).toEqual([{ id: 1, f: 2 }]);
    expect(warnings).toEqual(['of the option sep only the first character counts, as in Milvus: ";"']);
  });

  it("with columns that no field has says so, and what it was perhaps meant for", async () => {
    const schema = fixtureSchema({
      fields: [key, { name: "title", type: 21, params: { max_length: 9 }, nullable: true }],
    });
    const { rows, warnings } = await read(schema, "id,titel\n1,x\n");
    expect(rows).toEqual([{ id: 1, title: null }]);
    expect(warnings).toEqual([
      "t.csv: a column that no field takes was not imported: 'titel' (did you mean 'title'?)",
      "t.csv: no column for 'title' (null in every row)",
    ]);
  });

  it("with an explicit automatic key and a dynamic field (D6)", async () => {
    const base = fixtureSchema({ enable_dynamic_field: true, fields: [{ ...key, auto_id: true }] });
    await expect(read(base, "id,x\n7,y\n")).rejects.toThrow("the primary key 'id' is auto-generated");
    const { rows } = await read({ ...base, allowInsertAutoId: true }, 'id,x,"k""ey"\n7,"a\nb\\""\u0001",z\n');
    expect(rows).toEqual([{ id: 7, $meta: { x: 'a\nb\\"\u0001', 'k"ey': "z" } }]);
  });

  it("with $meta and a column of the same name is refused", async () => {
    const schema = fixtureSchema({ enable_dynamic_field: true, fields: [key] });
    const { rows } = await read(schema, 'id,x,$meta\n7,y,"{ ""z"" : 1 }"\n8,y,{}\n9,y,\n');
    expect(rows.map(({ $meta }) => $meta)).toEqual([{ x: "y", z: 1 }, { x: "y" }, { x: "y" }]);
    const words = "duplicated key in dynamic field, key=x: it is a column and stands in $meta too";
    await expect(read(schema, 'id,x,$meta\n7,y,"{""x"":1}"\n')).rejects.toThrow(words);
  });

  it.each([
    ["sep", { sep: '"' }, "unsupported csv separator"],
    ["sep", { sep: "\n" }, "unsupported csv separator"],
    ["sep", { sep: "\ufffd" }, "unsupported csv separator"],
    ["header", { header: "no" }, "options.header"],
    ["header", { header: "false" }, "'columns' must name the columns"],
    ["quote", { quote: "a" }, "options.quote"],
    ["quote", { quote: "\\", escape: "\\" }, "a backslash is what escapes it"],
    ["escape", { escape: "/" }, "options.escape"],
    ["decimal", { decimal: ";" }, "options.decimal"],
    ["columns", { columns: "[1]" }, "options.columns"],
    ["columns", { columns: "a" }, "names 1 columns, the header of the file has 2"],
  ])("is refused for its option %s", async (_, options, words) => {
    const reading = async () => read(fieldOf(5), "id,f\n1,2\n", options as Record<string, string>);
    await expect(reading()).rejects.toThrow(words);
  });

  it("of any damage gives rows or an ImportError, and nothing else", async () => {
    const schema = fixtureSchema({
      enable_dynamic_field: true,
      fields: [key, { name: "v", ...four }, { name: "a", ...array(21), type: 22 }, { name: "s", type: 104 }].concat([
        { name: "b", type: 100, ...dim(16) },
        { name: "d", type: 11 },
      ] as never),
    });
    const good = Buffer.from(
      'id,v,a,s,b,d,x\n1,"[1,2,3,4]","[""a"",""b""]",{1:2},1010101010101010,1.5,"x\ny"\n'.repeat(2),
    );
    const pieces = fc.constantFrom(
      '"',
      ",",
      "\n",
      "\r",
      "\\",
      "[",
      "]",
      "{",
      "}",
      "'",
      ".",
      "e",
      "-",
      "9".repeat(30),
      "\xff",
      "\0",
    );
    const damage = fc.array(fc.tuple(fc.nat(), pieces, fc.nat(3)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        damage,
        fc.constantFrom<Record<string, string>>({}, { sep: ";" }, { escape: "\\" }, { decimal: "," }),
        async (changes, options) => {
          let bytes = good;
          for (const [at, piece, left] of changes) {
            const place = at % (bytes.length + 1);
            bytes = Buffer.concat([
              bytes.subarray(0, place),
              Buffer.from(piece, "latin1"),
              bytes.subarray(place + left),
            ]);
          }
          await read(schema, bytes, options).catch((error) => {
            if (!(error instanceof ImportError)) throw error;
            expect(error.at?.file).toBe("t.csv");
          });
        },
      ),
      { seed: 11, numRuns: 500 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        await read(schema, bytes).catch((error) => {
          if (!(error instanceof ImportError)) throw error;
        });
      }),
      { seed: 12, numRuns: 300 },
    );
  });
});
