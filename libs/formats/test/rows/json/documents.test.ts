import { join } from "node:path";
import { describe, expect, it, test } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { formatNamed, groupNestedFiles } from "@sluice/formats";
import {
  expectedRows,
  fixtureSchema,
  readCanonicalRows,
  readerInput,
  readFixtureFolder,
  runCase,
} from "@sluice/formats/testing";
import { folderSources, memoryFile } from "@sluice/object-store/testing";
import fc from "fast-check";
import { openJson } from "../../../src/rows/json/index.ts";

// Tables as whole values: every orient of pandas, columns, and rows or columns somewhere in a document.

const fixtures = join(import.meta.dirname, "../../../../../test/fixtures/json");
const fields = [
  { name: "id", type: 5, is_primary: true },
  { name: "title", type: 21, params: { max_length: 9 }, nullable: true },
  { name: "v", type: 101, params: { dim: 2 } },
];
const schema = fixtureSchema({ fields });
const rows = [
  { id: 1, title: "a", v: [0.5, 1] },
  { id: 2, title: "b/c", v: [2, 3.5] },
];

interface Options {
  readonly mapping?: Readonly<Record<string, string>>;
  readonly of?: typeof schema;
  readonly chunkBytes?: number;
  readonly batchBytes?: number;
  readonly warn?: (text: string) => void;
}

async function read(
  text: string | Record<string, string>,
  { mapping = {}, of = schema, chunkBytes, batchBytes, warn }: Options = {},
) {
  const texts = typeof text === "string" ? { "f.json": text } : text;
  const files = await Promise.all(Object.entries(texts).map(([path, body]) => memoryFile(path, Buffer.from(body))));
  const input = readerInput(of, files, { fields_mapping: JSON.stringify(mapping) });
  const reader = openJson({ ...input, ...(warn && { warn }) }, chunkBytes === undefined ? {} : { chunkBytes });
  return readCanonicalRows(of, reader, batchBytes);
}

// pandas 3.0.6, DataFrame.to_json.
const pandas: Record<string, string> = {
  columns: String.raw`{"id":{"0":1,"1":2},"title":{"0":"a","1":"b\/c"},"v":{"0":[0.5,1.0],"1":[2.0,3.5]}}`,
  index: String.raw`{"0":{"id":1,"title":"a","v":[0.5,1.0]},"1":{"id":2,"title":"b\/c","v":[2.0,3.5]}}`,
  split: String.raw`{"columns":["id","title","v"],"index":[0,1],"data":[[1,"a",[0.5,1.0]],[2,"b\/c",[2.0,3.5]]]}`,
  records: String.raw`[{"id":1,"title":"a","v":[0.5,1.0]},{"id":2,"title":"b\/c","v":[2.0,3.5]}]`,
  values: String.raw`[[1,"a",[0.5,1.0]],[2,"b\/c",[2.0,3.5]]]`,
  table: String.raw`{"schema":{"fields":[{"name":"index","type":"integer"},{"name":"id","type":"integer"},{"name":"title","type":"string","extDtype":"str"},{"name":"v","type":"string"}],"primaryKey":["index"],"pandas_version":"1.4.0"},"data":[{"index":0,"id":1,"title":"a","v":[0.5,1.0]},{"index":1,"id":2,"title":"b\/c","v":[2.0,3.5]}]}`,
};

