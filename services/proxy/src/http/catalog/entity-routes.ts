import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { type common, milvus, schema } from "@sluice/rpc";
import { jsonInteger } from "@sluice/values";
import type { FastifyRequest } from "fastify";
import { type Body, missing, pairsOf } from "./body.ts";
import { named } from "./collection-routes.ts";
import { readLevel } from "./consistency-level.ts";
import { hitsOf, type Int64As, queriedEntities } from "./entity-json.ts";
import type { PublicCall } from "./public-call.ts";
import type { RestRoute } from "./rest-route.ts";
import { functionScoreIn, paramsIn, searchedField, searchedFor, searchedName } from "./search-in-body.ts";
import { searchedMetrics } from "./searched-metrics.ts";

const DEFAULT_LIMIT = 100;

/** How the client of a request wants numbers of 64 bits. */
export function int64Of({ headers }: FastifyRequest): Int64As {
  return headers["accept-type-allow-int64"] === "true" ? jsonInteger : String;
}

const pair = (key: string, value: unknown): common.KeyValuePair => ({ key, value: String(value) });

/** Values of an expression's parameters. */
export function templates(body: Body): Record<string, schema.TemplateValue> {
  body.object("exprParams");
  const values = Object.entries(body.exact("exprParams") ?? {});
  return Object.fromEntries(values.map(([name, value]) => [name, templateOf(name, value)]));
}

function templateOf(name: string, value: unknown): schema.TemplateValue {
  switch (typeof value) {
    case "boolean":
      return { val: { $case: "boolVal", value } };
    case "number":
      return Number.isSafeInteger(value)
        ? { val: { $case: "int64Val", value: BigInt(value) } }
        : { val: { $case: "floatVal", value } };
    case "bigint":
      return isInt64(value)
        ? { val: { $case: "int64Val", value } }
        : { val: { $case: "floatVal", value: Number(value) } };
    case "string":
      return { val: { $case: "stringVal", value } };
    default:
      if (Array.isArray(value)) return { val: { $case: "arrayVal", value: arrayOf(name, value) } };
      throw unfit(name);
  }
}

function arrayOf(name: string, values: readonly unknown[]): schema.TemplateArrayValue {
  if (values.every((value) => typeof value === "string"))
    return { data: { $case: "stringData", value: { data: [...values] } } };
  if (values.every((value) => Number.isSafeInteger(value) || isInt64(value)))
    return { data: { $case: "longData", value: { data: values.map((value) => BigInt(value as number | bigint)) } } };
  if (values.every((value) => typeof value === "number" || typeof value === "bigint"))
    return { data: { $case: "doubleData", value: { data: values.map(Number) } } };
  if (values.every((value) => typeof value === "boolean"))
    return { data: { $case: "boolData", value: { data: [...values] } } };
  const isScalar = (value: unknown) => ["string", "number", "bigint", "boolean"].includes(typeof value);
  if (!values.every((value) => isScalar(value) || (Array.isArray(value) && value.every(isScalar)))) throw unfit(name);
  return { data: { $case: "jsonData", value: { data: values.map((value) => Buffer.from(jsonOf(value))) } } };
}

function isInt64(value: unknown): value is bigint {
  return typeof value === "bigint" && BigInt.asIntN(64, value) === value;
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_key, member) => (typeof member === "bigint" ? jsonInteger(member) : member));
}

function unfit(name: string): StatusError {
  const reason = `exprParams: ${excerpt(name)} is no number, text, boolean or list of them`;
  return new StatusError(statusCodes.invalidParameter, reason);
}

