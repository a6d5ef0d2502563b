import { describe, expect, it } from "@jest/globals";
import { type InsertBatch, type VarColumn, varValue } from "@sluice/columns";
import { FolderPlan, foldersOf, planFields, withFolderKeys } from "@sluice/formats";
import { fixtureSchema } from "@sluice/formats/testing";

const schema = fixtureSchema({
  enable_dynamic_field: true,
  fields: [
    { name: "id", type: 5, is_primary: true },
    { name: "year", type: 3 },
    { name: "lang", type: 21, params: { max_length: 9 } },
    { name: "rate", type: 11 },
    { name: "ok", type: 1 },
  ],
});

function valuesOf(paths: string[], options: Record<string, string> = {}) {
  const plan = planFields(schema, options);
  const all = paths.map(foldersOf);
  const folders = new FolderPlan(plan, options, all);
  return { values: all.map((one) => folders.valuesOf(one)), leftOut: folders.leftOut };
}

describe("folders key=value", () => {
  it("are read from the path, with escapes and null", () => {
    expect([...foldersOf("s3://b/t/year=2024/a%3Db=x%20y/c=__HIVE_DEFAULT_PARTITION__/d=1.json")]).toEqual([
      ["year", "2024"],
      ["a=b", "x y"],
      ["c", null],
    ]);
    expect(foldersOf("plain/file.json").size).toBe(0);
    expect([...foldersOf("a=1/t.zip!/b=2/f.csv")]).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
  });

  it("give fields their values, as rows would have them", () => {
    const { values } = valuesOf(["year=2024/lang=07/rate=1.50/ok=TRUE/f"]);
    expect(values).toEqual([
      { keys: ["year", "lang", "rate", "ok"], fields: '{"year":2024,"lang":"07","rate":1.5,"ok":true}', meta: "{}" },
    ]);
    const plan = planFields(schema, {}, values[0]);
    expect(plan.schema.fields.map(({ name, defaultValue }) => [name, defaultValue !== undefined])).toEqual([
      ...[
        ["id", false],
        ["year", true],
        ["lang", true],
        ["rate", true],
        ["ok", true],
        ["$meta", false],
      ],
    ]);
  });

  it("give $meta what no field has: integers where all are such, else texts", () => {
    const { values } = valuesOf(["month=01/d=1/f", "month=12/d=x/f"]);
    expect(values.map((one) => one?.meta)).toEqual(['{"month":1,"d":"1"}', '{"month":12,"d":"x"}']);
    const closed = valuesOf(["month=01/year=1/f"], { fold_extra_columns: "false" });
    expect(closed).toMatchObject({ values: [{ keys: ["year"], meta: "{}" }], leftOut: ["month"] });
  });

  it("go where the mapping says", () => {
    const options = { fields_mapping: '{"y":"year"}' };
    const { values } = valuesOf(["y=5/f"], options);
    expect(values[0]).toEqual({ keys: ["y"], fields: '{"year":5}', meta: "{}" });
    expect(planFields(schema, options, values[0]).options.mapping.size).toBe(0);
  });

  it.each([
    ["year=abc/f", "folder 'year=abc': expected Int16 for field 'year'"],
    ["year=70000/f", "folders: "],
    ["id=1/f", "the primary key 'id' would be the same in all rows"],
    ["lang=toolong-toolong/f", "exceeds max_length"],
  ])("%s is refused", (path, reason) => expect(() => valuesOf([path])).toThrow(reason));

  it("join the keys that rows have in $meta, which stay where they are given too", () => {
    const plan = planFields(schema, {}, { keys: ["k"], fields: "{}", meta: '{"k":1,"l":"x"}' });
    const texts = ["{}", ' { "a": 2 }', '{"k":{"z":[]},"a":"}"}', '{"\\u006b":5}'];
    const data = Buffer.from(texts.join(""));
    const offsets = new Uint32Array(5);
    for (const [i, text] of texts.entries()) offsets[i + 1] = offsets[i] + Buffer.byteLength(text);
    const batch = { rowCount: 4, columns: [...Array(5), { kind: "var", data, offsets }], sourceBytes: 0 };
    const meta = withFolderKeys(plan, batch as unknown as InsertBatch).columns[5] as VarColumn;
    const rows = texts.map((_, row) => JSON.parse(Buffer.from(varValue(meta, row)).toString()));
    expect(rows).toEqual([
      { k: 1, l: "x" },
      { k: 1, l: "x", a: 2 },
      { k: { z: [] }, l: "x", a: "}" },
      { k: 5, l: "x" },
    ]);
    const without = { rowCount: 2, columns: [], sourceBytes: 0 } as unknown as InsertBatch;
    expect(varValue(withFolderKeys(plan, without).columns[5] as VarColumn, 1)).toEqual(
      Uint8Array.from(Buffer.from('{"k":1,"l":"x"}')),
    );
    expect(withFolderKeys(planFields(schema), without)).toBe(without);
  });
});
