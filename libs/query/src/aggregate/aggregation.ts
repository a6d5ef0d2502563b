import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import {
  type CollectionSchema,
  DataType,
  dataTypeName,
  type FieldSchema,
  fieldIndex,
  plainField,
} from "@sluice/schema";

/**
 * What is gathered of the rows of a group. Nulls are left out. Of Int64 the low words (unsigned) and the high ones (signed) are
 * added up apart: sums of some of the rows may lie outside Int64, though that of all does not.
 */
export interface Accumulator {
  readonly operation: "count" | "sum" | "lowSum" | "highSum" | "min" | "max";
  /** Position in `schema.fields`; undefined counts rows, whatever they hold. */
  readonly field: number | undefined;
}

/** One value of each group, by positions among the accumulators. */
export type AggregateValue =
  | PlainValue
  | { readonly kind: "average"; readonly sum: PlainValue; readonly count: number };

/** The accumulator `at`, or a sum of Int64 by the accumulators of its two words. */
export type PlainValue =
  | { readonly kind: "accumulator"; readonly at: number }
  | { readonly kind: "wideSum"; readonly low: number; readonly high: number };

/** A query whose answer is a row for each group of rows instead of the rows. */
export interface Aggregation {
  /** Positions in `schema.fields` of the fields whose values make a group; none: all rows are one. */
  readonly keys: readonly number[];
  readonly accumulators: readonly Accumulator[];
  readonly values: readonly AggregateValue[];
  /** The fields of a group's row: those of `keys`, then one for each of `values`, called as the request has it. */
  readonly fields: readonly FieldSchema[];
  /** Positions in `fields` of what the answer holds, in order. */
  readonly shown: readonly number[];
}

/** Fields that rows are grouped by. */
const MAX_KEYS = 64;

const integers: ReadonlySet<DataType> = new Set([DataType.Int8, DataType.Int16, DataType.Int32, DataType.Int64]);
const floats: ReadonlySet<DataType> = new Set([DataType.Float, DataType.Double]);
const texts: ReadonlySet<DataType> = new Set([DataType.VarChar, DataType.String]);

/** Whether values of a type can be told apart as keys of groups. */
const isKeyType = (type: DataType) => integers.has(type) || texts.has(type) || type === DataType.Timestamptz;

/**
 * Reads `group_by_fields` and the functions among the output fields (query-and-search §4.3): `count(*)`, `count`, `sum`, `avg`,
 * `min` and `max` of a field.
 * @param groupBy names, separated by commas
 * @returns undefined for a query of rows, and for `count(*)` alone, which needs none
 * @throws {StatusError} 1100
 */
export function parseAggregation(
  requested: readonly string[],
  groupBy: string | undefined,
  schema: CollectionSchema,
): Aggregation | undefined {
  const names = [...new Set(requested.map((name) => name.trim()))];
  const keys = parseKeys(groupBy, schema);
  const isLoneCount = names.length === 1 && isRowCount(names[0]);
  if (keys.length === 0 && (isLoneCount || !names.some((name) => callIn(name)))) return undefined;
  return new AggregationParser(schema, keys).parse(names);
}

function parseKeys(groupBy = "", schema: CollectionSchema): number[] {
  // A list of no names, as some clients write one.
  const text = groupBy.trim().replace(/^\[(.*)\]$/s, "$1");
  const names = [...new Set(text.split(",").map((name) => name.trim()))].filter((name) => name !== "");
  if (names.length > MAX_KEYS) refuse(`group_by_fields names ${names.length} fields, more than ${MAX_KEYS}`);
  return names.map((name) => {
    const index = fieldIndex(schema, name);
    if (index < 0) return refuse(`field ${excerpt(name)} not exist`);
    const { dataType } = schema.fields[index];
    if (!isKeyType(dataType)) refuse(`group by field ${name} has unsupported data type ${dataTypeName(dataType)}`);
    return index;
  });
}

/** `sum(price)`: the function in small letters, and what it is of. */
function callIn(name: string): { readonly operation: string; readonly argument: string } | undefined {
  const match = /^(count|sum|avg|min|max)\s*\(([^()]*)\)$/i.exec(name);
  return match ? { operation: match[1].toLowerCase(), argument: match[2].trim() } : undefined;
}

class AggregationParser {
  readonly #schema: CollectionSchema;
  readonly #keys: readonly number[];
  readonly #accumulators: Accumulator[] = [];
  readonly #values: AggregateValue[] = [];
  readonly #fields: FieldSchema[];

  constructor(schema: CollectionSchema, keys: readonly number[]) {
    this.#schema = schema;
    this.#keys = keys;
    this.#fields = keys.map((key) => schema.fields[key]);
  }

