import { locate } from "@sluice/errors";
import { DataType } from "@sluice/schema";
import type { ColumnDescription, SourceDescription } from "../format.ts";
import type { ArrayHeader } from "./array-column.ts";
import type { ArraySet, NamedArray } from "./array-set.ts";
import { type DtypeCode, parseDtype } from "./dtype.ts";

/** What the headers of all arrays say. @throws {ImportError} for a header that is broken */
export async function describeArrays({ arrays }: ArraySet, signal: AbortSignal): Promise<SourceDescription> {
  const headers = await Promise.all(arrays.map((array) => headerOf(array, signal)));
  const [first] = headers;
  const isAligned = headers.every(({ shape }) => shape[0] === first.shape[0]);
  return {
    rowCount: isAligned ? first?.shape[0] : undefined,
    columns: headers.map((header, i) => describeArray(arrays[i], header)),
  };
}

async function headerOf({ source, header }: NamedArray, signal: AbortSignal): Promise<ArrayHeader> {
  try {
    return await header(signal);
  } catch (error) {
    throw locate(error, { file: source.path });
  }
}

function describeArray({ name, dataType: told }: NamedArray, { descr, shape }: ArrayHeader): ColumnDescription {
  const code = parseDtype(descr)?.code;
  const base = { name, type: `${descr} (${shape.join(", ")})`, isNullable: false };
  if (code === undefined || shape.length < 1 || shape.length > 2) return { ...base, dataType: undefined };
  if (shape.length === 1) return { ...base, dataType: scalars[code] };
  if (told !== undefined) return { ...base, dataType: told, ...(shape.length === 2 && { dim: shape[1] }) };
  const dataType = vectors[code];
  if (dataType === undefined) return { ...base, dataType: DataType.Array, elementType: scalars[code] };
  return { ...base, dataType, dim: shape[1] * (code === "u1" ? 8 : 1) };
}

const scalars: Readonly<Partial<Record<DtypeCode, DataType>>> = {
  b1: DataType.Bool,
  i1: DataType.Int8,
  i2: DataType.Int16,
  i4: DataType.Int32,
  i8: DataType.Int64,
  u1: DataType.Int16,
  u2: DataType.Int32,
  u4: DataType.Int64,
  u8: DataType.Int64,
  f2: DataType.Float,
  V2: DataType.Float,
  f4: DataType.Float,
  f8: DataType.Double,
  M8: DataType.Timestamptz,
  U: DataType.VarChar,
  S: DataType.VarChar,
};

const vectors: Readonly<Partial<Record<DtypeCode, DataType>>> = {
  b1: DataType.BinaryVector,
  u1: DataType.BinaryVector,
  i1: DataType.Int8Vector,
  f2: DataType.Float16Vector,
  V2: DataType.BFloat16Vector,
  f4: DataType.FloatVector,
  f8: DataType.FloatVector,
};
