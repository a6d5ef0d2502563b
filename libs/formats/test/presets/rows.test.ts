import { describe, expect, it } from "@jest/globals";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";
import { DataType } from "@sluice/schema";
import type { RejectedRow } from "../../src/format.ts";
import { openReader } from "../../src/format-list.ts";

const key = { name: "id", type: DataType.VarChar, is_primary: true, params: { max_length: 40 } };
const vector = { name: "emb", type: DataType.FloatVector, params: { dim: 2 } };
const schemaOf = (fields: object[]) => fixtureSchema({ fields, enable_dynamic_field: true } as never);

async function read(preset: string, rows: readonly object[], fields: object[] = [key, vector], more = {}) {
  const schema = schemaOf(fields);
  const text = rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row))).join("\n");
  const file = await memoryFile("rows.jsonl", Buffer.from(text));
  return await readCanonicalRows(schema, openReader("jsonl", readerInput(schema, [file], { preset, ...more })));
}

describe("elasticsearch and vespa", () => {
  it("what is left of _source are dynamic keys, beside those of the row", async () => {
    const rows = [
      { _id: "a", _source: { emb: [1, 2], tags: ["x"], "a b": { c: 1 } }, found: true },
      { _id: "b", _source: { emb: [1, 2] } },
    ];
    expect(await read("elasticsearch", rows)).toEqual([
      { id: "a", emb: [1, 2], $meta: { tags: ["x"], "a b": { c: 1 }, found: true } },
      { id: "b", emb: [1, 2], $meta: {} },
    ]);
  });

  it("also where no field is looked for there", async () => {
    const rows = [{ _id: "a", emb: [1, 2], _source: { tags: 1 } }];
    const mapped = { fields_mapping: '{"emb":"emb"}' };
    expect(await read("elasticsearch", rows, undefined, mapped)).toEqual([
      { id: "a", emb: [1, 2], $meta: { tags: 1 } },
    ]);
  });

  it("a key that is called as a field, and is not its source, stays where it was", async () => {
    const rows = [{ put: "id:x:y::1", fields: { id: "other", emb: [1, 2], n: 1 } }];
    expect(await read("vespa", rows)).toEqual([
      { id: "id:x:y::1", emb: [1, 2], $meta: { fields: { id: "other" }, n: 1 } },
    ]);
  });

  it("a key that stands inside and beside is refused", async () => {
    const rows = [{ _id: "a", _source: { emb: [1, 2], n: 1 }, n: 2 }];
    await expect(read("elasticsearch", rows)).rejects.toThrow("'_source.n' and 'n' are both in the row");
  });

  it("of a key that stands twice at one place the last counts, as ever", async () => {
    const rows = ['{"_id":"a","_id":"b","_source":{"emb":[1,2],"n":1,"n":2}}'] as never;
    expect(await read("elasticsearch", rows)).toEqual([{ id: "b", emb: [1, 2], $meta: { n: 2 } }]);
  });
});

describe("a field that a row gives under its own name and where the preset looks for it", () => {
  it.each([
    ["pinecone", { id: "a", values: [1, 2], emb: [3, 4] }, "gives field 'emb' twice, as 'values' and as 'emb'"],
    ["elasticsearch", { _id: "a", emb: [1, 2], _source: { emb: [3, 4] } }, "as 'emb' and as '_source.emb'"],
    ["qdrant", { id: "a", vector: [1, 2], payload: { n: 1 }, $meta: { n: 2 } }, "'payload' and '$meta' are both"],
  ])("%s: is refused", async (preset, row, words) => {
    await expect(read(preset, [row])).rejects.toMatchObject({
      code: "value_invalid",
      message: expect.stringContaining(words),
    });
  });

  it("is taken from where fields_mapping says", async () => {
    const mapped = { fields_mapping: '{"values":"emb"}' };
    expect(await read("pinecone", [{ id: "a", values: [1, 2], emb: [3, 4] }], undefined, mapped)).toMatchObject([
      { emb: [1, 2] },
    ]);
  });

  it("may be either, in different rows", async () => {
    const rows = [
      { id: "a", values: [1, 2] },
      { id: "b", emb: [3, 4] },
    ];
    expect(await read("pinecone", rows)).toMatchObject([{ emb: [1, 2] }, { emb: [3, 4] }]);
  });
});

