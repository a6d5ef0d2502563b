/** Field types, numbered as in Milvus's `schema.proto` (the number also stands in every binlog's descriptor). */
export const DataType = {
  None: 0,
  Bool: 1,
  Int8: 2,
  Int16: 3,
  Int32: 4,
  Int64: 5,
  Float: 10,
  Double: 11,
  String: 20,
  VarChar: 21,
  Array: 22,
  JSON: 23,
  Geometry: 24,
  Text: 25,
  Timestamptz: 26,
  BinaryVector: 100,
  FloatVector: 101,
  Float16Vector: 102,
  BFloat16Vector: 103,
  SparseFloatVector: 104,
  Int8Vector: 105,
  ArrayOfVector: 106,
} as const;
/** Numbers of the types. */
export type DataType = (typeof DataType)[keyof typeof DataType];

const names = new Map<number, string>(Object.entries(DataType).map(([name, value]) => [value, name]));

/** `FloatVector` for 101: the spelling that Milvus uses in its messages. */
export function dataTypeName(type: number): string {
  return names.get(type) ?? `DataType(${type})`;
}

/** Vectors of one fixed dimension: everything but sparse vectors and arrays of vectors. */
export function isDenseVector(type: DataType): boolean {
  return type >= DataType.BinaryVector && type <= DataType.Int8Vector && type !== DataType.SparseFloatVector;
}

/** Dense, sparse, or arrays of them: their numbers come last. */
export function isVector(type: DataType): boolean {
  return type >= DataType.BinaryVector;
}

/** Bytes of one dense vector of `dim` dimensions. @throws RangeError for other types. */
export function vectorBytes(type: DataType, dim: number): number {
  switch (type) {
    case DataType.BinaryVector:
      return dim / 8;
    case DataType.FloatVector:
      return dim * 4;
    case DataType.Float16Vector:
    case DataType.BFloat16Vector:
      return dim * 2;
    case DataType.Int8Vector:
      return dim;
    default:
      throw new RangeError(`${dataTypeName(type)} has no fixed width`);
  }
}
