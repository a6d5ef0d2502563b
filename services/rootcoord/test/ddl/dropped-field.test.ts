import { describe, expect, it, test } from "@jest/globals";
import { decodeStoredSchema, type milvus, schema as wire } from "@sluice/rpc";
import { DataType, jobId } from "@sluice/schema";
import { field, idField, openDdl, outcome, pairs, type TestDdl, vectorField } from "./harness.ts";

type Dropped = milvus.AlterCollectionSchemaRequest_DropRequest;

const varchar = (name: string, parts: Parameters<typeof field>[0] = {}) =>
  field({ name, dataType: DataType.VarChar, typeParams: pairs({ max_length: "9" }), ...parts });
const byName = (value: string): Dropped => ({
  identifier: { $case: "fieldName", value },
  dropFunctionOutputFields: false,
});
const byFunction = (value: string, dropFunctionOutputFields = true): Dropped => ({
  identifier: { $case: "functionName", value },
  dropFunctionOutputFields,
});
const call = (ddl: TestDdl, value: Dropped) =>
  ddl.call("alterCollectionSchema", {
    collectionName: "c",
    action: { op: { $case: "dropRequest", value } },
  });
const drop = (ddl: TestDdl, value: Dropped) => outcome(call(ddl, value));

async function fieldsOf(ddl: TestDdl) {
  const { schema } = await ddl.call("resolveCollection", { collectionName: "c" });
  return decodeStoredSchema(schema, []).fields.map(({ name, fieldId }) => [name, fieldId] as const);
}

const bm25 = wire.FunctionSchema.fromPartial({
  ...{ name: "f", type: wire.FunctionType.BM25, inputFieldNames: ["text"], outputFieldNames: ["sparse"] },
});
/** Keys of all kinds, two vectors, a function and a struct array. */
const wide = {
  enableDynamicField: true,
  fields: [
    idField(),
    varchar("part", { isPartitionKey: true }),
    field({ name: "cluster", dataType: DataType.Int64, isClusteringKey: true }),
    varchar("text", { typeParams: pairs({ max_length: "9", enable_analyzer: "true" }) }),
    field({ name: "sparse", dataType: DataType.SparseFloatVector }),
    vectorField(),
    field({ name: "until", dataType: DataType.Timestamptz, nullable: true }),
    varchar("tag"),
  ],
  functions: [bm25],
  structArrayFields: [
    wire.StructArrayFieldSchema.fromPartial({
      ...{ name: "s", typeParams: pairs({ max_capacity: "4" }) },
      fields: [{ name: "a", dataType: DataType.Array, elementType: DataType.Int32 }],
    }),
  ],
};

describe("a field is dropped", () => {
  it("with its indexes, and its number is never given again", async () => {
    const ddl = await openDdl();
    await ddl.create("c", { fields: [idField(), vectorField(), varchar("tag")] });
    await ddl.call("createIndex", { collectionName: "c", fieldName: "tag", indexName: "of_tag" });
    await ddl.load("c");
    expect(await drop(ddl, byName("tag"))).toBe("ok");
    expect(await fieldsOf(ddl)).toEqual([
      ["id", 100],
      ["v", 101],
    ]);
    const { indexDescriptions } = await ddl.call("describeIndex", { collectionName: "c" });
    expect(indexDescriptions.map(({ fieldName }) => fieldName)).toEqual(["v"]);

    const schema = Buffer.from(wire.FieldSchema.encode({ ...varchar("tag"), nullable: true }).finish());
    await ddl.call("addCollectionField", { collectionName: "c", schema });
    expect((await fieldsOf(ddl)).at(-1)).toEqual(["tag", 103]);
    expect(await drop(ddl, { ...byName(""), identifier: { $case: "fieldId", value: 103n } })).toBe("ok");
    await ddl.call("addCollectionField", { collectionName: "c", schema });
    expect((await fieldsOf(ddl)).at(-1)).toEqual(["tag", 104]);
  });

  it("and the description has nothing that a client did not send", async () => {
    const ddl = await openDdl();
    await ddl.create("c", { fields: [idField(), vectorField(), varchar("tag")] });
    await call(ddl, byName("tag"));
    const { schema } = await ddl.call("describeCollection", { collectionName: "c" });
    expect(schema).toMatchObject({ version: 1, properties: [] });
    expect(schema?.fields.map(({ name }) => name)).toEqual(["id", "v"]);
  });

  it("a vector beside another one, and a struct array with its members", async () => {
    const ddl = await openDdl();
    await ddl.create("c", wide);
    expect(await drop(ddl, byName("v"))).toBe("ok");
    expect(await drop(ddl, byName("s"))).toBe("ok");
    const names = (await fieldsOf(ddl)).map(([name]) => name);
    expect(names).toEqual(["id", "part", "cluster", "text", "sparse", "until", "tag", "$meta"]);
  });

  it("a function goes with what it computes", async () => {
    const ddl = await openDdl();
    await ddl.create("c", wide);
    expect(await drop(ddl, byFunction("f"))).toBe("ok");
    const { schema } = await ddl.call("describeCollection", { collectionName: "c" });
    expect(schema?.functions).toEqual([]);
    expect(schema?.fields.map(({ name }) => name)).not.toContain("sparse");
    expect(await drop(ddl, byName("text"))).toBe("ok");
  });
});

