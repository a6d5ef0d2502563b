import { parseEchoing } from "@sluice/values";
import type * as schema from "../gen/schema.ts";

/**
 * A value of an answer: bigint for Int64, number for other numbers, text, boolean, parsed JSON (whose integers are written again as they are stored), lists; Buffer for binary
 * and half vectors, `{ index: value }` for sparse ones, a list of objects for a struct array, null.
 */
export type RowValue = unknown;
/** Values by the names of their fields. */
export type Row = Readonly<Record<string, RowValue>>;

/**
 * Turns the columns of an answer into rows; keys of the dynamic column stand beside the fields. A field hides the key that has
 * its name: merges and added fields leave such keys in rows that had them.
 */
export function rowsOf(fields: readonly schema.FieldData[]): Row[] {
  const columns = fields.map((field) => ({ field, values: valuesOf(field) }));
  const names = new Set(fields.filter(({ isDynamic }) => !isDynamic).map(({ fieldName }) => fieldName));
  const count = columns[0]?.values.length ?? 0;
  return Array.from({ length: count }, (_, i) =>
    Object.fromEntries(
      columns.flatMap(({ field, values }) =>
        field.isDynamic ? keysBeside(names, values[i] as object | null) : [[field.fieldName, values[i]] as const],
      ),
    ),
  );
}

function keysBeside(names: ReadonlySet<string>, dynamic: object | null): [key: string, value: RowValue][] {
  return Object.entries(dynamic ?? {}).filter(([key]) => !names.has(key));
}

/** One value a row, null where `validData` says so; those of a vector field that may be null lie close together. */
export function valuesOf(field: schema.FieldData): RowValue[] {
  if (field.field?.$case === "structArrays") return structsOf(field.field.value.fields);
  if (field.field?.$case === "vectors") return withNulls(vectorsOf(field.field.value), field.validData);
  const values = field.field?.$case === "scalars" ? scalarsOf(field.field.value) : [];
  return field.validData.length > 0 ? values.map((value, i) => (field.validData[i] ? value : null)) : values;
}

/** Lists of objects from lists of each member, which are equally long in a row, or null in all of them. */
function structsOf(members: readonly schema.FieldData[]): RowValue[] {
  const columns = members.map((member) => [member.fieldName, valuesOf(member) as (RowValue[] | null)[]] as const);
  const [[, first] = ["", []]] = columns;
  return first.map((list, row) => {
    if (list === null) return null;
    const length = Math.max(...columns.map(([, lists]) => lists[row]?.length ?? 0));
    return Array.from({ length }, (_, i) =>
      Object.fromEntries(columns.map(([name, lists]) => [name, lists[row]?.[i]])),
    );
  });
}

function scalarsOf({ data }: schema.ScalarField): RowValue[] {
  if (!data) return [];
  switch (data.$case) {
    case "jsonData":
      return data.value.data.map((text) => (text.length > 0 ? parseEchoing(text.toString("utf8")) : null));
    case "arrayData":
      return data.value.data.map(scalarsOf);
    default:
      return [...data.value.data];
  }
}

/** Vectors come without the nulls. */
function withNulls(vectors: readonly RowValue[], valid: readonly boolean[]): RowValue[] {
  const next = vectors.values();
  return valid.length > 0 ? valid.map((isValid) => (isValid ? next.next().value : null)) : [...vectors];
}

function vectorsOf({ data, dim }: schema.VectorField): RowValue[] {
  if (!data) return [];
  switch (data.$case) {
    case "floatVector":
      return chunks(Number(dim), data.value.data.length, (begin, end) => [...data.value.data.slice(begin, end)]);
    case "binaryVector":
      return chunks(Number(dim) / 8, data.value.length, (begin, end) => data.value.subarray(begin, end));
    case "int8Vector":
      return chunks(Number(dim), data.value.length, (begin, end) => [
        ...new Int8Array(data.value.subarray(begin, end)),
      ]);
    case "float16Vector":
    case "bfloat16Vector":
      return chunks(Number(dim) * 2, data.value.length, (begin, end) => data.value.subarray(begin, end));
    case "vectorArray":
      return data.value.data.map(vectorsOf);
    case "sparseFloatVector":
      return data.value.contents.map(sparseOf);
    default:
      return [];
  }
}

function chunks<T>(size: number, total: number, slice: (begin: number, end: number) => T): T[] {
  return Array.from({ length: total / size }, (_, i) => slice(i * size, (i + 1) * size));
}

/** Pairs of uint32 index and float32 value. */
function sparseOf(bytes: Buffer): Record<string, number> {
  const pairs = chunks(8, bytes.length, (begin) => [bytes.readUInt32LE(begin), bytes.readFloatLE(begin + 4)]);
  return Object.fromEntries(pairs);
}
