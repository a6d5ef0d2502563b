import { beforeAll, describe, expect, it } from "@jest/globals";
import { milvus, schema } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { dynamicRows, type FieldSpec, givenRows, useRestCalls, useServer } from "../support/index.ts";

const fixture = useServer();
const { post, data } = useRestCalls(fixture);
const OpType = schema.FieldPartialUpdateOp_OpType;

const fields = {
  id: { name: "id", type: DataType.Int64, key: true },
  title: { name: "title", type: DataType.VarChar, maxLength: 20 },
  price: { name: "price", type: DataType.Double, nullable: true },
  stock: { name: "stock", type: DataType.Int16, default: { $case: "intData", value: 7 } },
  tags: { name: "tags", type: DataType.Array, element: DataType.VarChar, capacity: 4, maxLength: 9, nullable: true },
  notes: { name: "notes", type: DataType.JSON, nullable: true },
  half: { name: "half", type: DataType.Float16Vector, dim: 2, nullable: true },
  sparse: { name: "sparse", type: DataType.SparseFloatVector },
  vector: { name: "vector", type: DataType.FloatVector, dim: 2 },
} satisfies Record<string, FieldSpec>;

type FieldName = keyof typeof fields;
type Values = Readonly<Record<string, unknown>>;

interface More {
  readonly dynamic?: readonly object[];
  readonly ops?: Readonly<Record<string, number>>;
}

/** Upserts some fields of rows, as clients with `partial_update` do. */
async function update(names: readonly FieldName[], rows: readonly Values[], { dynamic, ops = {} }: More = {}) {
  const given = givenRows(names.map((name) => fields[name]), rows as never); // biome-ignore format: short
  const request = milvus.UpsertRequest.fromPartial({
    ...{ collectionName: "items", numRows: rows.length, partialUpdate: true },
    fieldsData: [...given, ...(dynamic ? [dynamicRows(dynamic as never)] : [])],
    fieldOps: Object.entries(ops).map(([fieldName, op]) => ({ fieldName, op: op as never })),
  });
  const answer = await fixture.client.raw.upsert(request);
  return answer.status?.reason || answer;
}
const item = async (id: number) =>
  (await fixture.client.query("items", `id == ${id}`, ["*"], { limit: 9 })).map(({ id: _, ...values }) => values);
const whole = {
  ...{ title: "one", price: 1.5, stock: 3, tags: ["a", "b"], notes: { deep: [1, { x: 9007199254740993n }] } },
  ...{ half: [1, 0.5], sparse: { 3: 0.5 }, vector: [1, 2], color: "red", size: 4 },
};

beforeAll(async () => {
  await fixture.client.createCollection({ name: "items", fields: Object.values(fields), dynamic: true, shards: 2 });
  await fixture.client.importAndWait("items", await fixture.files.jsonl("items.jsonl", [{ ...whole, id: 1 }]));
});

