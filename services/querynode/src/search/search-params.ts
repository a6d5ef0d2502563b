import { excerpt, StatusError } from "@sluice/errors";
import { jsonPlace, type OrderKey, parseOrderBy } from "@sluice/query";
import type { milvus } from "@sluice/rpc";
import { type CollectionSchema, DataType, isVector } from "@sluice/schema";
import type { JsonPath } from "@sluice/values";
import { checkGrowing, isGiven, isTrue } from "../compile-query.ts";
import { isDistance, type Metric, metricFor, refuse } from "./metrics.ts";
import { textOfTerms } from "./terms.ts";

/** What the parameters of one search ask for. */
export interface SearchParams {
  /** Position of the vectors' field. */
  readonly field: number;
  readonly metric: Metric;
  readonly topK: number;
  readonly offset: number;
  /** Only hits nearer than it, exclusive. */
  readonly radius: number | undefined;
  /** Only hits that are not nearer than it. */
  readonly rangeFilter: number | undefined;
  /** Decimals of a score; undefined = all. */
  readonly roundDecimal: number | undefined;
  readonly groupBy: GroupBy | undefined;
  /** Of the hits that are answered; none: by their scores. */
  readonly order: readonly OrderKey[];
  readonly iterator: IteratorPage | undefined;
}

export interface GroupBy {
  readonly field: number;
  /** As it was asked for. */
  readonly name: string;
  /** Into values of JSON; undefined: the field itself. */
  readonly path?: JsonPath;
  readonly size: number;
}

/** A page of a search iterator. */
export interface IteratorPage {
  readonly token: string;
  readonly lastBound: number | undefined;
}

const MAX_WINDOW = 16_384;
const MAX_GROUP = 10;

/**
 * @param metricsByField metrics of the indexes, by name of the field
 * @throws {StatusError} 1100, 1101, in Milvus's words
 */
export function searchParams(
  request: milvus.SearchRequest,
  collection: CollectionSchema,
  metricsByField: ReadonlyMap<string, string>,
): SearchParams {
  const params = paramsOf(request);
  refuseUnserved(params);
  checkGrowing(params);
  const field = vectorField(params.get("anns_field") ?? "", collection);
  const { name, dataType, elementType } = collection.fields[field];
  const type = dataType === DataType.ArrayOfVector ? elementType : dataType;
  const isTerms = textOfTerms(collection, collection.fields[field]) !== undefined;
  const metric = metricFor(type, params.get("metric_type") ?? "", metricsByField.get(name) ?? "", isTerms);
  const groupBy = groupByOf(params, collection, field);
  const iterator = iteratorOf(params, groupBy);
  const range = rangeOf(params, metric, groupBy);
  const window = windowOf(params, iterator);
  const order = orderOf(params, collection);
  return { field, metric, ...window, ...range, roundDecimal: roundOf(params), groupBy, order, iterator };
}

/** @throws {StatusError} 1100 */
export function orderOf(params: ReadonlyMap<string, string>, collection: CollectionSchema): readonly OrderKey[] {
  const order = parseOrderBy(params, collection);
  if (order.length > 0 && isTrue(params.get("iterator")))
    refuse("ORDER BY is not supported with iterators (sort in the client): invalid parameter");
  return order;
}

/** Pairs of their own, and those inside of `params`; the former win. */
function paramsOf({ searchParams: pairs }: milvus.SearchRequest): ReadonlyMap<string, string> {
  const own = new Map(pairs.map(({ key, value }) => [key, value]));
  const inner = new Map<string, string>();
  for (const [key, value] of Object.entries(parseParams(own.get("params")))) inner.set(key, textOf(value));
  for (const [key, value] of own) if (value !== "") inner.set(key, value);
  return inner;
}

/** What would change the answer and is not served. */
function refuseUnserved(params: ReadonlyMap<string, string>): void {
  if (isGiven(params.get("group_by_fields")))
    refuse("group_by_fields is not supported in searches: name one field by group_by_field: invalid parameter");
  if (isGiven(params.get("analyzer_name")))
    refuse("analyzer_name is not supported: a field has one analyzer (make a field of each): invalid parameter");
  if (isGiven(params.get("time_fields")))
    refuse(
      "time_fields is not supported: ask for the field itself, and take it apart in the client: invalid parameter",
    );
}

function parseParams(text = ""): object {
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Told below.
  }
  return refuse(`params is no JSON object: ${excerpt(text)}: invalid parameter`);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function vectorField(name: string, { fields }: CollectionSchema): number {
  const vectors = fields.flatMap((field, i) => (isVector(field.dataType) ? [i] : []));
  if (name === "") {
    if (vectors.length === 1) return vectors[0];
    refuse("multiple anns_fields exist, please specify a anns_field in search_params: invalid parameter");
  }
  const index = fields.findIndex((field) => field.name === name);
  if (index < 0)
    refuse(`failed to create query plan: failed to get field schema by name: fieldName(${excerpt(name)}) not found`);
  if (!vectors.includes(index)) refuse(`field (${name}) to search is not of vector data type: invalid parameter`);
  return index;
}

function windowOf(params: ReadonlyMap<string, string>, iterator: IteratorPage | undefined) {
  const topText = params.get("search_iter_batch_size") ?? params.get("topk") ?? params.get("limit");
  if (topText === undefined) throw new StatusError(1101, "topk is required");
  const topK = integer("topk", topText);
  const offset = integer("offset", params.get("offset") ?? "0");
  const range = `it should be in range [1, ${MAX_WINDOW}], but got`;
  const limited = iterator || isTrue(params.get("iterator")) ? Math.min(topK, MAX_WINDOW) : topK;
  if (limited < 1 || limited > MAX_WINDOW) refuse(`topk [${topK}] is invalid, ${range} ${topK}: invalid parameter`);
  if (offset < 0 || offset + limited > MAX_WINDOW)
    refuse(`offset+topk [${offset + limited}] is invalid, ${range} ${offset + limited}: invalid parameter`);
  return { topK: limited, offset };
}

