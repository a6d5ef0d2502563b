import { describe, expect, it, test } from "@jest/globals";
import { decodeStoredSchema, schema as wire } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { field, idField, openDdl, outcome, pairs, type TestDdl, vectorField } from "./harness.ts";

const added = (parts: Parameters<typeof field>[0] = {}) => ({
  collectionName: "c",
  schema: fieldBytes({ name: "n", dataType: DataType.Int64, nullable: true, ...parts }),
});
const fieldBytes = (parts: Parameters<typeof field>[0]) => Buffer.from(wire.FieldSchema.encode(field(parts)).finish());

async function storedOf(ddl: TestDdl) {
  const { schema, properties } = await ddl.call("resolveCollection", { collectionName: "c" });
  return decodeStoredSchema(
    schema,
    properties.map(({ key, value }) => [key, value] as const),
  );
}
async function declaredOf(ddl: TestDdl) {
  return (await ddl.call("describeCollection", { collectionName: "c" })).schema!;
}

describe("a field is added", () => {
  it("behind all ids that were given, the dynamic field staying last", async () => {
    const ddl = await openDdl();
    await ddl.create("c", { enableDynamicField: true });
    const before = await declaredOf(ddl);
    await ddl.call("addCollectionField", added({ defaultValue: { data: { $case: "longData", value: 7n } } }));
    await ddl.call(
      "addCollectionField",
      added({ name: "m", dataType: DataType.VarChar, typeParams: pairs({ max_length: "9" }) }),
    );
    const { fields } = await storedOf(ddl);
    expect(fields.map(({ name, fieldId }) => [name, fieldId])).toEqual([
      ["id", 100],
      ["v", 101],
      ["n", 103],
      ["m", 104],
      ["$meta", 102],
    ]);
    expect(fields[2]).toMatchObject({ nullable: true, defaultValue: 7n });
    const after = await declaredOf(ddl);
    expect(after.fields.slice(0, 2)).toEqual(before.fields);
    expect(after.version).toBe(2);
  });

  it("a struct array brings its members", async () => {
    const ddl = await openDdl();
    await ddl.create("c");
    const structArrayFieldSchema = wire.StructArrayFieldSchema.fromPartial({
      ...{ name: "s", nullable: true, typeParams: pairs({ max_capacity: "4" }) },
      fields: [{ name: "a", dataType: DataType.Array, elementType: DataType.Int32 }],
    });
    await ddl.call("addCollectionStructField", { collectionName: "c", structArrayFieldSchema });
    await ddl.call("addCollectionField", added());
    const { fields } = await storedOf(ddl);
    expect(fields.map(({ name, fieldId }) => [name, fieldId])).toEqual(
      expect.arrayContaining([
        ["s[a]", 103],
        ["n", 104],
      ]),
    );
    const notNull = { ...structArrayFieldSchema, name: "t", nullable: false };
    expect(
      await outcome(ddl.call("addCollectionStructField", { collectionName: "c", structArrayFieldSchema: notNull })),
    ).toMatch("1100 added field must be nullable, please check it, field name = t");
  });

  test.each<[string, Parameters<typeof field>[0], string]>([
    [
      "not nullable",
      { nullable: false },
      "1100 added field must be nullable, please check it, field name = n: invalid",
    ],
    ["a key", { isPrimaryKey: true }, "1100 not support to add pk field, field name = n"],
    ["automatic", { autoID: true }, "1100 only primary field can speficy AutoID with true, field name = n"],
    ["a partition key", { isPartitionKey: true }, "1100 not support to add partition key field, field name  = n"],
    ["a name twice", { name: "id" }, "1100 duplicated field name id"],
    ["a name of the system", { name: "RowID" }, "1100 not support to add system field, field name = RowID"],
    [
      "no dimension",
      { dataType: DataType.FloatVector },
      "1100 vector field must have dimension specified, field name = n",
    ],
    ["no length", { dataType: DataType.VarChar }, "1100 type param(max_length) should be specified for the field(n)"],
    ["a bad name", { name: "1n" }, "1701 "],
    [
      "another default",
      { defaultValue: { data: { $case: "stringData", value: "x" } } },
      "1100 type (Int64) of field (n)",
    ],
  ])("not when it is %s", async (_, parts, refusal) => {
    const ddl = await openDdl();
    await ddl.create("c");
    expect(await outcome(ddl.call("addCollectionField", added(parts)))).toMatch(refusal.slice(0, 40));
    expect((await declaredOf(ddl)).fields).toHaveLength(2);
  });

  it("not beyond the greatest number, and not where there is no collection", async () => {
    const ddl = await openDdl({ limits: { maxFields: 3 } });
    await ddl.create("c");
    expect(await outcome(ddl.call("addCollectionField", added()))).toBe("ok");
    expect(await outcome(ddl.call("addCollectionField", added({ name: "m" })))).toMatch(
      "1100 The number of fields has reached the maximum value 3",
    );
    expect(await outcome(ddl.call("addCollectionField", { ...added(), collectionName: "d" }))).toMatch("100 ");
    expect(await outcome(ddl.call("addCollectionField", { ...added(), schema: Buffer.from([0x0a, 0xff]) }))).toMatch(
      "1100 the field cannot be parsed",
    );
  });
});