describe("an update of some fields", () => {
  it("keeps all others, to the last bit, also of rows that were imported", async () => {
    const [before] = await item(1);
    const answer = (await update(["id", "price"], [{ id: 1, price: null }])) as milvus.MutationResult;
    expect([answer.upsertCnt, answer.IDs?.idField?.value.data]).toEqual([1n, [1n]]);
    expect(await item(1)).toEqual([{ ...before, price: null }]);
    expect(await fixture.client.count("items", 'notes["deep"][1]["x"] == 9007199254740993')).toBe(1);
    await update(["id", "vector", "title"], [{ id: 1, vector: [5, 6], title: "two" }]);
    expect(await item(1)).toEqual([{ ...before, price: null, vector: [5, 6], title: "two" }]);
    expect(await fixture.client.count("items")).toBe(1);
  });

  it("merges keys of the dynamic field, and leaves those that are not named", async () => {
    await update(["id"], [{ id: 1 }], { dynamic: [{ size: 5, 'new"é': null }] });
    expect(await item(1)).toMatchObject([{ color: "red", size: 5, 'new"é': null, title: "two" }]);
  });

  it("adds rows with new keys, which need what a row must have", async () => {
    expect(await update(["id", "price"], [{ id: 2, price: 1 }])).toContain(
      "fieldSchema(title) has no corresponding fieldData",
    );
    await update(
      ["id", "title", "sparse", "vector"],
      [
        { id: 1, title: "three", sparse: { 1: 1 }, vector: [0, 0] },
        { id: 2, title: "new", sparse: { 2: 1 }, vector: [2, 2] },
      ],
    );
    expect(await item(1)).toMatchObject([{ title: "three", color: "red", stock: 3, tags: ["a", "b"] }]);
    expect(await item(2)).toEqual([
      { title: "new", price: null, stock: 7, tags: null, notes: null, half: null, sparse: { 2: 1 }, vector: [2, 2] },
    ]);
  });

  it("adds elements to arrays, and takes them out", async () => {
    const rows = [{ id: 1, tags: ["c", "a"] }, { id: 2, tags: ["z"] }]; // biome-ignore format: short
    await update(["id", "tags"], rows, { ops: { tags: OpType.ARRAY_APPEND } });
    expect([(await item(1))[0].tags, (await item(2))[0].tags]).toEqual([["a", "b", "c", "a"], ["z"]]);
    expect(await update(["id", "tags"], [{ id: 1, tags: ["d"] }], { ops: { tags: OpType.ARRAY_APPEND } })).toContain(
      "the length (5) of array field tags would exceed its max capacity (4), row number: 0",
    );
    await update(["id", "tags"], [{ id: 1, tags: ["a", "q"] }], { ops: { tags: OpType.ARRAY_REMOVE } });
    expect((await item(1))[0].tags).toEqual(["b", "c"]);
    expect(await update(["id", "price"], [{ id: 1, price: 1 }], { ops: { price: OpType.ARRAY_APPEND } })).toContain(
      "field op array_append is for Array fields, and price is none",
    );
    expect(await update(["id"], [{ id: 1 }], { ops: { tags: OpType.ARRAY_APPEND } })).toContain(
      "the rows have no such field",
    );
  });

  it("is refused for two rows of one key, and without a key", async () => {
    expect(
      await update(
        ["id", "price"],
        [
          { id: 1, price: 1 },
          { id: 1, price: 2 },
        ],
      ),
    ).toContain(
      // biome-ignore format: short
      "duplicate primary keys are not allowed in the same batch",
    );
    expect(await update(["price"], [{ price: 1 }])).toContain("must assign pk when upsert, primary field: id");
  });

  it("of many clients at once loses none: each field has what its last client gave", async () => {
    const updates = Array.from({ length: 12 }, (_, i) =>
      i % 2
        ? update(["id", "price"], [{ id: 1, price: 100 + i }])
        : update(["id"], [{ id: 1 }], { dynamic: [{ [`k${i}`]: i }] }),
    );
    for (const answer of await Promise.all(updates)) expect(typeof answer).toBe("object");
    const [row] = await item(1);
    expect(row).toMatchObject({ k0: 0, k2: 2, k4: 4, k6: 6, k8: 8, k10: 10, title: "three" });
    expect(Number(row.price)).toBeGreaterThan(100);
    expect(await fixture.client.count("items")).toBe(2);
  });

  it("works over REST, where all rows have the same fields", async () => {
    const rest = (rows: unknown, more = {}) =>
      post("entities/upsert", { collectionName: "items", partialUpdate: true, data: rows, ...more });
    expect(
      await rest([
        { id: 1, stock: 9, color: "blue" },
        { id: "2", stock: 8 },
      ]),
    ).toMatchObject({
      // biome-ignore format: short
      ...{ code: 0, data: { upsertCount: 2, upsertIds: ["1", "2"] } },
    });
    expect(await item(1)).toMatchObject([{ stock: 9, color: "blue", title: "three" }]);
    expect(await item(2)).toMatchObject([{ stock: 8, title: "new", vector: [2, 2] }]);
    const ops = { fieldOps: [{ fieldName: "tags", op: "ARRAY_APPEND" }] };
    expect(await rest({ id: 2, tags: ["y"] }, ops)).toMatchObject({ code: 0 });
    expect((await item(2))[0].tags).toEqual(["z", "y"]);
    expect(
      (
        await rest([
          { id: 1, stock: 1 },
          { id: 2, price: 1 },
        ])
      ).message,
    ).toContain(
      // biome-ignore format: short
      "all rows of a partial update must have the same fields: row 0 has id, stock, row 1 id, price",
    );
    expect((await rest({ id: 1, nope: 1 }, { fieldOps: [{ fieldName: "tags", op: "x" }] })).message).toContain(
      "unknown op x",
    );
  });

  it("keeps values that are longer than bounds which their fields got later, and lets arrays lose elements", async () => {
    await update(["id", "title", "tags"], [{ id: 1, title: "three", tags: ["a", "b", "c"] }]);
    const alter = (fieldName: string, fieldParams: object) =>
      data("collections/fields/alter_properties", { collectionName: "items", fieldName, fieldParams });
    await alter("title", { max_length: 2 });
    await alter("tags", { max_capacity: 2 });
    await update(["id", "price"], [{ id: 1, price: 0.5 }]);
    expect(await item(1)).toMatchObject([{ price: 0.5, title: "three", tags: ["a", "b", "c"] }]);
    await update(["id", "tags"], [{ id: 1, tags: ["a"] }], { ops: { tags: OpType.ARRAY_REMOVE } });
    expect(await item(1)).toMatchObject([{ tags: ["b", "c"] }]);
    expect(await update(["id", "title"], [{ id: 1, title: "six" }])).toContain("exceeds max length");
  });
});

describe("an update of a collection with functions", () => {
  it("computes anew what is searched for by text", async () => {
    const functions = [{ name: "f", type: "BM25", inputFieldNames: ["body"], outputFieldNames: ["words"] }];
    const body = {
      fieldName: "body",
      dataType: "VarChar",
      elementTypeParams: { max_length: 99, enable_analyzer: true },
    };
    const declared = [
      { fieldName: "id", dataType: "Int64", isPrimary: true },
      body,
      { fieldName: "year", dataType: "Int64" },
      { fieldName: "words", dataType: "SparseFloatVector" },
    ];
    const pages = { collectionName: "pages" };
    const indexParams = [{ fieldName: "words", metricType: "BM25" }];
    await data("collections/create", { ...pages, schema: { fields: declared, functions }, indexParams });
    await data("entities/insert", { ...pages, data: [{ id: 1, body: "red fox", year: 1 }, { id: 2, body: "blue sea", year: 2 }] }); // biome-ignore format: short
    await data("entities/upsert", { ...pages, partialUpdate: true, data: [{ id: 1, body: "green sea" }] });
    await data("entities/upsert", { ...pages, partialUpdate: true, data: [{ id: 2, year: 3 }] });
    const search = { ...pages, data: ["sea"], annsField: "words", limit: 9, outputFields: ["year"] };
    const found = (await data("entities/search", search)) as { id: string; year: string }[];
    expect(found.map(({ id, year }) => [id, year]).sort()).toEqual([["1", "1"], ["2", "3"]]); // biome-ignore format: short
  });
});
