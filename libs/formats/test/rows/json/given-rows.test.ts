import { describe, expect, it } from "@jest/globals";
import { fixtureSchema, readCanonicalRows } from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";
import { planGivenRows } from "../../../src/plan-fields.ts";
import { openJson } from "../../../src/rows/json/index.ts";

// Rows that a client sends one by one, over REST: what is taken of them besides, and in what words they are refused.

const schema = fixtureSchema({
  fields: [
    { name: "id", type: 5, is_primary: true },
    { name: "f", type: 10, nullable: true },
    { name: "d", type: 11, nullable: true },
    { name: "v", type: 101, params: { dim: 1 } },
  ],
});

async function read(row: string) {
  const sources = [await memoryFile("data", Buffer.from(`[${row}]`))];
  await using reader = openJson({ sources, plan: planGivenRows(schema), options: {} });
  return (await readCanonicalRows(schema, reader))[0];
}

describe("numbers as texts", () => {
  it.each([
    ["1.5", 1.5],
    [" -2e-3 ", -0.002],
    ["+.5", 0.5],
    ["4.", 4],
  ])("%j is one", async (text, value) => {
    const { f, d } = (await read(`{"id":1,"v":[1],"f":${JSON.stringify(text)},"d":${JSON.stringify(text)}}`)) as Record<
      string,
      number
    >;
    expect([Math.fround(f), d]).toEqual([Math.fround(value), value]);
  });

  it.each(["0x10", "0b1", "0o7", "-0x1p3", "1_000", "Infinity", "1e400", "", "."])("%j is none", async (text) => {
    for (const [name, type] of [
      ["f", "Float"],
      ["d", "Double"],
    ])
      await expect(read(`{"id":1,"v":[1],"${name}":"${text}"}`)).rejects.toThrow(
        `expected type '${type}' for field '${name}', got type 'string' with value '"${text}"': it is not the text of such a number`,
      );
  });
});

describe("the words of a refusal are about rows", () => {
  it.each([
    ['{"id":1,"v":null}', "the field 'v' is not nullable but the row contains null value"],
    ['{"id":null,"v":[1]}', "the field 'id' is not nullable but the row contains null value"],
  ])("%s", (row, reason) => expect(read(row)).rejects.toThrow(reason));

  it("name no option where none would help", async () => {
    await expect(read('{"id":1,"v":["1"]}')).rejects.toThrow(
      /expected type 'FloatVector' for field 'v', got type 'string' with value '.*' \(data, row 0/,
    );
  });
});
