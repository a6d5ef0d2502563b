import { type Column, isNull, type VarColumn, varValue } from "@sluice/columns";
import { schema } from "@sluice/rpc";
import {
  type CollectionSchema,
  DataType,
  type FieldSchema,
  isVector,
  memberName,
  type StructSchema,
  vectorBytes,
} from "@sluice/schema";
import { decodeVectorArrayCell, formatTimestamptz, wkbToWkt } from "@sluice/values";

/** Rows of an answer, in order: which of the sources, and which row there. */
export interface RowSet {
  readonly count: number;
  readonly sourceOf: Uint32Array;
  readonly rowOf: Uint32Array;
}

type Scalars = schema.ScalarField["data"];
type Vectors = schema.VectorField["data"];

/**
 * One output field in the public form (client contract §5.1, §5.3). Scalars stand in full with placeholders at nulls,
 * vectors without the nulls; `validData` is given for nullable fields only. An answer without rows keeps its type and,
 * for vectors, the true dimension. `columns` is parallel to the sources of `rows`.
 */
export function fieldData(
  field: FieldSchema,
  columns: readonly Column[],
  rows: RowSet,
  timezone: string,
): schema.FieldData {
  const valid = validity(columns, rows);
  const data: schema.FieldData["field"] = isVector(field.dataType)
    ? { $case: "vectors", value: vectorField(field, columns, rows) }
    : { $case: "scalars", value: { data: scalarData(field, columns, rows, timezone) } };
  return {
    type: field.dataType,
    fieldName: field.isDynamic ? "$meta" : field.name,
    field: data,
    fieldId: BigInt(field.fieldId),
    isDynamic: field.isDynamic,
    validData: field.nullable ? valid : [],
  };
}

/** A struct array: its members' lists, under the struct's own name. */
export function structFieldData(struct: StructSchema, members: readonly schema.FieldData[]): schema.FieldData {
  const plain = members.map((member) => ({ ...member, fieldName: memberName(member.fieldName) }));
  return {
    type: schema.DataType.ArrayOfStruct,
    fieldName: struct.name,
    field: { $case: "structArrays", value: { fields: plain } },
    fieldId: BigInt(struct.fieldId),
    isDynamic: false,
    validData: struct.nullable ? (plain[0]?.validData ?? []) : [],
  };
}

/** The one value of `count(*)`. */
export function countData(count: bigint): schema.FieldData {
  return schema.FieldData.fromPartial({
    type: DataType.Int64,
    fieldName: "count(*)",
    field: { $case: "scalars", value: { data: { $case: "longData", value: { data: [count] } } } },
  });
}

function validity(columns: readonly Column[], rows: RowSet): boolean[] {
  return Array.from({ length: rows.count }, (_, i) => !isNull(columns[rows.sourceOf[i]], rows.rowOf[i]));
}

function scalarData(field: FieldSchema, columns: readonly Column[], rows: RowSet, timezone: string): Scalars {
  const fixed = <T>(read: (view: DataView, offset: number) => T) => fixedValues(columns, rows, read);
  const cells = <T>(read: (cell: Buffer) => T, ofNull: T) => varValues(columns, rows, read, ofNull);
  switch (field.dataType) {
    case DataType.Bool:
      return { $case: "boolData", value: { data: fixed((view, at) => view.getUint8(at) !== 0) } };
    case DataType.Int8:
      return { $case: "intData", value: { data: fixed((view, at) => view.getInt8(at)) } };
    case DataType.Int16:
      return { $case: "intData", value: { data: fixed((view, at) => view.getInt16(at, true)) } };
    case DataType.Int32:
      return { $case: "intData", value: { data: fixed((view, at) => view.getInt32(at, true)) } };
    case DataType.Int64:
      return { $case: "longData", value: { data: fixed((view, at) => view.getBigInt64(at, true)) } };
    case DataType.Float:
      return { $case: "floatData", value: { data: fixed((view, at) => view.getFloat32(at, true)) } };
    case DataType.Double:
      return { $case: "doubleData", value: { data: fixed((view, at) => view.getFloat64(at, true)) } };
    case DataType.Timestamptz:
      return {
        $case: "stringData",
        value: { data: fixed((view, at) => formatTimestamptz(view.getBigInt64(at, true), timezone)) },
      };
    case DataType.JSON:
      return { $case: "jsonData", value: { data: cells((cell) => cell, Buffer.alloc(0)) } };
    case DataType.Array:
      return {
        $case: "arrayData",
        value: { data: cells(schema.ScalarField.decode, { data: undefined }), elementType: field.elementType },
      };
    case DataType.Geometry:
      return { $case: "geometryWktData", value: { data: cells((cell) => wkbToWkt(cell), "") } };
    default:
      return { $case: "stringData", value: { data: cells((cell) => cell.toString("utf8"), "") } };
  }
}