  parse(names: readonly string[]): Aggregation {
    const shown = names.length > 0 ? names.map((name) => this.#add(name)) : [...this.#keys.keys()];
    const { length } = this.#accumulators;
    if (length > 1024) refuse(`${length} aggregations are more than 1024`);
    return {
      ...{ keys: this.#keys, accumulators: this.#accumulators, values: this.#values },
      ...{ fields: this.#fields, shown },
    };
  }

  /** @returns the position in `fields` */
  #add(name: string): number {
    const call = callIn(name);
    if (call) return this.#addCall(name, call.operation, call.argument);
    const at = this.#keys.findIndex((key) => this.#schema.fields[key].name === name);
    if (at >= 0) return at;
    const keys = this.#keys.map((key) => this.#schema.fields[key].name).join(" ");
    return refuse(
      keys === ""
        ? `output field '${excerpt(name)}' is not allowed: when using aggregation functions (e.g., count(*)), output_fields can only contain aggregation expressions, not regular columns`
        : `output field '${excerpt(name)}' is not allowed: when using GROUP BY, output_fields can only contain group_by fields ([${keys}]) or aggregation expressions`,
    );
  }

  #addCall(name: string, operation: string, argument: string): number {
    const field = this.#argument(operation, argument);
    const value = this.#value(operation, field);
    this.#values.push(value);
    // Of no rows at all there is a count, and nothing else.
    const mayBeNull = this.#keys.length === 0 || (field !== undefined && this.#schema.fields[field].nullable);
    const nullable = operation !== "count" && mayBeNull;
    return this.#fields.push({ ...plainField(0, name, this.#typeOf(value)), nullable }) - 1;
  }

  #value(operation: string, field: number | undefined): AggregateValue {
    if (operation === "avg")
      return { kind: "average", sum: this.#plain("sum", field), count: this.#accumulate("count", field) };
    return this.#plain(operation as Accumulator["operation"], field);
  }

  #plain(operation: Accumulator["operation"], field: number | undefined): PlainValue {
    const isWide = operation === "sum" && this.#schema.fields[field ?? 0].dataType === DataType.Int64;
    if (!isWide) return { kind: "accumulator", at: this.#accumulate(operation, field) };
    const [low, high] = [this.#accumulate("lowSum", field), this.#accumulate("highSum", field)];
    return { kind: "wideSum", low, high };
  }

  /** Position of the field that a function is of; undefined: it counts rows. */
  #argument(operation: string, argument: string): number | undefined {
    if (argument === "*" && operation === "count") return undefined;
    const index = fieldIndex(this.#schema, argument);
    if (index < 0 || this.#schema.fields[index].isDynamic) return refuse(`field ${excerpt(argument)} not exist`);
    const { dataType } = this.#schema.fields[index];
    const isNumber = integers.has(dataType) || floats.has(dataType);
    const isServed = operation === "count" || isNumber || (/^m/.test(operation) && isKeyType(dataType));
    if (!isServed) refuse(`aggregation operator ${operation} does not support data type ${dataTypeName(dataType)}`);
    return index;
  }

  #accumulate(operation: Accumulator["operation"], of: number | undefined): number {
    // Where there are no nulls rows are counted, and the column is not read.
    const isRows = operation === "count" && of !== undefined && !this.#schema.fields[of].nullable;
    const field = isRows ? undefined : of;
    const known = this.#accumulators.findIndex((one) => one.operation === operation && one.field === field);
    return known >= 0 ? known : this.#accumulators.push({ operation, field }) - 1;
  }

  #typeOf(value: AggregateValue): DataType {
    if (value.kind === "average") return DataType.Double;
    if (value.kind === "wideSum") return DataType.Int64;
    return accumulatorField(this.#accumulators[value.at], this.#schema).dataType;
  }
}

/** Whether a field of an answer is the number of rows. */
export const isRowCount = (name: string): boolean => /^count\s*\(\s*\*\s*\)$/i.test(name);

/** What an accumulator has gathered, as a field: counts and sums of integers are Int64, sums of floats Double. */
export function accumulatorField({ operation, field }: Accumulator, schema: CollectionSchema): FieldSchema {
  if (operation === "count" || field === undefined) return plainField(0, operation, DataType.Int64);
  const { dataType, name } = schema.fields[field];
  const isExtreme = operation === "min" || operation === "max";
  const sumType = floats.has(dataType) ? DataType.Double : DataType.Int64;
  return { ...plainField(0, name, isExtreme ? dataType : sumType), nullable: true };
}

function refuse(cause: string): never {
  throw new StatusError(statusCodes.invalidParameter, `${cause}: invalid parameter`);
}
