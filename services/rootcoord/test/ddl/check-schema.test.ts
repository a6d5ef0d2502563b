import { describe, expect, it, test } from "@jest/globals";
import type { schema as wire } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { checkSchema } from "../../src/ddl/check-schema.ts";
import { defaultLimits } from "../../src/ddl/limits.ts";
import { field, idField, outcome, pairs, schemaOf, vectorField } from "./harness.ts";

type Parts = Parameters<typeof wire.FieldSchema.fromPartial>[0];
type SchemaParts = Parameters<typeof schemaOf>[0];

const check = (parts: SchemaParts) =>
  outcome((async () => checkSchema(schemaOf(parts), { limits: defaultLimits, timezone: "UTC" }))());
const checkFields = (...fields: Parts[]) => check({ fields: [idField(), vectorField(), ...fields] });
const text = (name: string, maxLength: string) => ({
  name,
  dataType: DataType.VarChar,
  typeParams: pairs({ max_length: maxLength }),
});

const longValue = (value: bigint) => ({ data: { $case: "longData" as const, value } });
const intValue = (value: number) => ({ data: { $case: "intData" as const, value } });
const stringValue = (value: string) => ({ data: { $case: "stringData" as const, value } });
const bytesValue = (value: string) => ({ data: { $case: "bytesData" as const, value: Buffer.from(value) } });

describe("schemas that pass", () => {
  test.each<[string, Parts]>([
    ["text of the greatest length", text("t", "65535")],
    ["a long text without length", { name: "t", dataType: DataType.Text }],
    ["a nullable vector", { ...vectorField({ name: "w" }), nullable: true }],
    [
      "a binary vector of 8 bits",
      vectorField({ name: "w", dataType: DataType.BinaryVector, typeParams: pairs({ dim: "8" }) }),
    ],
    ["a sparse vector", { name: "w", dataType: DataType.SparseFloatVector }],
    ["an array of text", arrayOf(DataType.VarChar, { max_length: "8", max_capacity: "4096" })],
    ["a partition key", { ...text("key", "8"), isPartitionKey: true }],
    ["a clustering key", { name: "key", dataType: DataType.Float, isClusteringKey: true }],
    ["type parameters nobody knows", { name: "j", dataType: DataType.JSON, typeParams: pairs({ "x.y": "z" }) }],
  ])("%s", async (_, parts) => {
    expect(await checkFields(parts)).toBe("ok");
  });

  it("an automatic text key, told by the schema alone", async () => {
    const key = idField({ dataType: DataType.VarChar, typeParams: pairs({ max_length: "36" }) });
    expect(await check({ autoID: true, fields: [key, vectorField()] })).toBe("ok");
  });
});

function arrayOf(elementType: DataType, params: Record<string, string>): Parts {
  return { name: "a", dataType: DataType.Array, elementType: elementType as never, typeParams: pairs(params) };
}

