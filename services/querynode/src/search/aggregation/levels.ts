import { excerpt } from "@sluice/errors";
import type { common } from "@sluice/rpc";
import { type CollectionSchema, DataType, dataTypeName } from "@sluice/schema";
import { refuse } from "../metrics.ts";
import { MAX_WINDOW } from "../window-params.ts";

/** What stands for the score of a hit, beside the names of fields. */
export const SCORE = "_score";
/** What stands for all hits of a bucket. */
export const ALL = "*";

type MetricOp = "count" | "sum" | "avg" | "min" | "max";

/** A figure over the hits of a bucket. */
export interface BucketMetric {
  readonly alias: string;
  readonly op: MetricOp;
  /** Position of a field. */
  readonly of: number | typeof SCORE | typeof ALL;
}

/** What buckets are ordered by: their hits' number, their keys, or a metric. */
export interface BucketOrder {
  readonly by: "_count" | "_key" | { readonly alias: string };
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** What the hits of a bucket are ordered by. */
export interface HitOrder {
  readonly of: number | typeof SCORE;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** Buckets of hits, by their values in some fields. */
export interface Level {
  /** Positions of fields. */
  readonly fields: readonly number[];
  readonly size: number;
  readonly metrics: readonly BucketMetric[];
  readonly order: readonly BucketOrder[];
  readonly topHits: { readonly size: number; readonly sort: readonly HitOrder[] } | undefined;
}

/** Buckets within buckets. */
export interface Aggregation {
  /** The outermost first. */
  readonly levels: readonly Level[];
  /** Combinations of the keys of all levels whose hits count. */
  readonly groups: number;
  /** Hits of each that count. */
  readonly groupSize: number;
}

const MAX_LEVELS = 4;
/** Hits of all queries that buckets are made of. */
const MAX_ENTRIES = 250_000;

const integers = [DataType.Int8, DataType.Int16, DataType.Int32, DataType.Int64];
const keyTypes: ReadonlySet<DataType> = new Set([DataType.Bool, ...integers, DataType.VarChar]);
const summedTypes: ReadonlySet<DataType> = new Set([...integers, DataType.Float, DataType.Double]);
const comparedTypes: ReadonlySet<DataType> = new Set([...summedTypes, DataType.VarChar]);
const countedTypes: ReadonlySet<DataType> = new Set([...comparedTypes, DataType.Bool]);
const typesOf: Readonly<Record<MetricOp, ReadonlySet<DataType>>> = {
  ...{ count: countedTypes, sum: summedTypes, avg: summedTypes, min: comparedTypes, max: comparedTypes },
};

/**
 * Reads `search_aggregation`. Source: Milvus, internal/proxy/search_agg/context_builder.go.
 * @throws {StatusError} 1100
 */
export function aggregationOf(spec: common.SearchAggregationSpec, collection: CollectionSchema): Aggregation {
  const specs: common.SearchAggregationSpec[] = [];
  for (let one: typeof spec | undefined = spec; one; one = one.subAggregation) {
    specs.push(one);
    if (specs.length > MAX_LEVELS)
      refuse(`search_aggregation nesting exceeds max ${MAX_LEVELS} levels: invalid parameter`);
  }
  const levels = specs.map((one) => levelOf(one, collection));
  const fields = levels.flatMap((level) => level.fields);
  const twice = fields.find((field, i) => fields.indexOf(field) < i);
  if (twice !== undefined)
    refuse(`duplicate group_by field ${collection.fields[twice].name} in search_aggregation: invalid parameter`);
  const aggregation = {
    levels,
    groups: specs.reduce((all, one) => all * candidatesOf(one), 1),
    groupSize: Math.max(1, ...levels.map(({ topHits }) => topHits?.size ?? 1)),
  };
  checkEntries(aggregation, 1);
  return aggregation;
}

/** @throws {StatusError} 1100 for more hits than buckets are made of */
export function checkEntries({ groups, groupSize }: Aggregation, queries: number): void {
  if (groups <= MAX_WINDOW && groups * groupSize * queries <= MAX_ENTRIES) return;
  const buckets = `${groups} buckets (at most ${MAX_WINDOW}) of ${groupSize} hits`;
  refuse(
    `number of search_aggregation result entries is too large: nq ${queries} with ${buckets} (at most ${MAX_ENTRIES} in all), ask for smaller sizes: invalid parameter`,
  );
}

/** How many buckets are looked at, of which those that come first in its order are answered. */
function candidatesOf({ size, searchSize }: common.SearchAggregationSpec): number {
  if (searchSize === 0n) return Number(size);
  if (searchSize < size)
    refuse(`search_aggregation search_size ${searchSize} is less than its size ${size}: invalid parameter`);
  return Number(searchSize);
}

function levelOf(spec: common.SearchAggregationSpec, collection: CollectionSchema): Level {
  if (spec.fields.length === 0) refuse("group_by level has no fields: invalid parameter");
  const metrics = Object.entries(spec.metrics).map(([alias, metric]) => metricOf(alias, metric, collection));
  const { topHits } = spec;
  return {
    fields: spec.fields.map((name) => keyField(name, collection)),
    size: sizeOf("search_aggregation size", spec.size),
    metrics,
    order: spec.order.map((one) => bucketOrder(one, metrics)),
    topHits: topHits && {
      size: sizeOf("top_hits size", topHits.size),
      sort: topHits.sort.map((one) => hitOrder(one, collection)),
    },
  };
}

function sizeOf(name: string, size: bigint): number {
  if (size >= 1n && size <= MAX_WINDOW) return Number(size);
  return refuse(`${name} must be in range [1, ${MAX_WINDOW}], but got ${size}: invalid parameter`);
}

function fieldOf(name: string, what: string, { fields }: CollectionSchema): number {
  const field = fields.findIndex((candidate) => candidate.name === name);
  if (field >= 0 && !fields[field].isDynamic) return field;
  const shown = excerpt(name);
  const json = "keys of JSON and of the dynamic field have no type: make a field of it";
  return refuse(`invalid ${what} "${shown}": field "${shown}" not found in schema (${json}): invalid parameter`);
}

function keyField(name: string, collection: CollectionSchema): number {
  const field = fieldOf(name, "group_by field", collection);
  checkType(field, "group_by field", keyTypes, collection);
  return field;
}

function checkType(field: number, what: string, types: ReadonlySet<DataType>, { fields }: CollectionSchema): void {
  const { name, dataType } = fields[field];
  if (types.has(dataType)) return;
  const known = [...types].map(dataTypeName).join(", ");
  refuse(
    `invalid ${what} "${name}": unsupported data type ${dataTypeName(dataType)}, it takes ${known}: invalid parameter`,
  );
}

function metricOf(alias: string, { op, fieldName }: common.MetricAggSpec, collection: CollectionSchema): BucketMetric {
  const name = op.toLowerCase();
  if (!isOp(name))
    return refuse(`unsupported metric op: ${excerpt(op)}: use count, sum, avg, min or max: invalid parameter`);
  if (fieldName === "") refuse(`metric field_name is empty: metric ${excerpt(alias)}: invalid parameter`);
  if (fieldName === ALL && name !== "count") refuse("field_name '*' only supports count op: invalid parameter");
  if (fieldName === ALL || fieldName === SCORE) return { alias, op: name, of: fieldName };
  const of = fieldOf(fieldName, "metric field", collection);
  checkType(of, `field of metric ${name}`, typesOf[name], collection);
  return { alias, op: name, of };
}

function isOp(name: string): name is MetricOp {
  return Object.hasOwn(typesOf, name);
}

function bucketOrder({ key, direction, nullFirst }: common.OrderSpec, metrics: readonly BucketMetric[]): BucketOrder {
  const descending = isDescending(direction);
  const nullsFirst = nullFirst || !descending;
  if (metrics.some(({ alias }) => alias === key)) return { by: { alias: key }, descending, nullsFirst };
  if (key === "_count" || key === "_key") return { by: key, descending, nullsFirst };
  return refuse(`order key "${excerpt(key)}" is neither reserved key nor metric alias: invalid parameter`);
}

function hitOrder({ fieldName, direction, nullFirst }: common.SortSpec, collection: CollectionSchema): HitOrder {
  const shared = { descending: isDescending(direction), nullsFirst: nullFirst };
  if (fieldName === SCORE) return { of: SCORE, ...shared };
  const of = fieldOf(fieldName, "sort field", collection);
  checkType(of, "sort field", countedTypes, collection);
  return { of, ...shared };
}

/** Unless it says otherwise. */
function isDescending(direction: string): boolean {
  if (/^(desc)?$/i.test(direction)) return true;
  if (/^asc$/i.test(direction)) return false;
  return refuse(`direction must be asc or desc, but got ${excerpt(direction)}: invalid parameter`);
}
