import type { Column, VarColumn } from "@sluice/columns";
import { schema } from "@sluice/rpc";
import {
  type CollectionSchema,
  DataType,
  type FieldSchema,
  isVector,
  type StructSchema,
  vectorBytes,
} from "@sluice/schema";
import { encodeVectorArrayCell, formatTimestamptz, vectorMember, wkbToWkt } from "@sluice/values";
import { cellElements, fixedBytes, madeElements, packedIntegers, type Rows, validityBytes } from "./cell-bytes.ts";
import {
  bytesField,
  joined,
  NOTHING,
  numberField,
  type Parts,
  packedField,
  partsOf,
  textField,
} from "./message-parts.ts";

// Numbers of the fields of `schema.proto`.
const FIELD_DATA = { type: 1, name: 2, scalars: 3, vectors: 4, fieldId: 5, isDynamic: 6, validData: 7, structs: 8 };
const VECTOR_FIELD = { dim: 1, sparse: 6, vectorArray: 8 };
const LIST = { data: 1, second: 2, third: 3 };

/**
 * One output field in the public form (client contract §5.1, §5.3), a serialized `schema.FieldData`. Scalars stand in full
 * with placeholders at nulls, vectors without the nulls; validity is given for nullable fields only. An answer without rows
 * keeps its type and, for vectors, the true dimension. The columns are parallel to the sources of the rows.
 * @param values rows whose values are given, where nulls are to be left out, as requests do
 */
export async function fieldData(
  field: FieldSchema,
  all: Rows,
  timezone: string,
  name = field.isDynamic ? "$meta" : field.name,
  values = all,
): Promise<Parts> {
  const data = isVector(field.dataType)
    ? bytesField(FIELD_DATA.vectors, await vectorField(field, values))
    : bytesField(FIELD_DATA.scalars, await scalarField(field, values, timezone));
  return joined(
    numberField(FIELD_DATA.type, field.dataType),
    textField(FIELD_DATA.name, name),
    data,
    numberField(FIELD_DATA.fieldId, field.fieldId),
    numberField(FIELD_DATA.isDynamic, field.isDynamic ? 1 : 0),
    field.nullable ? packedField(FIELD_DATA.validData, await validityBytes(all)) : NOTHING,
  );
}

/**
 * A struct array: its members' lists, under the struct's own name. Which rows are null is for the members to say, as in Milvus: some
 * clients read no struct that says it too.
 * @param members `fieldData` of each, under its plain name
 */
export function structFieldData(struct: StructSchema, members: readonly Parts[]): Parts {
  return joined(
    numberField(FIELD_DATA.type, schema.DataType.ArrayOfStruct),
    textField(FIELD_DATA.name, struct.name),
    bytesField(FIELD_DATA.structs, joined(...members.map((member) => bytesField(LIST.data, member)))),
    numberField(FIELD_DATA.fieldId, struct.fieldId),
  );
}

/** The one value of `count(*)`. */
export function countData(count: bigint): Parts {
  const longData = { $case: "longData" as const, value: { data: [count] } };
  const message = schema.FieldData.fromPartial({
    type: DataType.Int64,
    fieldName: "count(*)",
    field: { $case: "scalars", value: { data: longData } },
  });
  return partsOf(schema.FieldData.encode(message).finish());
}

/** A `schema.ScalarField`: one list, in the member for its type. */
async function scalarField(field: FieldSchema, all: Rows, timezone: string): Promise<Parts> {
  const packed = async (member: number, numbers: Promise<Parts>) =>
    bytesField(member, packedField(LIST.data, await numbers));
  switch (field.dataType) {
    case DataType.Bool:
      return packed(1, packedIntegers(all));
    case DataType.Int8:
    case DataType.Int16:
    case DataType.Int32:
      return packed(2, packedIntegers(all));
    case DataType.Int64:
      return packed(3, packedIntegers(all));
    case DataType.Float:
      return packed(4, fixedBytes(all, 4, true));
    case DataType.Double:
      return packed(5, fixedBytes(all, 8, true));
    case DataType.Array:
      // Cells are serialized `ScalarField`s already.
      return bytesField(8, joined(await cellElements(all), numberField(LIST.second, field.elementType)));
    case DataType.JSON:
      return bytesField(9, await cellElements(all));
    case DataType.Geometry:
      return bytesField(12, await madeElements(all, (column, row) => wktOf(column as VarColumn, row)));
    case DataType.Timestamptz:
      return bytesField(6, await madeElements(all, ({ data }, row) => timeOf(data, row, timezone)));
    default:
      return bytesField(6, await cellElements(all));
  }
}

function wktOf({ data, offsets }: VarColumn, row: number): Uint8Array {
  const [from, to] = [offsets[row], offsets[row + 1]];
  return from === to ? new Uint8Array(0) : Buffer.from(wkbToWkt(data.subarray(from, to)));
}

function timeOf(data: Uint8Array, row: number, timezone: string): Uint8Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.from(formatTimestamptz(view.getBigInt64(8 * row, true), timezone));
}

/** A `schema.VectorField`. */
async function vectorField(field: FieldSchema, all: Rows): Promise<Parts> {
  if (field.dataType === DataType.SparseFloatVector) return sparseField(all);
  if (field.dataType === DataType.ArrayOfVector) return vectorArrayField(field, all);
  const bytes = await fixedBytes(all, vectorBytes(field.dataType, field.dim), false);
  const data = field.dataType === DataType.FloatVector ? packedField(LIST.data, bytes) : bytes;
  return joined(numberField(VECTOR_FIELD.dim, field.dim), bytesField(vectorMember(field.dataType), data));
}

/** The dimension is that of the greatest index of the answer. */
async function sparseField(all: Rows): Promise<Parts> {
  const { columns, rows } = all;
  let dim = 0;
  for (let i = 0; i < rows.count; i++) {
    const { data, offsets } = columns[rows.sourceOf[i]] as VarColumn;
    const [from, to] = [offsets[rows.rowOf[i]], offsets[rows.rowOf[i] + 1]];
    if (to > from) dim = Math.max(dim, new DataView(data.buffer, data.byteOffset + to - 8, 4).getUint32(0, true) + 1);
  }
  const contents = await cellElements(all, false);
  const dimField = numberField(VECTOR_FIELD.dim, dim);
  return joined(dimField, bytesField(VECTOR_FIELD.sparse, joined(contents, numberField(LIST.second, dim))));
}

async function vectorArrayField(field: FieldSchema, all: Rows): Promise<Parts> {
  const { dim, elementType } = field;
  const empty = encodeVectorArrayCell(elementType, dim, new Uint8Array(0));
  // Cells are serialized `VectorField`s already; those of nulls, and of empty lists, may be empty.
  const cellOf = (column: Column, row: number) => {
    const { data, offsets } = column as VarColumn;
    return offsets[row] === offsets[row + 1] ? empty : data.subarray(offsets[row], offsets[row + 1]);
  };
  const vectors = await madeElements(all, cellOf, LIST.second);
  const dimField = numberField(VECTOR_FIELD.dim, dim);
  const list = joined(dimField, vectors, numberField(LIST.third, elementType));
  return joined(dimField, bytesField(VECTOR_FIELD.vectorArray, list));
}

/** The member fields of a struct, by position in `schema.fields`. */
export function memberIndexes(collection: CollectionSchema, struct: StructSchema): number[] {
  return struct.members.map((member) =>
    collection.fields.findIndex((field) => field.name === `${struct.name}[${member}]`),
  );
}