describe("pandas", () => {
  test.each(Object.entries(pandas))("orient %s", async (_, text) => {
    expect(await read(text)).toEqual(rows);
    expect(await read(text, { chunkBytes: 32, batchBytes: 1 })).toEqual(rows);
    expect(await read(JSON.stringify(JSON.parse(text), undefined, 2))).toEqual(rows);
  });

  it("shows the columns of every orient", async () => {
    for (const [orient, text] of Object.entries(pandas)) {
      const file = await memoryFile("f.json", Buffer.from(text));
      const { columns } = await formatNamed("json").describe([file], new AbortController().signal);
      const names = columns.map(({ name, type }) => `${name}: ${type}`);
      const expected = ["id: integer", "title: string", "v: list<number>"];
      if (orient === "values") expect(names).toEqual(["0: integer", "1: string", "2: list<number>"]);
      else expect(names.filter((name) => !name.startsWith("index"))).toEqual(expected);
    }
  });

  it.each(['{"id":{},"v":{}}', '{"columns":["id","v"],"index":[],"data":[]}', "[]", '{"id":[],"v":[]}'])(
    "without rows: %s",
    async (text) => expect(await read(text)).toEqual([]),
  );

  it("orient table: labels are no data, unless a field is called so", async () => {
    const of = fixtureSchema({ fields, enable_dynamic_field: true });
    expect((await read(pandas.table, { of })).map(({ $meta }) => $meta)).toEqual([{}, {}]);
    const labelled = fixtureSchema({ fields: [...fields, { name: "index", type: 5 }] });
    expect((await read(pandas.table, { of: labelled })).map(({ index }) => index)).toEqual([0, 1]);
  });

  it("orient values is told as a guess", async () => {
    const warnings: string[] = [];
    await read(pandas.values, { warn: (text) => void warnings.push(text) });
    expect(warnings).toEqual(["f.json: its rows are lists without names, taken for 'id', 'title', 'v' in this order"]);
  });

  it("orient split: bad rows are put aside with their names", async () => {
    const text = '{"columns":["v","x","id"],"index":[0,1,2],"data":[[[1,2],"y",1],[[1],{"z":2},2],[[1,2],3]]}';
    const file = await memoryFile("f.json", Buffer.from(text));
    const rejected: string[] = [];
    const onReject = (row: { text?: { bytes: Uint8Array } }) =>
      void rejected.push(Buffer.from(row.text?.bytes ?? []).toString());
    const signal = new AbortController().signal;
    for await (const _ of openJson(readerInput(schema, [file])).batches({ batchBytes: 1 << 20, signal, onReject }));
    expect(rejected).toEqual(['{"v":[1],"x":{"z":2},"id":2}', '{"v":[1,2],"x":3}']);
  });

  it("whose columns have other labels is refused", async () => {
    const text = '{"id":{"0":1,"1":2},"v":{"1":[0.5,1.0],"0":[2.0,3.5]}}';
    await expect(read(text)).rejects.toMatchObject({
      code: "malformed_file",
      reason: expect.stringContaining("label"),
    });
  });

  it("whose rows are lists of another length is refused with the names", async () => {
    await expect(read('[[1,"a"]]')).rejects.toMatchObject({
      reason: "expected a row of 3 values ('id', 'title', 'v'), found 2",
      at: { row: 0 },
    });
  });
});

// ClickHouse 26.9.2, `SELECT … FORMAT …`.
const META =
  '"meta":[{"name":"id","type":"Int64"},{"name":"title","type":"String"},{"name":"v","type":"Array(Float32)"}]';
const COUNTS = '"rows":2,"statistics":{"elapsed":0.002,"rows_read":2,"bytes_read":16}';
const clickHouse: Record<string, string> = {
  JSON: `{${META},"data":[{"id":1,"title":"a","v":[0.5,1]},{"id":2,"title":"b/c","v":[2,3.5]}],${COUNTS}}`,
  JSONCompact: `{${META},"data":[[1,"a",[0.5,1]],[2,"b/c",[2,3.5]]],${COUNTS}}`,
  JSONColumnsWithMetadata: `{${META},"data":{"id":[1,2],"title":["a","b/c"],"v":[[0.5,1],[2,3.5]]},${COUNTS}}`,
  JSONColumns: '{"id":[1,2],"title":["a","b/c"],"v":[[0.5,1],[2,3.5]]}',
  JSONObjectEachRow: '{"row_1":{"id":1,"title":"a","v":[0.5,1]},"row_2":{"id":2,"title":"b/c","v":[2,3.5]}}',
};

describe("ClickHouse", () => {
  test.each(Object.entries(clickHouse))("%s", async (_, text) => {
    expect(await read(text)).toEqual(rows);
    expect(await read(text, { chunkBytes: 32, batchBytes: 1 })).toEqual(rows);
    expect(await read(JSON.stringify(JSON.parse(text), undefined, "\t"))).toEqual(rows);
  });

  test.each(Object.entries(clickHouse))("%s is shown without a collection", async (_, text) => {
    const file = await memoryFile("f.json", Buffer.from(text));
    const { columns } = await formatNamed("json").describe([file], new AbortController().signal);
    expect(columns.map(({ name }) => name)).toEqual(["id", "title", "v"]);
  });

  it("a row that has meta and data is a row", async () => {
    const fields = [{ name: "meta", type: 5, is_primary: true }, { name: "data", type: 23 }]; // biome-ignore format: one line
    const of = fixtureSchema({ fields });
    expect(await read('{"meta":7,"data":{"a":1}}', { of })).toEqual([{ meta: 7, data: { a: 1 } }]);
  });

  it("without rows", async () => expect(await read(`{${META},"data":[],"rows":0}`)).toEqual([]));
});

