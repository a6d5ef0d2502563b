import { schema } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { encodeSparseCell } from "@sluice/values";
import type { FieldSpec } from "./collections.ts";

type GivenRow = Readonly<Record<string, unknown>>;

/** Rows as clients send them, by field. Nulls are left out of the values; fields that no row has are not sent. */
export function givenRows(fields: readonly FieldSpec[], rows: readonly GivenRow[]): schema.FieldData[] {
  const named = fields.filter(({ name }) => rows.some((row) => row[name] !== undefined));
  return named.map((field) => fieldDataOf(field, rows));
}

/** The keys of rows that are no fields, as the dynamic field. */
export function dynamicRows(objects: readonly object[]): schema.FieldData {
  const value = { data: objects.map((object) => Buffer.from(JSON.stringify(object))) };
  return schema.FieldData.fromPartial({
    ...{ type: DataType.JSON, isDynamic: true },
    field: { $case: "scalars", value: { data: { $case: "jsonData", value } } },
  });
}

function fieldDataOf(field: FieldSpec, rows: readonly GivenRow[]): schema.FieldData {
  const all = rows.map(({ [field.name]: value }) => value ?? null);
  const values = all.filter((value) => value !== null);
  const isVector = field.type >= DataType.BinaryVector;
  return schema.FieldData.fromPartial({
    ...{ type: field.type, fieldName: field.name },
    ...(field.nullable && { validData: all.map((value) => value !== null) }),
    field: isVector
      ? { $case: "vectors", value: { dim: BigInt(field.dim ?? 0), data: vectorData(field, values) } }
      : { $case: "scalars", value: { data: scalarData(field, values) } },
  });
}

// biome-ignore lint/suspicious/noExplicitAny: values are as the test gives them
function vectorData({ type }: FieldSpec, values: readonly any[]): schema.VectorField["data"] {
  switch (type) {
    case DataType.FloatVector:
      return { $case: "floatVector", value: { data: values.flat() } };
    case DataType.BinaryVector:
      return { $case: "binaryVector", value: Buffer.from(values.flat()) };
    case DataType.SparseFloatVector:
      return { $case: "sparseFloatVector", value: { contents: values.map(sparseCell), dim: 0n } };
    default:
      return { $case: "int8Vector", value: Buffer.from(Int8Array.from(values.flat()).buffer) };
  }
}

// biome-ignore lint/suspicious/noExplicitAny: values are as the test gives them
function scalarData({ type }: FieldSpec, data: any[]): schema.ScalarField["data"] {
  switch (type) {
    case DataType.Bool:
      return { $case: "boolData", value: { data } };
    case DataType.Int64:
      return { $case: "longData", value: { data: data.map(BigInt) } };
    case DataType.Float:
      return { $case: "floatData", value: { data } };
    case DataType.Double:
      return { $case: "doubleData", value: { data } };
    case DataType.JSON:
      return { $case: "jsonData", value: { data: data.map((text) => Buffer.from(text)) } };
    case DataType.Array:
      return { $case: "arrayData", value: { data: data.map(textList), elementType: DataType.VarChar } };
    case DataType.VarChar:
      return { $case: "stringData", value: { data } };
    default:
      return { $case: "intData", value: { data } };
  }
}

function textList(texts: string[]): schema.ScalarField {
  return { data: { $case: "stringData", value: { data: texts } } };
}

function sparseCell(pairs: Readonly<Record<string, number>>): Buffer {
  const ids = Object.keys(pairs).map(Number);
  return Buffer.from(encodeSparseCell(ids, Object.values(pairs)));
}
