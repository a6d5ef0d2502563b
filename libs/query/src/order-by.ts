import { type Column, isNull, type VarColumn } from "@sluice/columns";
import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { type CollectionSchema, DataType, dataTypeName, type FieldSchema, fieldIndex } from "@sluice/schema";
import type { JsonPath } from "@sluice/values";
import { compareBytes } from "./evaluate/byte-set.ts";
import { jsonPlace } from "./json-place.ts";
import { compareOrdered, OrderedPlaces } from "./order-json.ts";
import type { QueryWindow } from "./query-window.ts";

/** One field of `order_by_fields`. */
export interface OrderKey {
  /** Position in `schema.fields`. */
  readonly field: number;
  /** Where in the field's JSON what is compared lies; undefined: it is the field. */
  readonly path?: JsonPath;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** A row where its columns are: by position in `schema.fields`, at least those of the order's keys. */
export interface OrderedRow {
  readonly columns: ReadonlyMap<number, Column>;
  readonly row: number;
}

/** Fields of an order. */
const MAX_KEYS = 64;

const orderable: ReadonlySet<DataType> = new Set([
  ...[DataType.Bool, DataType.Int8, DataType.Int16, DataType.Int32, DataType.Int64],
  ...[DataType.Float, DataType.Double, DataType.VarChar, DataType.String],
]);

/** What is put in order: rows of a collection, or of groups. */
export interface OrderedFields extends Pick<CollectionSchema, "fields"> {
  /** The collection whose places in JSON, and dynamic keys, may be named, as in searches. */
  readonly json?: CollectionSchema;
}

/**
 * Reads `order_by_fields`, such as `price:desc,id:asc:nulls_last`. Ascending unless said otherwise; nulls come last in
 * ascending and first in descending order.
 * @param window of a query, whose rows need a limit to be put in order
 * @returns no keys when the parameter is absent or empty
 * @throws {StatusError} 1100
 */
export function parseOrderBy(
  params: ReadonlyMap<string, string>,
  schema: OrderedFields,
  window?: QueryWindow,
): OrderKey[] {
  const text = params.get("order_by_fields")?.trim() ?? "";
  if (text === "") return [];
  if (window && window.limit === undefined) refuse("ORDER BY requires explicit limit");
  const parts = text.split(",");
  if (parts.length > MAX_KEYS) refuse(`order_by_fields names ${parts.length} fields, more than ${MAX_KEYS}`);
  return parts.map((part) => parseKey(part, schema));
}

function parseKey(text: string, schema: OrderedFields): OrderKey {
  const [name, ...words] = text.split(":").map((part) => part.trim());
  const place = placeOf(name, schema);
  const match = /^(?:(asc|desc)(?::|$))?(?:nulls_(first|last))?$/i.exec(words.join(":"));
  if (!match)
    return refuse(
      `order_by_fields [${excerpt(text.trim())}] is invalid, expected field[:asc|desc][:nulls_first|nulls_last]`,
    );
  const descending = match[1]?.toLowerCase() === "desc";
  return { ...place, descending, nullsFirst: match[2] === undefined ? descending : match[2].toLowerCase() === "first" };
}

function placeOf(name: string, schema: OrderedFields): Pick<OrderKey, "field" | "path"> {
  const field = fieldIndex(schema, name);
  const place = field < 0 && schema.json ? jsonPlace(name, schema.json) : undefined;
  if (place) return place;
  if (field < 0) return refuse(`field ${excerpt(name)} not exist`);
  const { dataType } = schema.fields[field];
  if (orderable.has(dataType)) return { field };
  const instead = dataType === DataType.JSON && schema.json ? ` (name a place in it: ${name}["key"])` : "";
  return refuse(`order by field ${name} has unsupported data type ${dataTypeName(dataType)}${instead}`);
}

/** Order of two rows by the keys, the first key first: negative, 0 or positive. Strings by UTF-8 bytes. */
export function compareRows(
  keys: readonly OrderKey[],
  schema: OrderedFields,
): (a: OrderedRow, b: OrderedRow) => number {
  const comparers = keys.map((key) =>
    key.path ? compareByPlace(key, key.path, schema.fields[key.field]) : compareByKey(key, schema.fields[key.field]),
  );
  return (a, b) => {
    for (const compare of comparers) {
      const order = compare(a, b);
      if (order !== 0) return order;
    }
    return 0;
  };
}

function compareByKey(
  { field, descending, nullsFirst }: OrderKey,
  schema: FieldSchema,
): (a: OrderedRow, b: OrderedRow) => number {
  const sign = descending ? -1 : 1;
  return (a, b) => {
    const [left, right] = [columnOf(a, field, schema), columnOf(b, field, schema)];
    const [leftNull, rightNull] = [isNull(left, a.row), isNull(right, b.row)];
    if (leftNull || rightNull) return (Number(rightNull) - Number(leftNull)) * (nullsFirst ? 1 : -1);
    if (left.kind === "var") return sign * compareCells(left, a.row, right as VarColumn, b.row);
    const [x, y] = [
      readValue(left.data, left.width, a.row, schema),
      readValue((right as typeof left).data, left.width, b.row, schema),
    ];
    return x < y ? -sign : x > y ? sign : 0;
  };
}

function compareByPlace(
  { field, descending, nullsFirst }: OrderKey,
  path: JsonPath,
  schema: FieldSchema,
): (a: OrderedRow, b: OrderedRow) => number {
  const places = new OrderedPlaces(path);
  const at = (row: OrderedRow) => places.at(columnOf(row, field, schema) as VarColumn, row.row);
  return (a, b) => {
    const [left, right] = [at(a), at(b)];
    if (!left || !right) return (Number(!right) - Number(!left)) * (nullsFirst ? 1 : -1);
    return (descending ? -1 : 1) * compareOrdered(left, right);
  };
}

function columnOf({ columns }: OrderedRow, field: number, schema: FieldSchema): Column {
  const column = columns.get(field);
  if (!column) throw new Error(`column ${schema.name} is needed to order rows`);
  return column;
}

function compareCells(a: VarColumn, rowA: number, b: VarColumn, rowB: number): number {
  const other = b.data.subarray(b.offsets[rowB], b.offsets[rowB + 1]);
  return compareBytes(a.data, a.offsets[rowA], a.offsets[rowA + 1], other);
}

function readValue(data: Uint8Array, width: number, row: number, { dataType }: FieldSchema): number | bigint {
  const view = new DataView(data.buffer, data.byteOffset + row * width, width);
  if (dataType === DataType.Float) return view.getFloat32(0, true);
  if (dataType === DataType.Double) return view.getFloat64(0, true);
  if (width === 8) return view.getBigInt64(0, true);
  return width === 1 ? view.getInt8(0) : width === 2 ? view.getInt16(0, true) : view.getInt32(0, true);
}

function refuse(cause: string): never {
  throw new StatusError(statusCodes.invalidParameter, `${cause}: invalid parameter`);
}