describe("columns", () => {
  const text = '{"id":[1,2],"title":["a","b/c"],"v":[[0.5,1],[2,3.5]]}';

  it.each([
    ["lists", text],
    ["lists with values", '{"id":{"values":[1,2]},"title":{"values":["a","b/c"]},"v":{"values":[[0.5,1],[2,3.5]]}}'],
    ["in the table of the first drafts", `{"table":{"columns":${text}}}`],
  ])("as %s", async (_, body) => {
    for (const chunkBytes of [undefined, 16])
      for (const batchBytes of [undefined, 1])
        expect(await read(body, { chunkBytes, batchBytes } as Options)).toEqual(rows);
  });

  it("one file each are a table, named after their fields", async () => {
    const set = {
      "d/id.json": "[1,2]",
      "d/title.json": '{"values":["a","b/c"]}',
      "v.json": ' {"values" : [[0.5,1],[2,3.5]]}',
    };
    expect(await read(set)).toEqual(rows);
    await expect(read({ "id.json": "[1]", "v.json": JSON.stringify(rows) })).rejects.toMatchObject({
      code: "request_invalid",
      reason: expect.stringContaining("for JSON import, accepts only one file"),
      at: { file: "v.json" },
    });
  });

  it("are found by paths", async () => {
    const body = '{"x":{"emb":{"list":[[0.5,1],[2,3.5]]},"keys":[1,2],"rest":[0,0]},"title":["a","b/c"]}';
    const warnings: string[] = [];
    const mapping = { "x.emb.list": "v", "x.keys": "id" };
    expect(await read(body, { mapping, warn: (text) => void warnings.push(text) })).toEqual(rows);
    expect(warnings).toEqual(["f.json: a column that no field takes was not imported: 'x.rest'"]);
  });

  it("that no field has go into $meta, whatever they hold", async () => {
    const of = fixtureSchema({ fields, enable_dynamic_field: true });
    const body = `{"x":[1,{"a":[2]}],"$meta":["{\\"k\\":1}",null],${text.slice(1)}`;
    expect((await read(body, { of })).map(({ $meta }) => $meta)).toEqual([{ x: 1, k: 1 }, { x: { a: [2] } }]);
    await expect(read(`{"k":[1,2],"$meta":[{"k":1},{}],${text.slice(1)}`, { of })).rejects.toMatchObject({
      reason: expect.stringContaining("duplicated key is not allowed, key=k"),
      at: { row: 0 },
    });
  });

  it("are bounded in number, before anything is kept for each", async () => {
    const of = fixtureSchema({ fields: [fields[0]], enable_dynamic_field: true });
    const many = (count: number) => `{"id":[1]${Array.from({ length: count }, (_, i) => `,"x${i}":[1]`).join("")}}`;
    await expect(read(many(1024), { of })).rejects.toMatchObject({
      code: "unsupported",
      reason: "1025 columns are to be read side by side, more than 1024: write the table as rows, or as Parquet",
    });
    await expect(read(many(65_536), { of })).rejects.toMatchObject({ reason: "the file has more than 65536 columns" });
    expect(await read(many(1023), { of })).toHaveLength(1);
  });

  it("of differing lengths are refused in Milvus's words", async () => {
    await expect(read('{"id":[1,2],"v":[[0.5,1]]}')).rejects.toMatchObject({
      code: "malformed_file",
      reason: "imported rows are not aligned, field 'id' with '2' rows, field 'v' with '1' rows",
    });
  });

  it("are refused at the place of the value", async () => {
    const body = '{"id":[1,2],\n"v":[[0.5,1],\n[2,"x"]]}';
    await expect(read(body)).rejects.toMatchObject({
      code: "value_invalid",
      at: { row: 1, field: "v", byteOffset: body.indexOf('"x"'), line: 3 },
    });
  });

  it("give all rows but the bad ones where these are put aside", async () => {
    const file = await memoryFile("f.json", Buffer.from('{"id":[1,2,3],"title":["a",7,null],"v":[[1,2],[1,2],[3]]}'));
    const rejected: number[] = [];
    const found: unknown[] = [];
    const signal = new AbortController().signal;
    const onReject = ({ row }: { row: number }) => void rejected.push(row);
    for await (const batch of openJson(readerInput(schema, [file])).batches({ batchBytes: 1 << 20, signal, onReject }))
      found.push(batch.rowCount);
    expect([found, rejected]).toEqual([[1], [1, 2]]);
  });

  it.each([
    '{"id":[1,2],"v":[[1,2],[3,4]',
    '{"id":[1,2],"v":[[1,2],[3,4]}',
    '{"id":[1 2],"v":[[1,2],[3,4]]}',
    '{"id":[1,2],"v":[[1,2],[3,4]]}x',
    '{"id":[1,2],"v":[[1,2],[3,4]]',
    '{"id":[1,],"v":[[1,2],[3,4]]}',
  ])("that are broken are refused: %s", async (body) => {
    for (const chunkBytes of [undefined, 16])
      await expect(read(body, chunkBytes === undefined ? {} : { chunkBytes })).rejects.toMatchObject({
        code: "malformed_file",
        at: { file: "f.json" },
      });
  });

  it("of any rows, cut anywhere, are those rows; of any damage, rows or an ImportError", async () => {
    const row = fc.record({
      id: fc.maxSafeInteger(),
      title: fc.option(fc.string({ maxLength: 2 })),
      v: fc.tuple(fc.integer(), fc.integer()),
    });
    const of = fixtureSchema({
      fields: [fields[0], fields[1], { name: "v", type: 22, element_type: 5, params: { max_capacity: 2 } }],
    });
    const layouts = fc.record({
      chunkBytes: fc.integer({ min: 16, max: 500 }),
      batchBytes: fc.integer({ min: 1, max: 500 }),
      indent: fc.constantFrom(0, 2),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 20 }),
        layouts,
        fc.nat(),
        async (list, { indent, ...sizes }, cut) => {
          const body = JSON.stringify(
            { id: list.map(({ id }) => id), title: list.map(({ title }) => title), v: list.map(({ v }) => v) },
            undefined,
            indent,
          );
          expect(await read(body, { of, ...sizes })).toEqual(list);
          const at = cut % body.length;
          await read(body.slice(0, at) + body.slice(at + 1), { of, ...sizes }).catch((error) => {
            if (!(error instanceof ImportError)) throw error;
          });
        },
      ),
      { seed: 20261128, numRuns: 100 },
    );
  });
});

