import { describe, expect, it } from "@jest/globals";
import { decodeStoredSchema, schema } from "@sluice/rpc";
import { DataType, type FieldSchema } from "@sluice/schema";
import { schemaFromMessage } from "../src/collection-schema.ts";

type SchemaInput = Parameters<typeof schema.CollectionSchema.fromPartial>[0];

function converted(message: SchemaInput, properties: [string, string][] = []) {
  return schemaFromMessage(schema.CollectionSchema.fromPartial(message), properties);
}

function field(message: Parameters<typeof schema.FieldSchema.fromPartial>[0], timezone = "UTC"): FieldSchema {
  return converted({ fields: [message] }, [["timezone", timezone]]).fields[0];
}

describe("a collection", () => {
  it("is read from its stored bytes", () => {
    const message = schema.CollectionSchema.fromPartial({
      name: "books",
      enableDynamicField: true,
      fields: [
        { fieldID: 100n, name: "id", dataType: DataType.Int64, isPrimaryKey: true, autoID: true },
        { fieldID: 102n, name: "$meta", dataType: DataType.JSON, isDynamic: true },
        { fieldID: 101n, name: "v", dataType: DataType.FloatVector, typeParams: [{ key: "dim", value: "8" }] },
      ],
    });
    const stored = decodeStoredSchema(schema.CollectionSchema.encode(message).finish(), [
      ["allow_insert_auto_id", "True"],
    ]);
    expect(stored).toMatchObject({
      name: "books",
      enableDynamicField: true,
      allowInsertAutoId: true,
      timezone: "UTC",
      structs: [],
    });
    expect(stored.fields.map(({ fieldId, name }) => [fieldId, name])).toEqual([
      [100, "id"],
      [101, "v"],
      [102, "$meta"],
    ]);
    expect(stored.fields[0]).toMatchObject({ isPrimaryKey: true, autoId: true, isDynamic: false });
    expect(stored.fields[1]).toMatchObject({ dataType: DataType.FloatVector, dim: 8, typeParams: { dim: "8" } });
  });

  it("puts the members of structs behind the fields, before $meta", () => {
    const { fields, structs } = converted({
      fields: [
        { fieldID: 100n, name: "id", dataType: DataType.Int64, isPrimaryKey: true },
        { fieldID: 104n, name: "$meta", dataType: DataType.JSON, isDynamic: true },
      ],
      structArrayFields: [
        {
          fieldID: 101n,
          name: "chunks",
          nullable: true,
          typeParams: [{ key: "max_capacity", value: "16" }],
          fields: [
            { fieldID: 102n, name: "text", dataType: DataType.Array, elementType: DataType.VarChar },
            { fieldID: 103n, name: "chunks[v]", dataType: DataType.ArrayOfVector, elementType: DataType.FloatVector },
          ],
        },
      ],
    });
    expect(fields.map(({ name }) => name)).toEqual(["id", "chunks[text]", "chunks[v]", "$meta"]);
    expect(fields[1]).toMatchObject({ nullable: true, maxCapacity: 16, elementType: DataType.VarChar });
    expect(structs).toEqual([
      { fieldId: 101, name: "chunks", nullable: true, maxCapacity: 16, members: ["text", "v"] },
    ]);
  });
});

describe("a field", () => {
  it("has its limits as numbers, and what is not given as 0", () => {
    const typeParams = [
      { key: "max_length", value: "64" },
      { key: "max_capacity", value: "8" },
    ];
    const array = field({
      name: "tags",
      dataType: DataType.Array,
      elementType: DataType.VarChar,
      typeParams,
      nullable: true,
    });
    expect(array).toMatchObject({ maxLength: 64, maxCapacity: 8, dim: 0, nullable: true, defaultValue: undefined });
  });

  type Default = NonNullable<schema.ValueField["data"]>;
  it.each<[type: keyof typeof DataType, data: Default, value: unknown]>([
    ["Bool", { $case: "boolData", value: false }, false],
    ["Int8", { $case: "intData", value: -8 }, -8n],
    ["Int16", { $case: "intData", value: 300 }, 300n],
    ["Int32", { $case: "intData", value: 7 }, 7n],
    ["Int64", { $case: "longData", value: 9_007_199_254_740_993n }, 9_007_199_254_740_993n],
    ["Float", { $case: "floatData", value: 0.1 }, Math.fround(0.1)],
    ["Double", { $case: "doubleData", value: 0.1 }, 0.1],
    ["VarChar", { $case: "stringData", value: "none" }, "none"],
    ["JSON", { $case: "bytesData", value: Buffer.from("{}") }, Buffer.from("{}")],
    ["Timestamptz", { $case: "timestamptzData", value: 1_000_000n }, 1_000_000n],
    ["Timestamptz", { $case: "stringData", value: "1970-01-01T00:00:02Z" }, 2_000_000n],
  ])("of %s has the default %p as %p", (type, data, value) => {
    expect(field({ name: "f", dataType: DataType[type], defaultValue: { data } }).defaultValue).toEqual(value);
  });

  it("reads times without offset in the collection's zone", () => {
    const defaultValue = { data: { $case: "stringData", value: "1970-01-01T01:00:00" } } as const;
    const seen = field({ name: "t", dataType: DataType.Timestamptz, defaultValue }, "Europe/Berlin");
    expect(seen.defaultValue).toBe(0n);
  });

  it("has shapes as WKB", () => {
    const { defaultValue } = field({
      name: "g",
      dataType: DataType.Geometry,
      defaultValue: { data: { $case: "stringData", value: "POINT (1 2)" } },
    });
    expect(Buffer.from(defaultValue as Uint8Array).toString("hex")).toBe("0101000000000000000000f03f0000000000000040");
  });
});
