import { excerpt, ImportError, locate } from "@sluice/errors";
import { DataType } from "@sluice/schema";
import type { ColumnDescription, SourceDescription } from "../format.ts";
import type { ArrayHeader } from "./array-column.ts";
import { isStructured, SAVE_FIELDS } from "./array-rules.ts";
import type { ArraySet, NamedArray } from "./array-set.ts";
import { type DtypeCode, parseDtype } from "./dtype.ts";

/** Characters of a reason that stands for a type. */
const MAX_REASON = 200;

/**
 * What the headers of all arrays say. Beside vectors a file may hold what is of no table with them, such as queries: arrays of
 * other lengths, and of types that are not read, feed nothing.
 * @throws {ImportError} for a header that is broken, and where no array is read
 */
export async function describeArrays({ arrays }: ArraySet, signal: AbortSignal): Promise<SourceDescription> {
  const found = await Promise.all(arrays.map((array) => headerOf(array, signal)));
  const headers = found.filter((header) => !(header instanceof ImportError));
  if (headers.length === 0 && found.length > 0) throw found[0];
  const rowCount = rowCountOf(arrays, found);
  return {
    rowCount,
    columns: found.map((header, i) => {
      if (header instanceof ImportError) return notRead(arrays[i].name, header);
      const column = describeArray(arrays[i], header);
      return rowCount === undefined || header.shape[0] === rowCount ? column : { ...column, dataType: undefined };
    }),
  };
}

/** That of all arrays, else of the most vectors; undefined where nothing tells. */
function rowCountOf(arrays: readonly NamedArray[], found: readonly (ArrayHeader | ImportError)[]): number | undefined {
  const counted = found.flatMap((header, i) =>
    header instanceof ImportError ? [] : [{ count: header.shape[0] ?? 0, isVectors: arrays[i].role === "vectors" }],
  );
  if (counted.every(({ count }) => count === counted[0].count)) return counted[0]?.count;
  const counts = counted.filter(({ isVectors }) => isVectors).map(({ count }) => count);
  return counts.length > 0 ? Math.max(...counts) : undefined;
}

function notRead(name: string, { reason }: ImportError): ColumnDescription {
  return { name, type: `not read: ${excerpt(reason, MAX_REASON)}`, dataType: undefined, isNullable: false };
}

/** An array that is of no type that is read is as good as none; what is broken is an error. */
async function headerOf({ source, header }: NamedArray, signal: AbortSignal): Promise<ArrayHeader | ImportError> {
  try {
    return await header(signal);
  } catch (error) {
    const located = locate(error, { file: source.path });
    if (located instanceof ImportError && located.code === "unsupported") return located;
    throw located;
  }
}

function describeArray({ name, dataType: told }: NamedArray, { descr, shape }: ArrayHeader): ColumnDescription {
  const code = parseDtype(descr)?.code;
  const base = { name, type: isStructured(descr) ? RECORDS : `${descr} (${shape.join(", ")})`, isNullable: false };
  if (code === undefined || shape.length < 1 || shape.length > 2) return { ...base, dataType: undefined };
  if (shape.length === 1) return { ...base, dataType: scalars[code] };
  if (told !== undefined) return { ...base, dataType: told, ...(shape.length === 2 && { dim: shape[1] }) };
  // Bits are packed, eight a byte.
  const dataType = code === "b1" && shape[1] % 8 !== 0 ? undefined : vectors[code];
  if (dataType === undefined) return { ...base, dataType: DataType.Array, elementType: scalars[code] };
  return { ...base, dataType, dim: shape[1] * (code === "u1" ? 8 : 1) };
}

const RECORDS = `records: ${SAVE_FIELDS}`;

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
  P: DataType.SparseFloatVector,
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
