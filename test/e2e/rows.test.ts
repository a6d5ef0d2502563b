import { beforeAll, describe, expect, it } from "@jest/globals";
import { milvus } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import {
  bookCollection,
  bookFields,
  dynamicRows,
  type FieldSpec,
  givenRows,
  useRest,
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

  it("keep their values when calls of half a megabyte come together, and after each other", async () => {
    const wide: FieldSpec[] = [bookFields.id, { name: "wide", type: DataType.FloatVector, dim: 128 }];
    await fixture.client.createCollection({ name: "wide", fields: wide });
    const valueAt = (id: number, i: number) => (id % 8191) * 128 + i;
    const insertFrom = (first: number, count: number) => {
      const ids = Array.from({ length: count }, (_, row) => first + row);
      const rows = ids.map((id) => ({ id, wide: Array.from({ length: 128 }, (_, i) => valueAt(id, i)) }));
      return fixture.client.insert("wide", givenRows(wide, rows), count);
    };
    for (let round = 0; round < 4; round++) {
      const calls = [1000, 990, 700, 1000].map((count, i) => insertFrom((4 * round + i) * 1000, count));
      for (const { IDs } of await Promise.all(calls)) expect(IDs?.idField).toMatchObject({ $case: "intId" });
    }
    const found = await fixture.client.query("wide", "id % 7 == 3", ["wide"], { limit: 16_000 });
    expect(found).toHaveLength(2109);
    const wrong = found.filter(({ id, wide }) =>
      (wide as number[]).some((value, i) => value !== valueAt(Number(id), i)),
    );
    expect(wrong.map(({ id }) => id)).toEqual([]);
  });

  it("lie in segments that a flush names, by collection", async () => {
    const { raw } = fixture.client;
    const { infos } = await raw.getPersistentSegmentInfo(
      milvus.GetPersistentSegmentInfoRequest.fromPartial({ collectionName: "books" }),
    );
    const answer = await raw.flush(milvus.FlushRequest.fromPartial({ collectionNames: ["books"] }));
    const flushed = answer.flushCollSegIDs.books.data;
    expect(flushed).not.toHaveLength(0);
    expect(new Set(flushed)).toEqual(new Set(infos.map(({ segmentID }) => segmentID)));
    expect(answer.collSegIDs).toEqual({ books: { data: [] } });
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
    await expect(fixture.client.insert("books", columns, count)).rejects.toMatchObject({
      ...{ code: 1100, message: expect.stringContaining(reason) },
    });
  });

  it("that are claimed and not sent are refused", async () => {
    const none = givenRows(fields, []).map((data) => ({ ...data, field: undefined }));
    await expect(fixture.client.insert("books", none, 2 ** 32 - 1)).rejects.toThrow(
      "4294967295 rows of at least 60 bytes are more than 134217728 bytes: send fewer at once",
    );
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

  it("have floats with as many digits as they need, in reads, searches and distances", async () => {
    await data("entities/insert", { ...shelf, data: [{ id: 77, vector: [0.1, -0.7] }] });
    const read = { ...shelf, outputFields: ["vector"] };
    expect(await data("entities/get", { ...read, id: [77] })).toEqual([{ id: "77", vector: [0.1, -0.7] }]);
    expect(await data("entities/search", { ...read, data: [[0.1, -0.7]], limit: 1 })).toEqual([
      { id: "77", vector: [0.1, -0.7], distance: 1 },
    ]);
    await data("entities/delete", { ...shelf, filter: "id == 77" });
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
    [
      "dynamic keys in a member of their own",
      {
        data: [
          { id: 1, vector: [1, 2] },
          { id: 2, vector: [1, 2], $meta: { color: "red" } },
        ],
      },
      "use the invalid key($meta) when enable dynamicField is true: write what is in it into the row itself (row 1)",
    ],
  ])("with %s are refused", async (_, body, reason) => {
    const answer = await post("entities/insert", { ...shelf, ...body });
    expect(answer.code).toBe(1804);
    expect(answer.message).toContain(reason);
  });
});

describe("rows over REST of a collection that gives keys", () => {
  const numbered = { collectionName: "numbered" };
  beforeAll(() => data("collections/create", { ...numbered, dimension: 2, autoID: true }));

  it("replace those whose keys they bring, and are refused without keys", async () => {
    const [id] = (await data("entities/insert", { ...numbered, data: [{ vector: [1, 2] }] })).insertIds;
    expect(await data("entities/upsert", { ...numbered, data: [{ id, vector: [3, 4] }] })).toMatchObject({
      upsertIds: [id],
    });
    const answer = await post("entities/upsert", { ...numbered, data: [{ vector: [5, 6] }] });
    expect(answer).toMatchObject({
      code: 1100,
      message: expect.stringContaining("must assign pk when upsert, primary field: id"),
    });
    expect(await data("entities/query", { ...numbered, filter: "id > 0", outputFields: ["vector"] })).toEqual([
      { id, vector: [3, 4] },
    ]);
  });
});

describe("rows over REST of a collection without a dynamic field", () => {
  const plain = { collectionName: "plain" };
  const plainFields: FieldSpec[] = [
    { name: "id", type: DataType.Int64, key: true },
    { name: "title", type: DataType.VarChar, maxLength: 10, nullable: true },
    { name: "stock", type: DataType.Int16, default: { $case: "intData", value: 7 } },
    { name: "vector", type: DataType.FloatVector, dim: 2 },
  ];
  beforeAll(() => fixture.client.createCollection({ name: "plain", fields: plainFields }));

  it("need not have what may be null or has a default, nor write numbers as such", async () => {
    expect(await data("entities/insert", { ...plain, data: [{ id: "1", vector: [1, 2] }] })).toMatchObject({
      insertCount: 1,
    });
    expect(await fixture.client.query("plain", "", ["*"], { limit: 9 })).toEqual([
      { id: 1n, title: null, stock: 7, vector: [1, 2] },
    ]);
  });

  it.each([
    [
      "a key of no field",
      [{ id: 2, vector: [1, 2], titel: "x" }],
      "no field takes 'titel' (did you mean 'title'?) (row 0)",
    ],
    ["lists instead of rows", [[2, "x", 1, [1, 2]]], "each row should be a key-value map, but got type list (row 0)"],
    ["a list behind a row", [{ id: 2, vector: [1, 2] }, [3]], "each row should be a key-value map, but got type"],
  ])("with %s are refused", async (_, rows, reason) => {
    const answer = await post("entities/insert", { ...plain, data: rows });
    expect(answer.code).toBe(1804);
    expect(answer.message).toContain(reason);
    expect(await fixture.client.count("plain")).toBe(1);
  });
});

describe("rows that a client deletes or replaces", () => {
  const name = "changing";
  const years = async () =>
    (await fixture.client.query(name, "", ["year"], { limit: 100 })).map(({ id, year }) => [Number(id), year]);
  const upsert = (...rows: ReturnType<typeof book>[]) =>
    fixture.client.upsert(name, givenRows(fields, rows), rows.length);
  const rowCount = async () => (await data("collections/get_stats", { collectionName: name })).rowCount;
  beforeAll(async () => {
    await fixture.client.createCollection(bookCollection(name));
    await insert(
      name,
      [1, 2, 3, 4, 5, 6].map((id) => book(id)),
    );
    await fixture.client.importAndWait(name, await fixture.files.jsonl("changing.jsonl", [book(7), book(8, 1999)]));
  });

  it("by keys are gone from the next read, search and count on; keys that are not there count too", async () => {
    expect(await fixture.client.delete(name, "id in [1, 7, 99]")).toBe(3);
    expect((await years()).map(([id]) => id)).toEqual([2, 3, 4, 5, 6, 8]);
    expect([await fixture.client.count(name), await rowCount()]).toEqual([6, 6]);
    const found = await data("entities/search", { collectionName: name, data: [[1, 1, 2, 3]], limit: 10 });
    expect(found.map(({ id }: { id: string }) => id)).toEqual(["2", "3", "4", "5", "6", "8"]);
  });

  it("by an expression are those that it selects", async () => {
    expect(await fixture.client.delete(name, "year < 2000")).toBe(1);
    expect(await fixture.client.delete(name, "year < 2000")).toBe(0);
    expect(await rowCount()).toBe(5);
  });

  it("may be inserted again", async () => {
    await insert(name, [book(1, 2020)]);
    expect(await years()).toContainEqual([1, 2020]);
    expect(await rowCount()).toBe(6);
  });

  it("are replaced as a whole; of equal keys the last row counts", async () => {
    const answer = await upsert(book(2, 2001), book(50), book(50, 2050));
    expect(answer).toMatchObject({ upsertCnt: 3n, deleteCnt: 3n, insertCnt: 3n });
    expect((await years()).filter(([id]) => id === 2 || id === 50)).toEqual([
      [2, 2001],
      [50, 2050],
    ]);
    expect([await fixture.client.count(name), await rowCount()]).toEqual([7, 7]);
  });

  it("of many clients at once are replaced one after the other", async () => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => upsert(book(60, 2000 + i), book(61, 2000 + i))));
    expect(await fixture.client.count(name, "id in [60, 61]")).toBe(2);
    expect(await rowCount()).toBe(9);
  });

  it("stay deleted when the server is killed", async () => {
    await fixture.client.delete(name, "id == 60");
    await fixture.restart("kill9");
    expect(await fixture.client.count(name, "id == 60")).toBe(0);
    expect(await rowCount()).toBe(8);
  });

  it("are dropped for good by a compaction", async () => {
    const before = await years();
    const { compactionID } = await data("collections/compact", { collectionName: name });
    const isDone = async () =>
      (await data("collections/get_compaction_state", { jobID: compactionID })).state === "Completed";
    while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await years()).toEqual(before);
    expect(await rowCount()).toBe(8);
    const segments = await fixture.client.segments(name);
    expect(segments.map(({ numRows }) => Number(numRows))).toEqual([8]);
  });

  it("stay deleted in a copy of the collection", async () => {
    await fixture.client.delete(name, "id == 50");
    const job = await useRest(fixture, "copy").run({ collectionName: name, targetCollectionName: "copied" });
    expect(job).toMatchObject({
      ...{ state: "Completed", copiedRows: 7 },
      partitions: [{ name: "_default", sourceRows: 7, rows: 7 }],
    });
    expect(await data("collections/get_stats", { collectionName: "copied" })).toEqual({ rowCount: 7 });
    expect(await fixture.client.count("copied")).toBe(7);
    await insert(name, [book(50)]);
  });

  it("of a lone segment are dropped for good when somebody asks, all of them too", async () => {
    await fixture.client.delete(name, "id == 61");
    const compacted = async () => {
      const { compactionID } = await data("collections/compact", { collectionName: name });
      const state = async () => (await data("collections/get_compaction_state", { jobID: compactionID })).state;
      while ((await state()) !== "Completed") await new Promise((resolve) => setTimeout(resolve, 20));
      return (await fixture.client.segments(name)).map(({ numRows }) => Number(numRows));
    };
    expect(await compacted()).toEqual([7]);
    await fixture.client.delete(name, "id > 0");
    expect(await compacted()).toEqual([]);
    expect(await rowCount()).toBe(0);
    await insert(name, [book(2)]);
  });

  it.each([
    ["everything", "", "delete plan can't be empty or always true"],
    ["what is no expression", "year <", "failed to create delete plan: "],
    ["what is no field", "pages == 1", "failed to create delete plan: "],
  ])("are not %s", async (_, expr, reason) => {
    await expect(fixture.client.delete(name, expr)).rejects.toThrow(reason);
  });

  it("are so over REST, too", async () => {
    const about = { collectionName: name };
    const row = { id: 70, title: "t", year: 1, vector: [1, 2, 3, 4] };
    expect(await data("entities/upsert", { ...about, data: [row] })).toEqual({ upsertCount: 1, upsertIds: ["70"] });
    expect(await data("entities/delete", { ...about, filter: "id == 70" })).toEqual({ deleteCount: 1 });
    expect(await fixture.client.count(name, "id == 70")).toBe(0);
  });
});