describe("fields that are refused", () => {
  test.each<[string, Parts, string]>([
    ["empty name", text("", "8"), "1701 field name should not be empty: field name invalid[field=]"],
    [
      "name with a digit first",
      text("1a", "8"),
      "1701 Invalid field name: 1a. The first character of a field name must be an underscore or letter.: field name invalid[field=1a]",
    ],
    [
      "name with a hyphen",
      text("a-b", "8"),
      "1701 Invalid field name: a-b. Field name can only contain numbers, letters and underscores.: field name invalid[field=a-b]",
    ],
    ["long name", text("a".repeat(256), "8"), "The length of a field name must be less than 255 characters."],
    ["name twice", text("id", "8"), "1100 duplicated field name id: invalid parameter"],
    ["system name", text("RowID", "8"), "1100 not support to add system field, field name = RowID: invalid parameter"],
    ["$meta", text("$meta", "8"), "1100 not support to add system field, field name = $meta: invalid parameter"],
    ["dynamic", { ...text("t", "8"), isDynamic: true }, "1100 cannot explicitly set a field as a dynamic field"],
    ["second key", idField({ name: "id2" }), "1100 there are more than one primary key, field name = id, id2"],
    [
      "automatic, no key",
      { ...text("t", "8"), autoID: true },
      "1100 only primary field can speficy AutoID with true, field name = t",
    ],
    ["no type", { name: "x" }, "1100 data type None is not supported by this server, field name = x"],
    ["unknown type", { name: "x", dataType: 27 as never }, "1100 data type DataType(27) is not supported"],
    [
      "String",
      { name: "x", dataType: DataType.String },
      "1100 string data type not supported yet, please use VarChar type instead",
    ],
    [
      "text without length",
      { name: "t", dataType: DataType.VarChar },
      "1100 type param(max_length) should be specified for the field(t) of collection c: invalid parameter",
    ],
    [
      "text of length 0",
      text("t", "0"),
      "1100 the maximum length specified for the field(t) should be in (0, 65535], but got 0 instead",
    ],
    ["text too long", text("t", "65536"), "should be in (0, 65535], but got 65536 instead"],
    ["length that is no number", text("t", "many"), "but got many instead"],
    [
      "length twice",
      { ...text("t", "8"), typeParams: [...pairs({ max_length: "8" }), ...pairs({ max_length: "9" })] },
      "1100 duplicated type param (key=max_length) (value=9) found",
    ],
    [
      "vector without dim",
      vectorField({ name: "w", typeParams: [] }),
      "1100 dimension is not defined in field type params of field w, check type param `dim` for vector field",
    ],
    [
      "dim 1",
      vectorField({ name: "w", typeParams: pairs({ dim: "1" }) }),
      "1100 invalid dimension: 1 of field w. float vector dimension should be in range 2 ~ 32768",
    ],
    ["dim too great", vectorField({ name: "w", typeParams: pairs({ dim: "32769" }) }), "should be in range 2 ~ 32768"],
    [
      "dim with a fraction",
      vectorField({ name: "w", typeParams: pairs({ dim: "4.0" }) }),
      "invalid dimension: 4.0 of field w.",
    ],
    [
      "bits that fill no byte",
      vectorField({ name: "w", dataType: DataType.BinaryVector, typeParams: pairs({ dim: "12" }) }),
      "1100 invalid dimension: 12 of field w. binary vector dimension should be multiple of 8. ",
    ],
    [
      "too many bits",
      vectorField({ name: "w", dataType: DataType.BinaryVector, typeParams: pairs({ dim: "262152" }) }),
      "binary vector dimension should be in range 2 ~ 262144",
    ],
    [
      "sparse with dim",
      { name: "w", dataType: DataType.SparseFloatVector, typeParams: pairs({ dim: "4" }) },
      "1100 dim should not be specified for sparse vector field w",
    ],
    [
      "array without capacity",
      arrayOf(DataType.Int64, {}),
      "1100 type param(max_capacity) should be specified for the field(a) of collection c",
    ],
    [
      "array too great",
      arrayOf(DataType.Int64, { max_capacity: "4097" }),
      "1100 the maximum capacity specified for the field(a) should be in (0, 4096], but got 4097 instead",
    ],
    [
      "array of JSON",
      arrayOf(DataType.JSON, { max_capacity: "4" }),
      "1100 element type JSON is not supported, field name = a",
    ],
    [
      "array of text without length",
      arrayOf(DataType.VarChar, { max_capacity: "4" }),
      "type param(max_length) should be specified for the field(a)",
    ],
    [
      "array of vectors",
      { name: "a", dataType: DataType.ArrayOfVector },
      "1100 array of vector can only be in the struct array field, field name: a",
    ],
    [
      "partition key of another type",
      { name: "k", dataType: DataType.Int32, isPartitionKey: true },
      "1100 the data type of partition key should be Int64 or VarChar",
    ],
    [
      "nullable partition key",
      { name: "k", dataType: DataType.Int64, isPartitionKey: true, nullable: true },
      "1100 partition key field not support nullable",
    ],
    [
      "clustering key of JSON",
      { name: "k", dataType: DataType.JSON, isClusteringKey: true },
      "1100 clustering key field k should not be of type JSON",
    ],
    [
      "function output",
      { ...text("t", "8"), isFunctionOutput: true },
      "1100 field t is marked as a function's output, and no function has it as one",
    ],
  ])("%s", async (_, parts, refusal) => {
    expect(await checkFields(parts)).toContain(refusal);
  });
});

