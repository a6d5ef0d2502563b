import { describe, expect, it, test } from "@jest/globals";
import { formatNamed } from "@sluice/formats";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";
import { openJson, openJsonl } from "../../../src/rows/json/index.ts";

// Lines of lists, as jsonlines.org shows them and ClickHouse writes them.

const schema = fixtureSchema({
  fields: [
    { name: "id", type: 5, is_primary: true },
    { name: "title", type: 21, params: { max_length: 20 } },
    { name: "v", type: 101, params: { dim: 2 } },
  ],
});
const rows = [1, 2, 3].map((id) => ({ id, title: `Int64 ${id}`, v: [id / 2, 1] }));
const lines = rows.map(({ id, title, v }) => JSON.stringify([id, title, v]));
const turned = rows.map(({ id, title, v }) => JSON.stringify([v, title, id]));
const signal = new AbortController().signal;

// ClickHouse 26.9.2, `SELECT … FORMAT …`; the first line of jsonlines.org's example is one of names.
const texts: Record<string, readonly string[]> = {
  JSONCompactEachRow: lines,
  JSONCompactEachRowWithNames: ['["v", "title", "id"]', ...turned],
  JSONCompactEachRowWithNamesAndTypes: ['["v", "title", "id"]', '["Array(Float32)", "String", "Int64"]', ...turned],
};

async function read(body: string, range?: { begin: number; end: number }, warn?: (text: string) => void) {
  const input = readerInput(schema, [await memoryFile("f.jsonl", Buffer.from(body))], {}, range);
  return readCanonicalRows(schema, openJsonl({ ...input, ...(warn && { warn }) }));
}

describe.each(Object.entries(texts))("%s", (name, text) => {
  it("is read, whatever stands around its lines, and whatever the file is called", async () => {
    const file = await memoryFile("f.json", Buffer.from(text.join("\n")));
    expect(await readCanonicalRows(schema, openJson(readerInput(schema, [file])))).toEqual(rows);
    expect(await read(`${text.join("\n")}\n`)).toEqual(rows);
    expect(await read(`\ufeff${text.join("\r\n\r\n")}`)).toEqual(rows);
  });

  it("gives each row once where it is cut", async () => {
    const body = text.join("\n");
    for (let cut = 1; cut < body.length; cut++) {
      const parts = [await read(body, { begin: 0, end: cut }), await read(body, { begin: cut, end: body.length })];
      expect(parts.flat()).toEqual(rows);
    }
  });

  it("is shown without a collection", async () => {
    const { columns } = await formatNamed("jsonl").describe(
      [await memoryFile("f", Buffer.from(text.join("\n")))],
      signal,
    );
    const names = name === "JSONCompactEachRow" ? ["0", "1", "2"] : ["v", "title", "id"];
    expect(columns.map((column) => column.name)).toEqual(names);
  });
});

it("names rows and lines of a fault as the file has them", async () => {
  const bad = [...texts.JSONCompactEachRowWithNamesAndTypes, '[[1],"a",4]'];
  await expect(read(bad.join("\n"))).rejects.toMatchObject({ at: { row: 3, line: 6, field: "v" } });
  const end = bad.join("\n").length;
  await expect(read(bad.join("\n"), { begin: end - 3 - bad[4].length, end })).rejects.toMatchObject({ at: { row: 3 } });
});

it("says what lists without names were taken for", async () => {
  const warnings: string[] = [];
  await read(lines.join("\n"), undefined, (text) => void warnings.push(text));
  expect(warnings).toEqual(["f.jsonl: its rows are lists without names, taken for 'id', 'title', 'v' in this order"]);
  await read(texts.JSONCompactEachRowWithNames.join("\n"), undefined, (text) => void warnings.push(text));
  expect(warnings).toHaveLength(1);
});

test.each([
  ["one list alone", lines[0]],
  ["a list before objects", `${lines[0]}\n{"id":1,"title":"a","v":[1,2]}`],
  ["lists of another length than the fields", "[1,[2,3]]\n[2,[3,4]]"],
])("%s is a bad row", async (_, body) => {
  await expect(read(body)).rejects.toMatchObject({ at: { row: 0 } });
});
