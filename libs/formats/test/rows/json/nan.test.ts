import { describe, expect, it } from "@jest/globals";
import { planFields } from "@sluice/formats";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";
import { openJson } from "../../../src/rows/json/index.ts";

// Python's json and ujson, and DuckDB, write NaN and Infinity, which no JSON has.

const schema = fixtureSchema({
  fields: [
    { name: "id", type: 5, is_primary: true },
    { name: "x", type: 10, nullable: true },
    { name: "y", type: 11 },
    { name: "v", type: 101, params: { dim: 2 } },
  ],
});

async function read(text: string, options: Record<string, string> = {}) {
  return readCanonicalRows(
    schema,
    openJson(readerInput(schema, [await memoryFile("f.json", Buffer.from(text))], options)),
  );
}

const row = (x: string, y = "1", v = "[1,2]") => `{"id":1,"x":${x},"y":${y},"v":${v}}`;

describe("NaN and Infinity", () => {
  it.each(["NaN", "Infinity", "-Infinity"])("%s is refused with its place and what may be done", async (word) => {
    const [body, columns] = [row(word), `{"id":[1],"x":[${word}],"y":[1],"v":[[1,2]]}`];
    for (const text of [body, `[${body}]`, columns])
      await expect(read(text)).rejects.toMatchObject({
        code: "malformed_file",
        reason: expect.stringMatching(/JSON has neither NaN nor Infinity: write null, or .* nan=null$/),
        at: { row: 0, field: "x", byteOffset: text.indexOf(word) },
      });
  });

  it.each(["NaN", "Infinity", "-Infinity"])(
    "%s is null in a scalar that may be null, with the option",
    async (word) => {
      const expected = [{ id: 1, x: null, y: 1, v: [1, 2] }];
      for (const text of [row(word), `[${row(word)}]`, `{"id":[1],"x":[${word}],"y":[1],"v":[[1,2]]}`])
        expect(await read(text, { nan: "null" })).toEqual(expected);
      expect(await read(row("-1"), { nan: "null" })).toEqual([{ ...expected[0], x: -1 }]);
    },
  );

  it.each(["NaN", "Infinity", "-Infinity"])("%s as mongoexport writes it is the same", async (word) => {
    const wrapped = `{ "$numberDouble":"${word}"}`;
    expect(await read(row(wrapped), { nan: "null" })).toEqual([{ id: 1, x: null, y: 1, v: [1, 2] }]);
    for (const [text, field] of [
      [row(wrapped), "x"],
      [row("1", wrapped), "y"],
      [row("1", "1", `[${wrapped},1]`), "v"],
    ] as const)
      await expect(read(text)).rejects.toMatchObject({
        code: "value_invalid",
        reason: expect.stringMatching(/JSON has neither NaN nor Infinity: write null, or .* nan=null$/),
        at: { row: 0, field, byteOffset: text.indexOf(wrapped) },
      });
    await expect(read(row("1", wrapped), { nan: "null" })).rejects.toMatchObject({ at: { field: "y" } });
    await expect(read(row('{"$numberDouble":"1"}'), { nan: "null" })).rejects.toMatchObject({ at: { field: "x" } });
  });

  it("are refused elsewhere, with the option too", async () => {
    for (const text of [row("1", "NaN"), row("1", "1", "[NaN,1]"), row("1", "1", "NaN")])
      await expect(read(text, { nan: "null" })).rejects.toMatchObject({ code: "malformed_file" });
    for (const text of [row("NaM"), row("Inf"), row("-NaN")])
      await expect(read(text, { nan: "null" })).rejects.toMatchObject({ code: "malformed_file", at: { field: "x" } });
  });

  it("have no other option", () => {
    expect(() => planFields(schema, { nan: "0" })).toThrow('options.nan can only be "null", found "0"');
  });
});