describe("schemas that are refused", () => {
  test.each<[string, SchemaParts, string]>([
    ["no key", { fields: [vectorField()] }, "1100 primary key is not specified: invalid parameter"],
    [
      "key of another type",
      { fields: [idField({ dataType: DataType.Double }), vectorField()] },
      "1100 the data type of primary key should be Int64 or VarChar",
    ],
    ["nullable key", { fields: [idField({ nullable: true }), vectorField()] }, "1100 primary field not support null"],
    [
      "key with default",
      { fields: [idField({ defaultValue: longValue(1n) }), vectorField()] },
      "1100 primary field not support default_value",
    ],
    [
      "key as partition key",
      { fields: [idField({ isPartitionKey: true }), vectorField()] },
      "1100 the partition key field must not be primary field",
    ],
    ["no vector", { fields: [idField()] }, "1100 schema does not contain vector field: invalid parameter"],
    [
      "too many vectors",
      { fields: [idField(), ...many(11, (i) => vectorField({ name: `v${i}` }))] },
      "1100 maximum vector field's number should be limited to 10",
    ],
    [
      "too many fields",
      { fields: [idField(), vectorField(), ...many(255, (i) => field({ name: `f${i}`, dataType: DataType.Bool }))] },
      "1100 maximum field's number should be limited to 256",
    ],
    ["external", { externalSource: "s3://x" }, "1100 external collections are not supported by this server"],
    ["namespace", { enableNamespace: true }, "1100 namespaces are not supported by this server"],
  ])("%s", async (_, parts, refusal) => {
    expect(await check(parts)).toContain(refusal);
  });
});

function many<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

describe("default values", () => {
  test.each<[string, Parts, string]>([
    ["Int64", { dataType: DataType.Int64, defaultValue: longValue(2n ** 62n) }, "ok"],
    ["Int8 of the least", { dataType: DataType.Int8, defaultValue: intValue(-128) }, "ok"],
    ["Int16 as pymilvus sends a Python int", { dataType: DataType.Int16, defaultValue: longValue(-32768n) }, "ok"],
    ["Float of an integer that it holds", { dataType: DataType.Float, defaultValue: longValue(7n) }, "ok"],
    ["VarChar", { ...text("x", "3"), defaultValue: stringValue("äb") }, "ok"],
    ["JSON", { dataType: DataType.JSON, defaultValue: bytesValue('{"a":[1]}') }, "ok"],
    ["Geometry", { dataType: DataType.Geometry, defaultValue: stringValue("POINT (1 2)") }, "ok"],
    ["Timestamptz", { dataType: DataType.Timestamptz, defaultValue: stringValue("2025-05-30T23:46:05Z") }, "ok"],
    ["without content", { dataType: DataType.Int64, defaultValue: { data: undefined } }, "ok"],
    [
      "Int8 beyond",
      { dataType: DataType.Int8, defaultValue: intValue(128) },
      "1100 [128] out of range [-128 <= value <= 127]",
    ],
    [
      "Int16 beyond",
      { dataType: DataType.Int16, defaultValue: intValue(-32769) },
      "1100 [-32769] out of range [-32768 <= value <= 32767]",
    ],
    [
      "Int8 beyond, as pymilvus sends it",
      { dataType: DataType.Int8, defaultValue: longValue(2n ** 40n) },
      "1100 [1099511627776] out of range [-128 <= value <= 127]",
    ],
    [
      "Float of an integer that it does not hold",
      { dataType: DataType.Float, defaultValue: longValue(2n ** 24n + 1n) },
      "1100 [16777217] out of range",
    ],
    [
      "another type",
      { dataType: DataType.Int64, defaultValue: stringValue("1") },
      "1100 type (Int64) of field (x) is not equal to the type(DataType_VarChar) of default_value",
    ],
    [
      "VarChar too long in bytes",
      { ...text("x", "3"), defaultValue: stringValue("äöü") },
      "1100 the length (6) of string exceeds max length (3)",
    ],
    [
      "broken JSON",
      { dataType: DataType.JSON, defaultValue: bytesValue("{") },
      "1100 default value of JSON field x is not valid JSON",
    ],
    [
      "broken geometry",
      { dataType: DataType.Geometry, defaultValue: stringValue("POINT(1") },
      "1100 invalid default value for geometry field",
    ],
    [
      "broken time",
      { dataType: DataType.Timestamptz, defaultValue: stringValue("soon") },
      "1100 got invalid timestamptz string 'soon'",
    ],
    [
      "infinite",
      { dataType: DataType.Float, defaultValue: { data: { $case: "floatData", value: Infinity } } },
      "1100 default value of field x is not a finite number",
    ],
    [
      "vector",
      { ...vectorField(), defaultValue: longValue(1n) },
      "1100 type not support default_value, type:FloatVector, name:x",
    ],
    [
      "array",
      { ...arrayOf(DataType.Int64, { max_capacity: "4" }), defaultValue: longValue(1n) },
      "1100 type not support default_value, type:Array, name:x",
    ],
  ])("%s", async (_, parts, expected) => {
    expect(await checkFields({ ...parts, name: "x" })).toContain(expected);
  });
});