describe("parameters of a field", () => {
  const text = field({ name: "t", dataType: DataType.VarChar, typeParams: pairs({ max_length: "5" }) });
  const list = field({
    ...{ name: "l", dataType: DataType.Array, elementType: DataType.Int8, typeParams: pairs({ max_capacity: "2" }) },
  });
  const open = async () => {
    const ddl = await openDdl();
    await ddl.create("c", { fields: [idField(), vectorField(), text, list] });
    return ddl;
  };
  const alter = (ddl: TestDdl, fieldName: string, set: Record<string, string>, deleteKeys: string[] = []) =>
    outcome(ddl.call("alterCollectionField", { collectionName: "c", fieldName, properties: pairs(set), deleteKeys }));

  it("are set and deleted, in both forms of the schema", async () => {
    const ddl = await open();
    expect(await alter(ddl, "t", { max_length: "50", "field.description": "a title" })).toBe("ok");
    expect(await alter(ddl, "l", { max_capacity: "3", mmap_enabled: "true" })).toBe("ok");
    expect((await storedOf(ddl)).fields.slice(2)).toMatchObject([{ maxLength: 50 }, { maxCapacity: 3 }]);
    const { fields } = await declaredOf(ddl);
    expect([fields[2].description, fields[3].typeParams]).toEqual([
      "a title",
      pairs({ max_capacity: "3", "mmap.enabled": "true" }),
    ]);
    expect(await alter(ddl, "l", {}, ["mmap_enabled"])).toBe("ok");
    expect((await declaredOf(ddl)).fields[3].typeParams).toEqual(pairs({ max_capacity: "3" }));
  });

  test.each<[string, string, Record<string, string>, string[], string]>([
    [
      "of another kind",
      "t",
      { element_type: "5" },
      [],
      "1100 element_type does not allow update in collection field param",
    ],
    ["a length of no text", "v", { max_length: "5" }, [], "1100 v can not modify the maxlength for non-string types"],
    ["a length too great", "t", { max_length: "65536" }, [], "1100 65536 exceeds the maximum allowed value 65535"],
    [
      "a capacity of no list",
      "t",
      { max_capacity: "5" },
      [],
      "1100 t can not modify the maxcapacity for non-array types",
    ],
    [
      "a capacity too great",
      "l",
      { max_capacity: "5000" },
      [],
      "1100 the maximum capacity specified for a Array should be in (0, 4096]",
    ],
    ["a bound that goes", "t", {}, ["max_length"], "1100 max_length is not allowed to drop in collection field param"],
    ["nothing", "t", {}, [], "1100 no properties or delete keys provided"],
    ["of no field", "x", { max_length: "5" }, [], "1700 field not found[field=x]"],
  ])("not %s", async (_, name, set, deleted, refusal) => {
    expect(await alter(await open(), name, set, deleted)).toContain(refusal);
  });

  it("no shorter than the default that rows take which lack the field", async () => {
    const ddl = await open();
    const defaultValue = { data: { $case: "stringData" as const, value: "fünf" } };
    const typeParams = pairs({ max_length: "5" });
    await ddl.call("addCollectionField", added({ name: "d", dataType: DataType.VarChar, defaultValue, typeParams }));
    expect(await alter(ddl, "d", { max_length: "4" })).toMatch(
      "1100 the default value of field d has 5 bytes, more than max_length 4: set max_length to at least 5",
    );
    expect(await outcome(ddl.call("addCollectionField", added()))).toBe("ok");
  });

  it("how it is held only while it is not loaded", async () => {
    const ddl = await open();
    await ddl.load("c");
    expect(await alter(ddl, "t", { "mmap.enabled": "true" })).toMatch(
      "104 can not alter collection field properties if collection loaded",
    );
    expect(await alter(ddl, "t", { max_length: "6" })).toBe("ok");
  });
});

