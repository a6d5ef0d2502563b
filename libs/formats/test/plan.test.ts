import { join } from "node:path";
import { describe, expect, it, test } from "@jest/globals";
import { formatNamed, planFields } from "@sluice/formats";
import {
  expectedRows,
  fixtureSchema,
  readCanonicalRows,
  readerInput,
  readFixtureFolder,
  runCase,
} from "@sluice/formats/testing";
import { folderSources, memoryFile } from "@sluice/object-store/testing";

const schema = fixtureSchema({
  enable_dynamic_field: true,
  fields: [
    { name: "id", type: 5, is_primary: true },
    { name: "v", type: 101, params: { dim: 2 } },
    { name: "t", type: 21, params: { max_length: 9 }, nullable: true },
  ],
});

async function read(lines: readonly string[], mapping: Readonly<Record<string, string>>) {
  const options = { fields_mapping: JSON.stringify(mapping) };
  const input = readerInput(schema, [await memoryFile("f", Buffer.from(lines.join("\n")))], options);
  return readCanonicalRows(schema, formatNamed("jsonl").open(input));
}

describe("a mapping", () => {
  const mapping = { key: "id", "data[1].embedding": "v", "data[0].text.plain": "t" };

  it("finds values within the objects and lists of a row", async () => {
    const line = (text: string) =>
      `{"x":1,"key":7,"data":[{"text":${text},"n":[{}]} , {"other":[1,{"embedding":0}],"embedding":[1,2]},3]}`;
    const left = (text: object) => [{ ...text, n: [{}] }, { other: [1, { embedding: 0 }] }, 3];
    expect(await read([line('{"a":"b","plain":"p\\u0041"}'), line("null"), line("{}")], mapping)).toEqual([
      { id: 7, v: [1, 2], t: "pA", $meta: { x: 1, data: left({ text: { a: "b" } }) } },
      { id: 7, v: [1, 2], t: null, $meta: { x: 1, data: left({ text: null }) } },
      { id: 7, v: [1, 2], t: null, $meta: { x: 1, data: left({}) } },
    ]);
  });

  it("leaves in $meta what it takes nothing of, and elements of lists in their places", async () => {
    const places = { key: "id", "data[1]": "v", "data[2].deep.text": "t" };
    const metaOf = async (data: string) => (await read([`{"key":7,"data":${data}}`], places))[0].$meta;
    expect(await metaOf('[0,[1,2],{"deep":{"text":"x"}}]')).toEqual({ data: [0, null, null] });
    expect(await metaOf('[null , [1,2] , {"deep":{"text":"x"} , "a":[] }]')).toEqual({ data: [null, null, { a: [] }] });
    expect(await metaOf('[{},[1,2],{"deep":{"b":1,"text":"x","c":{}}},3]')).toEqual({
      data: [{}, null, { deep: { b: 1, c: {} } }, 3],
    });
  });

  it("leaves no trace in $meta of a value that it takes whole", async () => {
    const places = { key: "id", "e.vector": "v", "e.in.text": "t" };
    const line = '{"key":7,"e":{"vector":[1,2],"in":{"text":"x"}},"y":[1]}';
    expect(await read([line], places)).toEqual([{ id: 7, v: [1, 2], t: "x", $meta: { y: [1] } }]);
  });

  it("leaves a value whole that it looks into and that is no object", async () => {
    const rows = await read(['{"id":7,"v":[1,2],"e":5}', '{"id":7,"v":[1,2],"e":"x"}'], { "e.text": "t" });
    expect(rows.map(({ $meta }) => $meta)).toEqual([{ e: 5 }, { e: "x" }]);
  });

  it("names the field, not the path, where a value is refused", async () => {
    await expect(read(['{"key":7,"data":[0,{"embedding":[1]}]}'], mapping)).rejects.toMatchObject({
      code: "value_invalid",
      at: { row: 0, field: "v" },
    });
  });

  test.each([
    ['{"key":7,"data":[0,{"embedding":[1,2],}]}', "malformed_file"],
    ['{"key":7,"data":[0,{"embedding":[1,2]}', "malformed_file"],
    ['{"key":7,"data":[0 {"embedding":[1,2]}]}', "malformed_file"],
    ['{"key":7,"data":[0]}', "schema_mismatch"],
    ['{"key":7}', "schema_mismatch"],
  ])("refuses %s", async (line, code) => {
    await expect(read([line], mapping)).rejects.toMatchObject({ code, at: { row: 0 } });
  });

  it("leaves the name of a field alone whose values are elsewhere", async () => {
    const line = '{"key":1,"id":"not this one","v":[3,4]}';
    expect(await read([line], { key: "id" })).toEqual([{ id: 1, v: [3, 4], t: null, $meta: {} }]);
  });

  test.each([
    ["{", "must be a JSON object"],
    ["[]", "must be a JSON object"],
    ['{"a":1}', "must be a JSON object"],
    ['{"a":"nothing"}', "there is no field 'nothing'"],
    ['{"a":"v","b":"v"}', "two sources for field 'v'"],
    ['{"a.b":"v","a":"id"}', "'a' is the source of two fields"],
    ['{"a":"v","a.b":"t"}', "lies in what is a field's own source"],
    ['{"t.id":"id"}', "'t.id' lies in field 't', which would lose the rest: name a source for 't' too"],
    ['{"$meta.id":"id"}', "'$meta.id' lies in field '$meta'"],
    ['{"a[0]":"v","a.0":"t"}', "'a.0' is the source of two fields"],
  ])("of %s contradicts itself", (fields_mapping, reason) => {
    expect(() => planFields(schema, { fields_mapping })).toThrow(reason);
  });

  it("may not name what no file gives", () => {
    const automatic = fixtureSchema({ auto_id: true, fields: [{ name: "id", type: 5, is_primary: true }] });
    expect(() => planFields(automatic, { fields_mapping: '{"a":"id"}' })).toThrow("auto-generated, no need to provide");
  });

  it("finds the members of a Parquet struct", async () => {
    const folder = readFixtureFolder(join(import.meta.dirname, "../../../test/fixtures/parquet/types"));
    const sources = await folderSources(folder.folder);
    const fixture = folder.cases.find(({ name }) => name === "all-in-struct");
    expect(fixture && (await runCase(folder, fixture, sources))).toEqual(fixture && expectedRows(folder, fixture));
  });

  it("that takes some members of a Parquet struct is told of the others", async () => {
    const folder = join(import.meta.dirname, "../../../test/fixtures/parquet/types");
    const { cases } = readFixtureFolder(folder);
    await using sources = await folderSources(folder);
    const [path] = cases.find(({ name }) => name === "all-in-struct")?.files ?? [];
    await using file = await sources.open(await sources.find(path));
    const options = { fields_mapping: '{"wrapper.id":"id"}' };
    const input = readerInput(fixtureSchema({ fields: [{ name: "id", type: 5, is_primary: true }] }), [file], options);
    const warnings: string[] = [];
    const reader = formatNamed("parquet").open({ ...input, warn: (text) => void warnings.push(text) });
    expect(await readCanonicalRows(input.plan.schema, reader)).not.toHaveLength(0);
    expect(warnings).toEqual([expect.stringMatching(/13 columns that no field takes.*'wrapper\.flag'/)]);
  });

  it("that finds nothing in a file's columns is a mistake", async () => {
    const folder = readFixtureFolder(join(import.meta.dirname, "../../../test/fixtures/parquet/types"));
    const sources = await folderSources(folder.folder);
    const fixture = folder.cases.find(({ name }) => name === "plain");
    const mapped = fixture && { ...fixture, fields_mapping: { "no.such": "title" } };
    expect(mapped && (await runCase(folder, mapped, sources))).toMatchObject({
      code: "schema_mismatch",
      reason: expect.stringContaining("title"),
    });
  });
});

