import { excerpt, excerptOfList } from "@sluice/errors";
import { type OrderKey, parseOrderBy } from "@sluice/query";
import type { milvus } from "@sluice/rpc";
import { type CollectionSchema, DataType, type FieldSchema, isVector } from "@sluice/schema";
import { checkGrowing } from "../compile-query.ts";
import { isGiven, isTrue } from "../given.ts";
import { type TimePart, timePartsOf } from "../time-parts.ts";
import { type GroupBy, groupByOf } from "./group-params.ts";
import { type IteratorPage, iteratorOf } from "./iterator-params.ts";
import { type Metric, metricFor, refuse } from "./metrics.ts";
import { textOfTerms } from "./terms.ts";
import { rangeOf, roundOf, windowOf } from "./window-params.ts";

/** What the parameters of one search ask for. */
export interface SearchParams {
  /** Position of the vectors' field. */
  readonly field: number;
  readonly metric: Metric;
  /** Of lists of vectors: rows are compared as a whole, by their best vectors, also with a plain one. */
  readonly isMaxSim: boolean;
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
  /** What text that is searched for is split by, where its field has several analyzers; "": the default one. */
  readonly analyzerName: string;
  /** Of the answer's times. */
  readonly timeParts: readonly TimePart[];
}

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
  checkGrowing(params);
  const field = vectorField(params.get("anns_field") ?? "", collection);
  const { name, dataType, elementType } = collection.fields[field];
  const type = dataType === DataType.ArrayOfVector ? elementType : dataType;
  const text = textOfTerms(collection, collection.fields[field]);
  const [asked, ofIndex] = [params.get("metric_type") ?? "", metricsByField.get(name) ?? ""];
  const metric = metricFor(type, asked, ofIndex, text !== undefined);
  const groupBy = groupByOf(params, collection, field);
  const iterator = iteratorOf(params, groupBy);
  const range = rangeOf(params, metric, groupBy !== undefined);
  const window = windowOf(params);
  const order = orderOf(params, collection);
  const analyzerName = analyzerNameOf(params, text);
  return {
    ...{ field, metric, ...window, ...range, roundDecimal: roundOf(params), groupBy, order, iterator, analyzerName },
    isMaxSim: /^MAX_SIM/i.test(asked || ofIndex),
    timeParts: timePartsOf(params),
  };
}

/** @throws {StatusError} 1100 where there are not several: it would change nothing */
function analyzerNameOf(params: ReadonlyMap<string, string>, text: FieldSchema | undefined): string {
  const name = params.get("analyzer_name") ?? "";
  if (!isGiven(name) || text?.typeParams.multi_analyzer_params !== undefined) return name;
  return refuse(
    "analyzer_name has no effect: what is searched has no multi_analyzer_params (leave it out): invalid parameter",
  );
}

/** @throws {StatusError} 1100 */
export function orderOf(params: ReadonlyMap<string, string>, collection: CollectionSchema): readonly OrderKey[] {
  const order = parseOrderBy(params, { fields: collection.fields, json: collection });
  if (order.length > 0 && isTrue(params.get("iterator")))
    refuse("ORDER BY is not supported with iterators (sort in the client): invalid parameter");
  return order;
}

/** Pairs of their own, and those inside of `params`; the former win. */
export function paramsOf({ searchParams: pairs }: milvus.SearchRequest): ReadonlyMap<string, string> {
  const own = new Map(pairs.map(({ key, value }) => [key, value]));
  const inner = new Map<string, string>();
  for (const [key, value] of Object.entries(parseParams(own.get("params")))) inner.set(key, textOf(value));
  for (const [key, value] of own) if (value !== "") inner.set(key, value);
  return inner;
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
    refuse(
      `failed to create query plan: failed to get field schema by name: fieldName(${excerpt(name)}) not found: ${vectorsLike(
        name,
        vectors.map((i) => fields[i].name),
      )}`,
    );
  if (!vectors.includes(index)) refuse(`field (${name}) to search is not of vector data type: invalid parameter`);
  return index;
}

/** What may be searched, or the members of the struct array that was named. */
function vectorsLike(name: string, vectors: readonly string[]): string {
  const members = vectors.filter((vector) => vector.startsWith(`${name}[`));
  if (members.length === 0) return `vectors are in ${excerptOfList(vectors)}`;
  return `of a struct array a member is searched, here ${excerptOfList(members)}`;
}