describe("the dynamic field", () => {
  const change = (ddl: TestDdl, set: Record<string, string>) =>
    outcome(ddl.call("alterCollection", { collectionName: "c", properties: pairs(set) }));

  it("is switched on, and off, and on anew under another number", async () => {
    const ddl = await openDdl();
    await ddl.create("c");
    expect(await change(ddl, { "dynamicfield.enabled": "false" })).toBe("ok");
    for (let i = 0; i < 2; i++) expect(await change(ddl, { "dynamicfield.enabled": "true" })).toBe("ok");
    expect((await declaredOf(ddl)).enableDynamicField).toBe(true);
    expect((await storedOf(ddl)).fields.map(({ name, fieldId }) => [name, fieldId])).toEqual([
      ["id", 100],
      ["v", 101],
      ["$meta", 102],
    ]);
    for (let i = 0; i < 2; i++) expect(await change(ddl, { "dynamicfield.enabled": "false" })).toBe("ok");
    expect((await declaredOf(ddl)).enableDynamicField).toBe(false);
    expect((await storedOf(ddl)).fields.map(({ name }) => name)).toEqual(["id", "v"]);
    expect(await change(ddl, { "dynamicfield.enabled": "true" })).toBe("ok");
    expect((await storedOf(ddl)).fields.at(-1)).toMatchObject({ name: "$meta", fieldId: 103 });
  });

  it("alone in its request", async () => {
    const ddl = await openDdl();
    await ddl.create("c");
    const both = { "dynamicfield.enabled": "true", "mmap.enabled": "true" };
    expect(await change(ddl, both)).toMatch("1100 cannot update multiple properties with dynamicfield.enabled");
  });
});

describe("an index", () => {
  it("is held in another way, and never answers another thing", async () => {
    const ddl = await openDdl();
    await ddl.create("c");
    await ddl.call("createIndex", { collectionName: "c", fieldName: "v", indexName: "i" });
    const alter = (extraParams: Record<string, string>, deleteKeys: string[] = [], indexName = "i") =>
      outcome(ddl.call("alterIndex", { collectionName: "c", indexName, extraParams: pairs(extraParams), deleteKeys }));
    expect(await alter({ "mmap.enabled": "true" })).toBe("ok");
    const { indexDescriptions } = await ddl.call("describeIndex", { collectionName: "c" });
    expect(indexDescriptions[0].params).toEqual(expect.arrayContaining(pairs({ "mmap.enabled": "true" })));
    expect(await alter({}, ["mmap.enabled"])).toBe("ok");
    expect(await alter({ metric_type: "L2" })).toMatch("1100 metric_type is not a configable index property");
    expect(await alter({ "mmap.enabled": "true" }, [], "j")).toMatch("700 ");
    await ddl.call("loadCollection", { collectionName: "c" });
    expect(await alter({ "mmap.enabled": "false" })).toMatch("104 can't alter index on loaded collection");
  });
});