describe("the defaults of an import", () => {
  test.each([
    ["[]", "must be a JSON object"],
    ['{"w":1}', "there is no field 'w'"],
    ['{"id":1}', "the primary key 'id' would be the same in all rows"],
    ['{"$meta":{}}', "field '$meta' can have no default"],
    ['{"v":[1]}', "expected dim '2' for field 'v'"],
    ['{"t":null}', "the field 't' is not nullable"],
    ['{"t":"0123456789"}', "exceeds max_length(9)"],
  ])("refuse %s", (default_fields, reason) => {
    const error = captured(() => planFields(schema, { default_fields }));
    expect(error).toMatchObject({ code: "request_invalid", reason: expect.stringContaining(reason) });
  });

  it("beat those of the collection", () => {
    const declared = { ...schema, fields: schema.fields.map((field) => ({ ...field, defaultValue: "x" })) };
    const [, , t] = planFields(declared, { default_fields: '{"t":"y"}' }).schema.fields;
    expect(t.defaultValue).toEqual(new Uint8Array(Buffer.from("y")));
  });
});

function captured(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

it.each(["coerce", "fold_extra_columns"])(
  "the option %s is true or false, and nothing else is taken for one",
  (key) => {
    for (const word of ["true", "FALSE", ""]) expect(() => planFields(schema, { [key]: word })).not.toThrow();
    for (const word of ["yes", "1", "truth"])
      expect(() => planFields(schema, { [key]: word })).toThrow(
        `options.${key} must be "true" or "false", found "${word}"`,
      );
  },
);

describe("a description", () => {
  const describeLines = async (format: string, text: string) => {
    const source = await memoryFile("f", Buffer.from(text));
    return formatNamed(format).describe([source], new AbortController().signal);
  };

  it("of rows of text tells keys and kinds of values", async () => {
    const rows = [
      { id: 1, v: [0.5, 1], t: "x", d: 1, tags: ["a"], o: {} },
      { id: 2 ** 53, v: [1, 2], t: null, d: 1.5, tags: [], n: true },
    ];
    const { columns, sampledRows } = await describeLines("json", JSON.stringify({ rows }));
    expect(sampledRows).toBe(2);
    expect(columns).toEqual([
      { name: "id", type: "integer", dataType: 5, isNullable: false },
      { name: "v", type: "list<integer | number>", dataType: 101, dim: 2, isNullable: false },
      { name: "t", type: "string", dataType: 21, isNullable: true, mayBeLists: true },
      { name: "d", type: "integer | number", dataType: 11, isNullable: false },
      { name: "tags", type: "list<string>", dataType: 22, elementType: 21, isNullable: false },
      { name: "o", type: "object", dataType: 23, isNullable: true },
      { name: "n", type: "boolean", dataType: 1, isNullable: true },
    ]);
  });

  it("of a file without rows has no columns, and of one that is none fails", async () => {
    expect(await describeLines("jsonl", "")).toEqual({ rowCount: undefined, columns: [], sampledRows: 0 });
    await expect(describeLines("json", "{}")).rejects.toMatchObject({ code: "malformed_file" });
  });

  it("of columns tells what headers and footers say", async () => {
    const fixtures = join(import.meta.dirname, "../../../test/fixtures");
    await using files = await folderSources(fixtures);
    const describe = async (format: string, ...names: string[]) => {
      const sources = await Promise.all(names.map(async (name) => files.open(await files.find(name))));
      return formatNamed(format).describe(sources, new AbortController().signal);
    };
    const parquet = await describe("parquet", "parquet/types/plain.parquet");
    expect(parquet.rowCount).toBe(50);
    expect(parquet.columns.find(({ name }) => name === "vector")).toMatchObject({ dataType: 101 });
    expect(parquet.columns.find(({ name }) => name === "id")).toMatchObject({ type: "int64", dataType: 5 });
  });
});
