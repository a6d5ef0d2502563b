import { describe, expect, it } from "@jest/globals";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";
import fc from "fast-check";
import { csvFormat, openSeparated } from "../../../src/rows/csv/index.ts";

const schema = fixtureSchema({
  fields: [
    { name: "id", type: 5, is_primary: true },
    { name: "t", type: 21, params: { max_length: 200 }, nullable: true },
  ],
} as never);
const options = { quote: '"', escape: "\\" };

async function read(text: string, more: Record<string, string> = options) {
  const input = readerInput(schema, [await memoryFile("t.csv", Buffer.from(text))], more);
  return await readCanonicalRows(schema, openSeparated(input, ",", { chunkBytes: 7 }));
}

// What Spark 4.0.1 writes by default: df.write.option("header", True).csv(…).
const written = String.raw`id,t
1,plain
2,"say \"hi\""
3,back\slash
4,"a\\\\b,c"
5,"x\\\"y"
6,"comma, back\\slash"
7,ends with \
8,"ends, with \\"
9,"\\\\\"q"
10,"line
break \"q\""
12,
13,"\""
`;
const texts = {
  ...{ 1: "plain", 2: 'say "hi"', 3: "back\\slash", 4: "a\\\\b,c", 5: 'x\\"y', 6: "comma, back\\slash" },
  ...{ 7: "ends with \\", 8: "ends, with \\", 9: '\\\\"q', 10: 'line\nbreak "q"', 12: null, 13: '"' },
};

describe("CSV of Spark, which escapes quotes with a backslash", () => {
  it("is read with escape and quote", async () => {
    expect(await read(written)).toEqual(Object.entries(texts).map(([id, t]) => ({ id: Number(id), t })));
  });

  it("is read whatever its texts hold, in any windows", () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.stringMatching(/^[ab"\\,\n]{1,9}$/), { maxLength: 6 }), async (values) => {
        const cell = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;
        const lines = values.map((text, id) => `${id},${cell(text)}\n`);
        expect(await read(`id,t\n${lines.join("")}`)).toEqual(values.map((t, id) => ({ id, t })));
      }),
    ));

  it("is told from that of MySQL, which puts a backslash before line ends and for NUL, too", async () => {
    // What MariaDB 10.11 writes: INTO OUTFILE … FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"'.
    const byMariadb = String.raw`1,"a\
b"
2,"q\"x\\y"
3,\N
4,"nul\0x, \\0"
`;
    const more = { ...options, nullkey: "\\N", header: "false", columns: "id,t" };
    const found = ["a\nb", 'q"x\\y', null, "nul\0x, \\0"];
    expect(await read(byMariadb, more)).toEqual(found.map((t, i) => ({ id: i + 1, t })));
  });

  it("is not cut, since a quote may be none", async () => {
    const source = await memoryFile("t.csv", Buffer.from(written));
    const { signal } = new AbortController();
    expect(await csvFormat.probe(readerInput(schema, [source], options), signal)).toMatchObject({ cuts: "nowhere" });
    expect(await csvFormat.probe(readerInput(schema, [source]), signal)).toMatchObject({ cuts: "anywhere" });
  });

  it("without the options is refused, naming them, and so is what never ends", async () => {
    await expect(read(written, {})).rejects.toThrow(
      /text stands behind a closing quote.*name the options 'escape' and 'quote'/,
    );
    await expect(read('id,t\n1,"a"b\n', {})).rejects.toThrow("a quote inside of quotes is doubled (t.csv");
    await expect(read('id,t\n1,"a\\"', options)).rejects.toThrow("a quote is opened and never closed");
    await expect(read("id,t\n", { quote: "\\", escape: "\\" })).rejects.toThrow("a backslash is what escapes it");
  });
});