describe("mongodb", () => {
  const number = { name: "n", type: DataType.Int64, nullable: true };
  const time = { name: "at", type: DataType.Timestamptz, nullable: true };
  const price = { name: "price", type: DataType.Double, nullable: true };
  const tags = {
    name: "tags",
    type: DataType.Array,
    element_type: DataType.Int64,
    params: { max_capacity: 4 },
    nullable: true,
  };
  const doc = { name: "doc", type: DataType.JSON, nullable: true };
  const fields = [key, vector, number, time, price, tags, doc];

  it("unwraps extended JSON in every field and in $meta", async () => {
    const row = {
      _id: { $oid: "65f1c0de65f1c0de65f1c0de" },
      emb: [{ $numberDouble: "0.5" }, { $numberDouble: "-2.0" }],
      n: { $numberLong: "9007199254740993" },
      at: { $date: { $numberLong: "1577836800000" } },
      price: { $numberDecimal: "12.50" },
      tags: [{ $numberInt: "1" }, { $numberInt: "2" }],
      doc: { owner: { $oid: "65f1c0de65f1c0de65f1c0df" }, when: { $date: "2020-01-01T00:00:00Z" } },
      more: { deep: [{ $numberLong: "7" }] },
      raw: { $binary: { base64: "AA==", subType: "00" } },
      odd: { $numberDouble: "NaN" },
    };
    const [read1] = await read("mongodb", [row], fields);
    const [plain] = await read(
      "mongodb",
      [
        {
          ...{ _id: "65f1c0de65f1c0de65f1c0de", emb: [0.5, -2], at: "2020-01-01T00:00:00Z", price: 12.5, tags: [1, 2] },
          doc: { owner: "65f1c0de65f1c0de65f1c0df", when: "2020-01-01T00:00:00Z" },
          ...{ more: { deep: [7] }, raw: row.raw, odd: row.odd },
        },
      ],
      fields,
    );
    expect(read1).toEqual({ ...plain, n: "9007199254740993" });
  });

  it("takes keys of either type, wrapped or not", async () => {
    const integer = { name: "id", type: DataType.Int64, is_primary: true };
    const rows = [
      { _id: { $numberLong: "5" }, emb: [1, 2] },
      { _id: 6, emb: [1, 2] },
    ];
    expect(await read("mongodb", rows, [integer, vector])).toMatchObject([{ id: 5 }, { id: 6 }]);
  });

  it("leaves text alone that only looks so", async () => {
    const rows = [{ _id: "a", emb: [1, 2], note: '{"$oid":"x"}', q: '\\"', empty: {}, two: { $oid: "x", y: 1 } }];
    const [{ $meta }] = (await read("mongodb", rows)) as { $meta: object }[];
    expect($meta).toEqual({ note: '{"$oid":"x"}', q: '\\"', empty: {}, two: { $oid: "x", y: 1 } });
  });

  it("says where a value is that no field takes, and puts the row aside as it stood", async () => {
    const text = '{"_id":{"$oid":"a"},"emb":[1,2],"n":{"$numberDouble":"NaN"}}\n';
    const schema = schemaOf(fields);
    const input = readerInput(schema, [await memoryFile("rows.jsonl", Buffer.from(text))], { preset: "mongodb" });
    await using reader = openReader("jsonl", input);
    const rejected: RejectedRow[] = [];
    const options = {
      batchBytes: 1 << 20,
      signal: new AbortController().signal,
      onReject: (row: RejectedRow) => void rejected.push(row),
    };
    for await (const _ of reader.batches(options)) throw new Error("no row was expected");
    expect(rejected[0].error.at).toMatchObject({ row: 0, field: "n", byteOffset: text.indexOf('{"$numberDouble') });
    expect(Buffer.from(rejected[0].text?.bytes ?? []).toString()).toBe(text.trim());
  });
});