test.each([
  ["id", "cannot drop primary key field: id"],
  ["part", "cannot drop partition key field: part"],
  ["cluster", "cannot drop clustering key field: cluster"],
  ["text", "field is referenced by function f as input, drop function first"],
  ["sparse", "field is referenced by function f as output, drop function first"],
  ["s[a]", "cannot drop sub-field of struct array field: s[a]"],
  ["until", "cannot drop field until: rows expire by it (ttl_field); drop that property first"],
  ["$meta", "field not found: $meta"],
  ["none", "field not found: none"],
])("%s stays: %s", async (name, reason) => {
  const ddl = await openDdl();
  await ddl.create("c", wide, { properties: pairs({ ttl_field: "until" }) });
  const before = await fieldsOf(ddl);
  expect(await drop(ddl, byName(name))).toMatch(`1100 ${reason}`);
  expect(await fieldsOf(ddl)).toEqual(before);
});

describe("refused", () => {
  it("the last vector, by itself or with its function", async () => {
    const ddl = await openDdl();
    await ddl.create("c");
    expect(await drop(ddl, byName("v"))).toMatch("1100 cannot drop the last vector field: v");
    await ddl.call("dropCollection", { collectionName: "c" });
    await ddl.create("c", { ...wide, fields: wide.fields.filter(({ name }) => name !== "v") });
    expect(await drop(ddl, byFunction("f"))).toMatch(
      "1100 cannot drop function f: it would leave no vector field in the collection",
    );
    expect(await drop(ddl, byFunction("f", false))).toMatch("1100 detaching a function");
    expect(await drop(ddl, byFunction("g"))).toMatch("1100 function not found: g");
  });

  it("while a job of the collection is open", async () => {
    const open = [jobId(7n)];
    const ddl = await openDdl({ openJobs: () => open });
    await ddl.create("c", { fields: [idField(), vectorField(), varchar("tag")] });
    expect(await drop(ddl, byName("tag"))).toMatch("wait until job 7 has ended, or cancel it");
    open.pop();
    expect(await drop(ddl, byName("tag"))).toBe("ok");
  });

  it("a request that says nothing, and a function to be added", async () => {
    const ddl = await openDdl();
    await ddl.create("c");
    expect(await outcome(ddl.call("alterCollectionSchema", { collectionName: "c" }))).toMatch("1100 action is nil");
    const add = (value: milvus.AlterCollectionSchemaRequest_AddRequest) =>
      outcome(
        ddl.call("alterCollectionSchema", { collectionName: "c", action: { op: { $case: "addRequest", value } } }),
      );
    const fieldInfos = [{ fieldSchema: { ...varchar("tag"), nullable: true }, indexName: "", extraParams: [] }];
    expect(await add({ fieldInfos, funcSchema: [], doPhysicalBackfill: false })).toBe("ok");
    expect(await add({ fieldInfos: [], funcSchema: [], doPhysicalBackfill: false })).toMatch("1100 exactly one field");
    expect(await add({ fieldInfos, funcSchema: [bm25], doPhysicalBackfill: false })).toMatch(
      "10 functions are not added",
    );
  });
});