function integer(name: string, text: string): number {
  if (/^[+-]?\d{1,9}$/.test(text.trim())) return Number(text);
  return refuse(`${name} [${excerpt(text)}] is invalid: expected an integer: invalid parameter`);
}

function number(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  return refuse(`${name} [${excerpt(text)}] is invalid: expected a number: invalid parameter`);
}

/** A score that was answered before, which may be infinite; written by Python, Go or JavaScript. */
function answeredScore(name: string, text: string | undefined): number | undefined {
  const [, sign] = /^([+-]?)inf(?:inity)?$/i.exec(text?.trim() ?? "") ?? [];
  if (sign === undefined) return number(name, text);
  return sign === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function rangeOf(params: ReadonlyMap<string, string>, metric: Metric, groupBy: GroupBy | undefined) {
  const radius = number("radius", params.get("radius"));
  const rangeFilter = number("range_filter", params.get("range_filter"));
  if (radius === undefined && rangeFilter !== undefined)
    refuse(
      "range_filter requires radius to be set; range_filter alone is not a valid range search parameter: invalid parameter",
    );
  if (radius !== undefined && groupBy)
    refuse("Not allowed to do range-search when doing search-group-by: invalid parameter");
  if (radius !== undefined && rangeFilter !== undefined) {
    const isRight = isDistance(metric) ? rangeFilter < radius : rangeFilter > radius;
    const relation = isDistance(metric) ? "less" : "greater";
    if (!isRight)
      refuse(
        `metric type (${metric}), range_filter(${rangeFilter}) must be ${relation} than radius(${radius}): invalid parameter`,
      );
  }
  return { radius, rangeFilter };
}

/** @throws {StatusError} 1100 */
export function roundOf(params: ReadonlyMap<string, string>): number | undefined {
  const text = params.get("round_decimal") ?? "-1";
  const digits = integer("round_decimal", text);
  if (digits < -1 || digits > 6)
    refuse(`round_decimal [${text}] is invalid, should be -1 or an integer in range [0, 6]: invalid parameter`);
  return digits < 0 ? undefined : digits;
}

/** @param vector position of the field that is searched @throws {StatusError} 1100, 1700 */
export function groupByOf(
  params: ReadonlyMap<string, string>,
  collection: CollectionSchema,
  vector: number,
): GroupBy | undefined {
  const name = params.get("group_by_field") ?? "";
  if (name === "") return undefined;
  const { fields } = collection;
  const place = groupedPlace(name, collection);
  if (fields[vector].dataType === DataType.BinaryVector)
    refuse("not support search_group_by operation based on binary vector column: invalid parameter");
  const size = integer("group_size", params.get("group_size") ?? "1");
  if (size < 1) refuse(`input group size:${size} is not positive: invalid parameter`);
  if (size > MAX_GROUP)
    refuse(`input group size:${size} exceeds configured max group size:${MAX_GROUP}: invalid parameter`);
  return { ...place, name, size };
}

/** A field that is grouped by, or a place in one of JSON. @throws {StatusError} 1100, 1700 */
function groupedPlace(name: string, collection: CollectionSchema): Pick<GroupBy, "field" | "path"> {
  const field = collection.fields.findIndex((candidate) => candidate.name === name);
  const place = field >= 0 ? { field } : jsonPlace(name, collection);
  if (!place) throw new StatusError(1700, `groupBy field not found in schema: field not found[field=${excerpt(name)}]`);
  const { dataType, isDynamic } = collection.fields[place.field];
  if (isVector(dataType) || (field >= 0 && isDynamic))
    refuse(`unsupported data type for group by: field ${name}: invalid parameter`);
  return field >= 0 && dataType === DataType.JSON ? { field, path: [] } : place;
}

function iteratorOf(params: ReadonlyMap<string, string>, groupBy: GroupBy | undefined): IteratorPage | undefined {
  const [isIterator, isSecond] = [isTrue(params.get("iterator")), isTrue(params.get("search_iter_v2"))];
  if (isIterator && groupBy) refuse("Not allowed to do groupBy when doing iteration: invalid parameter");
  if (!isSecond) return undefined;
  checkBatch(params.get("search_iter_batch_size"));
  if (Number(params.get("offset") ?? 0) !== 0)
    refuse("offset is not supported with search iterators: leave out the first hits in the client: invalid parameter");
  if (!isIterator) refuse("both iterator and search_iter_v2 must be set in the SDK: invalid parameter");
  const token = params.get("search_iter_id") ?? "";
  if (token !== "" && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(token))
    refuse("invalid token format: invalid parameter");
  return { token, lastBound: answeredScore("search_iter_last_bound", params.get("search_iter_last_bound")) };
}

/** Of a page alone: with `topk` above the limit it is cut, since first iterators ask for more than they show. @throws {StatusError} 1100 */
function checkBatch(text: string | undefined): void {
  if (text === undefined) return;
  const size = integer("search_iter_batch_size", text);
  if (size < 1 || size > MAX_WINDOW)
    refuse(
      `batch size [${size}] is invalid, it should be in range [1, ${MAX_WINDOW}], but got ${size}: invalid parameter`,
    );
}
