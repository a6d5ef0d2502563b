import { describe, expect, it } from "@jest/globals";
import { formatNamed, planFields } from "@sluice/formats";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";
import { openJson, openJsonl } from "../../../src/rows/json/index.ts";

// How rows lie in a file is told by what stands in it: writers of lines name their files `.json`.

const schema = fixtureSchema({
  fields: [
    { name: "id", type: 5, is_primary: true },
    { name: "v", type: 101, params: { dim: 2 } },
  ],
});
const signal = new AbortController().signal;
const rows = [
  { id: 1, v: [0.5, 1] },
  { id: 2, v: [2, 3] },
];
const text = rows.map((row) => JSON.stringify(row));
const pretty = rows.map((row) => JSON.stringify(row, undefined, 2));

const open = { json: openJson, jsonl: openJsonl };

async function read(format: "json" | "jsonl", body: string | Uint8Array, chunkBytes?: number) {
  const input = readerInput(schema, [await memoryFile("f", Buffer.from(body as string))]);
  return readCanonicalRows(schema, open[format](input, chunkBytes === undefined ? {} : { chunkBytes }));
}

const both = ["json", "jsonl"] as const;

describe.each(both)("a file whose name says %s", (format) => {
  it.each([
    ["one object a line", `${text.join("\n")}\n`],
    ["lines without the last end", text.join("\n")],
    ["lines of Windows", `${text.join("\r\n")}\r\n`],
    ["lines behind a byte order mark and blank lines", `\ufeff\n\n${text.join("\n\n")}\n`],
    ["lines with commas", `${text.join(",\n")}\n`],
    ["a list", JSON.stringify(rows)],
    ["a list over many lines", JSON.stringify(rows, undefined, 2)],
    ["{rows}", JSON.stringify({ rows })],
    ["{Rows} over many lines", JSON.stringify({ Rows: rows }, undefined, 2)],
    ["objects over many lines, as jq prints them", pretty.join("\n")],
    ["objects side by side over lines", pretty.join(" ")],
    ["objects over lines with commas", `${pretty.join(",\n")}\n`],
  ])("is read when it holds %s", async (_, body) => {
    expect(await read(format, body)).toEqual(rows);
    expect(await read(format, body, 16)).toEqual(rows);
  });

  it("is read when it holds one row", async () => {
    const late = JSON.stringify({ title: "not a field", ...rows[0] });
    for (const body of [text[0], `${text[0]}\n`, pretty[0], late]) expect(await read(format, body)).toEqual([rows[0]]);
  });

  it("is read when its first row is larger than what is looked at", async () => {
    const blanks = " ".repeat(300 << 10);
    const body = `{"id":1,${blanks}"v":[0.5,1]}\n${text[1]}\n`;
    expect(await read(format, body)).toEqual(rows);
  });

  it("is cut where it holds lines or a list of rows, and only there", async () => {
    const cutsOf = async (body: string) => {
      const sources = [await memoryFile("f", Buffer.from(body))];
      return (await formatNamed(format).probe({ sources, plan: planFields(schema), options: {} }, signal)).cuts;
    };
    expect(await cutsOf(text.join("\n"))).toBe("anywhere");
    for (const body of [JSON.stringify(rows), JSON.stringify({ rows })]) expect(await cutsOf(body)).toBe("anywhere");
    expect(await cutsOf(pretty.join("\n"))).toBe("nowhere");
  });

  it("gives each line exactly once where it is cut", async () => {
    const body = Buffer.from(text.join("\n"));
    for (let cut = 1; cut < body.length; cut++) {
      const found = [];
      for (const range of [
        { begin: 0, end: cut },
        { begin: cut, end: body.length },
      ]) {
        const input = readerInput(schema, [await memoryFile("f", body)], {}, range);
        found.push(...(await readCanonicalRows(schema, open[format](input))));
      }
      expect(found).toEqual(rows);
    }
  });

  it("shows its columns in every shape", async () => {
    for (const body of [text.join("\n"), JSON.stringify(rows), JSON.stringify({ rows }), pretty.join("\n")]) {
      const description = await formatNamed(format).describe([await memoryFile("f", Buffer.from(body))], signal);
      expect(description.columns.map(({ name, type }) => [name, type])).toEqual([
        ["id", "integer"],
        ["v", "list<integer | number>"],
      ]);
    }
  });
});

describe("lines whose first key is rows", () => {
  const listing = fixtureSchema({
    fields: [
      { name: "rows", type: 22, element_type: 5, params: { max_capacity: 4 } },
      { name: "id", type: 5, is_primary: true },
    ],
  });

  it.each(both)("are lines where the collection has such a field: %s", async (format) => {
    const body = '{"rows":[1,2],"id":1}\n{"rows":[],"id":2}\n';
    const input = readerInput(listing, [await memoryFile("f", Buffer.from(body))]);
    expect(await readCanonicalRows(listing, open[format](input))).toEqual([
      { rows: [1, 2], id: 1 },
      { rows: [], id: 2 },
    ]);
  });
});
