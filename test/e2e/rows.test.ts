import { beforeAll, describe, expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import {
  bookCollection,
  bookFields,
  dynamicRows,
  type FieldSpec,
  givenRows,
  useRestCalls,
  useServer,
} from "../support/index.ts";

const fixture = useServer();
const { post, data } = useRestCalls(fixture);
const fields: FieldSpec[] = Object.values(bookFields);

const book = (id: number, year = 2000) => ({ id, title: `book ${id}`, year, vector: [id, 1, 2, 3] });
const insert = (name: string, rows: ReturnType<typeof book>[], partition = "") =>
  fixture.client.insert(name, givenRows(fields, rows), rows.length, partition);

describe("rows that a client inserts", () => {
  beforeAll(() => fixture.client.createCollection(bookCollection("books", { shards: 2 })));

  it("are answered with their keys, and seen by the next read", async () => {
    const answer = await insert("books", [book(1), book(2), book(3)]);
    expect(answer).toMatchObject({ insertCnt: 3n, succIndex: [0, 1, 2], errIndex: [], acknowledged: true });
    expect(answer.IDs?.idField).toEqual({ $case: "intId", value: { data: [1n, 2n, 3n] } });
    expect(answer.timestamp).toBeGreaterThan(1n << 40n);
    expect(await fixture.client.query("books", "", ["title", "year", "vector"], { limit: 9 })).toEqual([
      { id: 1n, title: "book 1", year: 2000, vector: [1, 1, 2, 3] },
      { id: 2n, title: "book 2", year: 2000, vector: [2, 1, 2, 3] },
      { id: 3n, title: "book 3", year: 2000, vector: [3, 1, 2, 3] },
    ]);
  });

  it("count exactly, beside rows that were imported", async () => {
    const rows = [book(10), book(11)];
    await fixture.client.importAndWait("books", await fixture.files.jsonl("beside.jsonl", rows));
    await insert("books", [book(4)]);
    expect(await fixture.client.count("books")).toBe(6);
    expect(await data("collections/get_stats", { collectionName: "books" })).toEqual({ rowCount: 6 });
  });

  it("of many clients at once are all there, whatever is written together", async () => {
    const calls = Array.from({ length: 40 }, (_, i) => insert("books", [book(100 + 2 * i), book(101 + 2 * i)]));
    await Promise.all(calls);
    expect(await fixture.client.count("books", "id >= 100")).toBe(80);
  });

  it("survive a server that is killed as soon as it has answered", async () => {
    await insert("books", [book(1000)]);
    await fixture.restart("kill9");
    expect(await fixture.client.count("books", "id == 1000")).toBe(1);
  });

  it.each([
    ["no rows", [], 0, "num_rows should be greater than 0"],
    [
      "a field that is missing",
      givenRows(fields.slice(1), [book(1)]),
      1,
      "fieldSchema(id) has no corresponding fieldData pass in",
    ],
    [
      "a field that is none",
      givenRows([...fields, { name: "x", type: DataType.Int64 }], [{ ...book(1), x: 1 }]),
      1,
      "fieldName x not exist in collection schema",
    ],
    [
      "too long a text",
      givenRows(fields, [{ ...book(1), title: "x".repeat(201) }]),
      1,
      "length of varchar field title exceeds max length, row number: 0, length: 201, max length: 200",
    ],
    [
      "a number that is none",
      givenRows(fields, [book(1), { ...book(2), vector: [1, Number.NaN, 2, 3] }]),
      2,
      "value of field 'vector' is no finite number: NaN or Infinity (row 1, field \"vector\")",
    ],
    [
      "another dimension",
      givenRows([{ ...bookFields.vector, dim: 2 }, ...fields.slice(0, 3)], [{ ...book(1), vector: [1, 2] }]),
      1,
      "field 'vector' has 4 dimensions, and vectors of 2 were sent",
    ],
    [
      "another type",
      givenRows(
        [{ ...bookFields.year, type: DataType.VarChar }, bookFields.id, bookFields.title, bookFields.vector],
        [{ ...book(1), year: "x" as never }],
      ),
      1,
      "field 'year' is of type Int32, and VarChar was sent",
    ],
    ["fewer values than rows", givenRows(fields, [book(1)]), 2, "field 'id' has 1 values for 2 rows"],
  ])("with %s are refused", async (_, columns, count, reason) => {
    await expect(fixture.client.insert("books", columns, count)).rejects.toThrow(reason);
  });

  it("go into the partition that is named, which must be there", async () => {
    await expect(insert("books", [book(1)], "none")).rejects.toThrow("partition not found[partition=none]");
  });
});

describe("rows of a collection with more", () => {
  const more: FieldSpec[] = [
    { name: "id", type: DataType.Int64, key: true, auto: true },
    { name: "shelf", type: DataType.VarChar, maxLength: 10, partitionKey: true },
    { name: "price", type: DataType.Double, nullable: true },
    { name: "stock", type: DataType.Int16, default: { $case: "intData", value: 7 } },
    { name: "notes", type: DataType.JSON, nullable: true },
    { name: "vector", type: DataType.FloatVector, dim: 2 },
  ];
  beforeAll(() => fixture.client.createCollection({ name: "more", fields: more, dynamic: true, partitions: 4 }));

  it("get keys, defaults, nulls, partitions and the dynamic field", async () => {
    const rows = [
      { shelf: "a", price: 1.5, notes: '{"a":1}', vector: [1, 2] },
      { shelf: "b", price: null, notes: null, vector: [3, 4] },
    ];
    const columns = [...givenRows(more, rows), dynamicRows([{ extra: "x" }, {}])];
    const answer = await fixture.client.insert("more", columns, 2);
    const keys = answer.IDs?.idField?.value.data as bigint[];
    const read = await fixture.client.query("more", "", ["*"], { limit: 9 });
    expect(read).toEqual([
      { id: keys[0], shelf: "a", price: 1.5, stock: 7, notes: { a: 1 }, vector: [1, 2], extra: "x" },
      { id: keys[1], shelf: "b", price: null, stock: 7, notes: null, vector: [3, 4] },
    ]);
    expect(await fixture.client.count("more", 'shelf == "b"')).toBe(1);
  });

  it.each([
    ["text that is no JSON", { notes: "{" }, "expected JSON text for field 'notes'"],
    ["a key, which is automatic", { id: 5 }, "can not assign primary field data when auto id enabled"],
  ])("with %s are refused", async (_, wrong, reason) => {
    const columns = givenRows(more, [{ shelf: "a", price: 1, notes: "1", vector: [1, 2], ...wrong }]);
    await expect(fixture.client.insert("more", columns, 1)).rejects.toThrow(reason);
  });
});

describe("rows over REST", () => {
  const shelf = { collectionName: "shelf" };
  beforeAll(() => data("collections/create", { ...shelf, dimension: 2, params: { enableDynamicField: true } }));

  it("are inserted, with exact numbers, and read", async () => {
    const rows = '[{"id": 9007199254740993, "vector": [1, 2], "title": "exact"}, {"id": "4", "vector": [3, 4]}]';
    const response = await fetch(`${fixture.url}/v2/vectordb/entities/insert`, {
      method: "POST",
      body: `{"collectionName": "shelf", "data": ${rows}}`,
    });
    expect(await response.json()).toEqual({
      ...{ code: 0, cost: 0 },
      data: { insertCount: 2, insertIds: ["9007199254740993", "4"] },
    });
    expect(await data("entities/query", { ...shelf, filter: "id > 4", outputFields: ["title", "vector"] })).toEqual([
      { id: "9007199254740993", title: "exact", vector: [1, 2] },
    ]);
  });

  it("may be one object, as older clients send it", async () => {
    expect(await data("entities/insert", { ...shelf, data: { id: 5, vector: [5, 6] } })).toMatchObject({
      insertCount: 1,
    });
  });

  it.each([
    ["no rows", { data: [] }, "fail to deal the insert data, error: data is empty"],
    ["another dimension", { data: [{ id: 1, vector: [1] }] }, "fail to deal the insert data, error: "],
    ["a missing vector", { data: [{ id: 1 }] }, "value of field 'vector' is missed"],
  ])("with %s are refused", async (_, body, reason) => {
    const answer = await post("entities/insert", { ...shelf, ...body });
    expect(answer.code).toBe(1804);
    expect(answer.message).toContain(reason);
  });
});