function fixedValues<T>(columns: readonly Column[], rows: RowSet, read: (view: DataView, offset: number) => T): T[] {
  const views = columns.map(
    (column) => new DataView(column.data.buffer, column.data.byteOffset, column.data.byteLength),
  );
  const widths = columns.map((column) => (column.kind === "fixed" ? column.width : 0));
  const values: T[] = new Array(rows.count);
  for (let i = 0; i < rows.count; i++) {
    const source = rows.sourceOf[i];
    values[i] = read(views[source], rows.rowOf[i] * widths[source]);
  }
  return values;
}

function varValues<T>(columns: readonly Column[], rows: RowSet, read: (cell: Buffer) => T, ofNull: T): T[] {
  const values: T[] = new Array(rows.count);
  for (let i = 0; i < rows.count; i++) {
    const column = columns[rows.sourceOf[i]] as VarColumn;
    values[i] = isNull(column, rows.rowOf[i]) ? ofNull : read(buffer(varValue(column, rows.rowOf[i])));
  }
  return values;
}

function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function vectorField(field: FieldSchema, columns: readonly Column[], rows: RowSet): schema.VectorField {
  if (field.dataType === DataType.SparseFloatVector) return sparseField(columns, rows);
  if (field.dataType === DataType.ArrayOfVector) return vectorArrayField(field, columns, rows);
  return { dim: BigInt(field.dim), data: denseData(field.dataType, denseBytes(field, columns, rows)) };
}

function denseData(type: DataType, bytes: Buffer): Vectors {
  switch (type) {
    case DataType.FloatVector: {
      const floats = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
      // Typed arrays pass through the encoder as they are; see the float fast path of rpc.
      return { $case: "floatVector", value: { data: floats as unknown as number[] } };
    }
    case DataType.BinaryVector:
      return { $case: "binaryVector", value: bytes };
    case DataType.Float16Vector:
      return { $case: "float16Vector", value: bytes };
    case DataType.BFloat16Vector:
      return { $case: "bfloat16Vector", value: bytes };
    default:
      return { $case: "int8Vector", value: bytes };
  }
}

/** The vectors that are not null, one after the other. */
function denseBytes(field: FieldSchema, columns: readonly Column[], rows: RowSet): Buffer {
  const width = vectorBytes(field.dataType, field.dim);
  const out = Buffer.from(new ArrayBuffer(rows.count * width));
  let at = 0;
  for (let i = 0; i < rows.count; i++) {
    const column = columns[rows.sourceOf[i]];
    const row = rows.rowOf[i];
    if (isNull(column, row)) continue;
    out.set(column.data.subarray(row * width, (row + 1) * width), at);
    at += width;
  }
  return out.subarray(0, at);
}

function sparseField(columns: readonly Column[], rows: RowSet): schema.VectorField {
  const contents: Buffer[] = [];
  let dim = 0;
  for (let i = 0; i < rows.count; i++) {
    const column = columns[rows.sourceOf[i]] as VarColumn;
    if (isNull(column, rows.rowOf[i])) continue;
    const cell = buffer(varValue(column, rows.rowOf[i]));
    if (cell.length > 0) dim = Math.max(dim, cell.readUInt32LE(cell.length - 8) + 1);
    contents.push(cell);
  }
  return { dim: BigInt(dim), data: { $case: "sparseFloatVector", value: { contents, dim: BigInt(dim) } } };
}

function vectorArrayField(field: FieldSchema, columns: readonly Column[], rows: RowSet): schema.VectorField {
  const cells = varValues(
    columns,
    rows,
    (cell) => decodeVectorArrayCell(field.elementType, field.dim, cell),
    new Uint8Array(0),
  );
  const data = cells.map((vectors) => {
    const copy = Buffer.from(new ArrayBuffer(vectors.length));
    copy.set(vectors);
    return { dim: BigInt(field.dim), data: denseData(field.elementType, copy) };
  });
  return {
    dim: BigInt(field.dim),
    data: { $case: "vectorArray", value: { dim: BigInt(field.dim), data, elementType: field.elementType } },
  };
}

/** The member fields of a struct, by position in `schema.fields`. */
export function memberIndexes(collection: CollectionSchema, struct: StructSchema): number[] {
  return struct.members.map((member) =>
    collection.fields.findIndex((field) => field.name === `${struct.name}[${member}]`),
  );
}