async function query(body: Body, call: PublicCall, rest: FastifyRequest, expr = body.text("filter")) {
  const [groupBy, orderBy] = [body.texts("groupByFields").join(), body.texts("orderByFields").join()];
  const outputFields = body.has("outputFields") ? body.texts("outputFields") : groupBy === "" ? ["*"] : [];
  // Of all rows together there is one row.
  const isOneRow = groupBy === "" && outputFields.some((name) => /^(count|sum|avg|min|max)\s*\(/i.test(name.trim()));
  const window = [pair("limit", body.integer("limit", DEFAULT_LIMIT)), pair("offset", body.integer("offset", 0))];
  const answer = await call("query", {
    ...named(body),
    ...{ expr, outputFields, partitionNames: body.texts("partitionNames"), ...readLevel(body) },
    exprTemplateValues: templates(body),
    queryParams: [
      ...(isOneRow ? [] : window),
      ...[pair("group_by_fields", groupBy), pair("order_by_fields", orderBy)],
      ...zoneIn(body),
    ],
  });
  const results = answer instanceof Uint8Array ? milvus.QueryResults.decode(answer) : answer;
  return queriedEntities(results, int64Of(rest));
}

/** The rows of some keys. */
async function get(body: Body, call: PublicCall, rest: FastifyRequest) {
  const asked = body.exact("id");
  const ids = Array.isArray(asked) ? asked : asked === undefined || asked === null ? [] : [asked];
  if (ids.length === 0) throw missing("id");
  const { fields } = await schemaOf(body, call);
  const key = fields.find(({ isPrimaryKey }) => isPrimaryKey);
  const isText = key?.dataType === schema.DataType.VarChar;
  const list = ids.map((id) => (isText ? JSON.stringify(keyText(id)) : integerText(id)));
  return query(body, call, rest, `${key?.name} in [${list.join(",")}]`);
}

function integerText(id: unknown): string {
  const text = keyText(id);
  return /^-?\d{1,19}$/.test(text) ? text : noKey();
}

function keyText(id: unknown): string {
  return ["string", "number", "bigint"].includes(typeof id) ? String(id) : noKey();
}

function noKey(): never {
  throw new StatusError(1806, "please check the primary key and its' type can only in [int, string]");
}

async function schemaOf(body: Body, call: PublicCall): Promise<schema.CollectionSchema> {
  return (await call("describeCollection", named(body))).schema as schema.CollectionSchema;
}

/** One search, or one of several that are ranked together. @param metric as `searchedMetrics` has it */
function searchRequest(
  about: ReturnType<typeof named>,
  body: Body,
  collection: schema.CollectionSchema,
  metric: string,
) {
  const name = searchedName(body, collection);
  const field = searchedField(name, collection);
  const { metricType: _, ...all } = paramsIn(body);
  return milvus.SearchRequest.fromPartial({
    ...about,
    ...{ dsl: body.text("filter"), dslType: 1, ...readLevel(body) },
    outputFields: body.texts("outputFields"),
    partitionNames: body.texts("partitionNames"),
    exprTemplateValues: templates(body),
    ...searchedFor(body, field, collection),
    functionScore: functionScoreIn(body),
    searchParams: [
      ...[pair("anns_field", name), pair("topk", body.integer("limit", DEFAULT_LIMIT))],
      ...[pair("offset", body.integer("offset", 0)), pair("params", JSON.stringify(all))],
      ...pairsOf(all).filter(({ key }) => key === "round_decimal"),
      ...(metric ? [pair("metric_type", metric)] : []),
      ...(body.has("ignoreGrowing") ? [pair("ignore_growing", body.flag("ignoreGrowing", false))] : []),
      ...[...groupingIn(body), ...zoneIn(body)],
    ],
  });
}

/** Of the times that are shown, and of those of the filter that have no offset. */
function zoneIn(body: Body): common.KeyValuePair[] {
  const zone = body.text("timezone");
  return zone === "" ? [] : [pair("timezone", zone)];
}

function groupingIn(body: Body): common.KeyValuePair[] {
  const names = { groupingField: "group_by_field", groupSize: "group_size", strictGroupSize: "strict_group_size" };
  const given = Object.entries(names).filter(([name]) => body.has(name));
  return given.map(([name, key]) => pair(key, body.raw(name)));
}

function hits(answer: milvus.SearchResults | Uint8Array, rest: FastifyRequest) {
  const { results } = answer instanceof Uint8Array ? milvus.SearchResults.decode(answer) : answer;
  return { data: results ? hitsOf(results, int64Of(rest)) : [], topks: results?.topks.map(Number) ?? [], cost: 0 };
}

async function search(body: Body, call: PublicCall, rest: FastifyRequest) {
  const collection = await schemaOf(body, call);
  const [metric] = await searchedMetrics([body], collection, { about: named(body), call, rest });
  return hits(await call("search", searchRequest(named(body), body, collection, metric)), rest);
}

/** Several searches, ranked together. */
async function hybridSearch(body: Body, call: PublicCall, rest: FastifyRequest) {
  const message = await schemaOf(body, call);
  const functionScore = functionScoreIn(body);
  if (functionScore && body.has("rerank"))
    throw new StatusError(
      statusCodes.invalidParameter,
      "rerank and functionScore cannot be given together: rank by one of them: invalid parameter",
    );
  const rerank = functionScore ? body.inner("rerank") : body.innerRequired("rerank");
  const strategy = rerank.text("strategy") || "rrf";
  const searches = body.bodies("search");
  const metrics = await searchedMetrics(searches, message, { about: named(body), call, rest });
  const request = {
    ...named(body),
    functionScore,
    requests: searches.map((one, i) => searchRequest(named(body), one, message, metrics[i])),
    rankParams: [
      ...[
        pair("strategy", strategy === "ws" ? "weighted" : strategy),
        pair("limit", body.integer("limit", DEFAULT_LIMIT)),
      ],
      ...[pair("params", JSON.stringify(rerank.object("params"))), pair("offset", body.integer("offset", 0))],
      ...[...groupingIn(body), ...zoneIn(body)],
    ],
    ...{ outputFields: body.texts("outputFields"), partitionNames: body.texts("partitionNames") },
    ...readLevel(body),
  };
  return hits(await call("hybridSearch", request), rest);
}

/** Reading; data is the answer's member `data`. Source: around-import §2.5, query-and-search §4. */
export const entityRoutes: Readonly<Record<string, RestRoute>> = {
  "entities/query": (body, call, rest) => query(body, call, rest),
  "entities/get": get,
};

/** Those whose answers have members beside `data`. */
export const searchRoutes: Readonly<Record<string, RestRoute>> = {
  "entities/search": search,
  "entities/hybrid_search": hybridSearch,
  "entities/advanced_search": hybridSearch,
};