describe("struct arrays", () => {
  const member = (parts: Parts = {}): Parts => ({
    name: "m",
    dataType: DataType.Array,
    elementType: DataType.Int32,
    ...parts,
  });
  const checkStruct = (members: Parts[], struct: Partial<wire.StructArrayFieldSchema> = {}) =>
    check({
      structArrayFields: [{ name: "s", typeParams: pairs({ max_capacity: "4" }), ...struct, fields: members }] as never,
    });
  test.each<[string, Promise<string>, string]>([
    ["capacity of the struct", checkStruct([member()]), "ok"],
    [
      "capacity of the member",
      checkStruct([member({ typeParams: pairs({ max_capacity: "4" }) })], { typeParams: [] }),
      "ok",
    ],
    [
      "vectors",
      checkStruct([
        member({
          dataType: DataType.ArrayOfVector,
          elementType: DataType.FloatVector,
          typeParams: pairs({ dim: "4" }),
        }),
      ]),
      "ok",
    ],
    ["nullable in a nullable struct", checkStruct([member({ nullable: true })], { nullable: true }), "ok"],
    [
      "nullable member",
      checkStruct([member({ nullable: true })]),
      "1100 nullable is not supported for fields in struct array now, fieldName = m",
    ],
    [
      "no capacity",
      checkStruct([member()], { typeParams: [] }),
      "1100 type param(max_capacity) should be specified for the field(m)",
    ],
    ["no members", checkStruct([]), "1100 struct array field s has no sub-fields"],
    ["member twice", checkStruct([member(), member()]), "1100 duplicated field name m in struct s"],
    [
      "scalar member",
      checkStruct([member({ dataType: DataType.Int64 })]),
      "1100 Fields in StructArrayField can only be array or array of vector, but field m is Int64",
    ],
    ["key", checkStruct([member({ isPrimaryKey: true })]), "1100 a field of a struct array cannot be a key"],
    [
      "sparse vectors",
      checkStruct([member({ dataType: DataType.ArrayOfVector, elementType: DataType.SparseFloatVector })]),
      "1100 element type SparseFloatVector is not supported",
    ],
    [
      "vectors without dim",
      checkStruct([member({ dataType: DataType.ArrayOfVector, elementType: DataType.FloatVector })]),
      "1100 dimension is not defined in field type params of field m",
    ],
    ["name of a field", checkStruct([member()], { name: "id" }), "1100 duplicated field name id"],
  ])("%s", async (_, result, expected) => {
    expect(await result).toContain(expected);
  });
});