describe("the fixtures of the first drafts", () => {
  const folder = readFixtureFolder(join(fixtures, "columns"));
  const ours = folder.cases.filter(({ files }) => files.every((file) => file.endsWith(".json")));

  test.each(ours.map((fixture) => [fixture.name, fixture] as const))("%s", async (_, fixture) => {
    await using sources = await folderSources(folder.folder);
    const outcome = await runCase(folder, fixture, sources, openJson);
    const isRefused = outcome instanceof ImportError;
    if (fixture.expect === "error" || (fixture.expect === "rows_or_error" && isRefused)) expect(isRefused).toBe(true);
    else expect(outcome).toEqual(expectedRows(folder, fixture));
  });

  const mixed = folder.cases.filter(({ files }) => files.some((file) => file.endsWith(".npy")));

  test.each(mixed.map((fixture) => [fixture.name, fixture] as const))("beside NumPy: %s", async (name, fixture) => {
    await using sources = await folderSources(folder.folder);
    const [{ format }] = groupNestedFiles([fixture.files]);
    const fields_mapping = { file_1: "uid", file_2: "vector" };
    const mapped = name === "renamed-files" ? { ...fixture, fields_mapping } : fixture;
    expect(await runCase(folder, mapped, sources, formatNamed(format).open)).toEqual(expectedRows(folder, fixture));
  });

  test.each(["table-rows.json", "deep-path.json"])("rows where paths lead: %s", async (name) => {
    const rowsFolder = readFixtureFolder(join(fixtures, "rows"));
    await using sources = await folderSources(rowsFolder.folder);
    const fixture = rowsFolder.cases.find((candidate) => candidate.name === name);
    expect(fixture && (await runCase(rowsFolder, fixture, sources, openJson))).toEqual(
      fixture && expectedRows(rowsFolder, fixture),
    );
  });
});

describe("rows in a document", () => {
  it("are found by paths, with lists on the way and more around them", async () => {
    const inner = rows.map(({ id, title, v }) => ({ key: id, data: [{ title }, { embedding: v }] }));
    const body = JSON.stringify({ took: 3, response: { total: 2, body: inner, more: {} }, z: [1] });
    const mapping = {
      "response.body.key": "id",
      "response.body.data[1].embedding": "v",
      "response.body.data[0].title": "title",
    };
    for (const chunkBytes of [undefined, 16])
      expect(await read(body, { mapping, chunkBytes } as Options)).toEqual(rows);
  });

  it("of which nothing is known are refused with what may be done", async () => {
    await expect(read('{"items":[{"id":1}]}')).rejects.toMatchObject({
      code: "malformed_file",
      reason: expect.stringMatching(
        /^invalid JSON format, the root key should be 'rows', but get 'items'.*fields_mapping/,
      ),
    });
  });
});
