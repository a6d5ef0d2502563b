import { type milvus, type Row, rowsOf, type schema } from "@sluice/rpc";
import { isEchoed, shortFloat } from "@sluice/values";
import { withShortFloats } from "./short-floats.ts";

/** How a client wants numbers of 64 bits: as text, which no parser rounds, or as numbers. */
export type Int64As = (value: bigint) => unknown;

/** Rows of an answer as REST has them. Source: around-import §2.5. */
function entitiesOf(fields: readonly schema.FieldData[], int64: Int64As): object[] {
  const arrays = new Map(fields.map((field) => [field.fieldName, elementsOf(field)] as const));
  const sparse = new Set(fields.filter(isSparse).map(({ fieldName }) => fieldName));
  return rowsOf(fields.map(withShortFloats).map(withTexts)).map((row: Row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => {
        const elements = arrays.get(name);
        if (value === null) return [name, null] as const;
        if (sparse.has(name)) return [name, shortPairs(value as Record<string, number>)] as const;
        return [name, elements ? arrayJson(elements, value as unknown[], int64) : plain(value, int64)] as const;
      }),
    ),
  );
}

/** Rows of a query; where it is of elements of struct arrays, one for each, which says which one it is. */
export function queriedEntities({ fieldsData, elementIndices }: milvus.QueryResults, int64: Int64As): object[] {
  const rows = entitiesOf(fieldsData, int64);
  if (elementIndices.length === 0) return rows;
  return rows.flatMap((row, i) =>
    (elementIndices[i].indices?.data ?? []).map((offset) => ({ ...row, offset: Number(offset) })),
  );
}

/** JSON fields are texts, as they are stored; the keys of the dynamic one stand beside the fields. */
function withTexts(column: schema.FieldData): schema.FieldData {
  const { field, isDynamic } = column;
  if (isDynamic || field?.$case !== "scalars" || field.value.data?.$case !== "jsonData") return column;
  const texts = field.value.data.value.data.map((text) => text.toString("utf8"));
  const data = { $case: "stringData" as const, value: { data: texts } };
  return { ...column, field: { $case: "scalars", value: { ...field.value, data } } };
}

function isSparse({ field }: schema.FieldData): boolean {
  return field?.$case === "vectors" && field.value.data?.$case === "sparseFloatVector";
}

function shortPairs(pairs: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(pairs).map(([index, value]) => [index, shortFloat(value)]));
}

/** The name that Milvus's JSON gives the elements of an array field. */
function elementsOf({ field }: schema.FieldData): string | undefined {
  if (field?.$case !== "scalars" || field.value.data?.$case !== "arrayData") return undefined;
  const filled = field.value.data.value.data.find(({ data }) => data !== undefined);
  const name = filled?.data?.$case ?? "longData";
  return name[0].toUpperCase() + name.slice(1);
}

function arrayJson(elements: string, values: readonly unknown[], int64: Int64As): object {
  return { Data: { [elements]: { data: values.map((value) => plain(value, int64)) } } };
}

/** Vectors of bits and halves as base64, also in the objects of a struct array. */
function plain(value: unknown, int64: Int64As): unknown {
  if (typeof value === "bigint") return int64(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map((item) => plain(item, int64));
  if (typeof value !== "object" || value === null || isEchoed(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member, int64)]));
}

/** Hits as rows, with their distance and, under its field's name, their key. */
export function hitsOf(results: schema.SearchResultData, int64: Int64As): object[] {
  const rows = results.fieldsData.length > 0 ? entitiesOf(results.fieldsData, int64) : [];
  const ids = results.ids?.idField;
  const keys = ids?.$case === "intId" ? ids.value.data.map(int64) : (ids?.value.data ?? []);
  const key = results.primaryFieldName || "id";
  const offsets = results.elementIndices?.data ?? [];
  return keys.map((id, i) => ({
    ...rows[i],
    ...{ [key]: id, distance: distanceOf(results.scores[i]) },
    ...(i < offsets.length && { offset: Number(offsets[i]) }),
  }));
}

/** JSON has no infinity: it would be null, as of a hit without a score. */
function distanceOf(score: number): number | string {
  return Number.isFinite(score) ? shortFloat(score) : String(score);
}
