import type { Turns } from "@sluice/async";
import { StatusError, statusCodes } from "@sluice/errors";
import {
  type Aggregation,
  aliveText,
  checkQuery,
  compileFilter,
  compileFilterInTurns,
  type Filter,
  type OrderKey,
  type OutputPlan,
  parseAggregation,
  parseOrderBy,
  parseQueryWindow,
  type QueryWindow,
  resolveOutputFields,
} from "@sluice/query";
import { type common, decodeStoredSchema, type milvus, type queryNode, type segmentReader } from "@sluice/rpc";
import { type CollectionSchema, momentOfSession } from "@sluice/schema";
import { type ElementCursor, elementCursorOf } from "./element-cursor.ts";
import { isTrue } from "./given.ts";
import { templateValues } from "./template-values.ts";
import { type ShownTimes, timePartsOf } from "./time-parts.ts";

/** What decides which rows are meant, as it travels. */
export type RowsText = Omit<segmentReader.RowsOrder, "segments" | "expiredTs">;

/** Which rows of a collection are meant. */
export interface RowFilter {
  readonly collection: CollectionSchema;
  readonly filter: Filter;
  /** Rows that have not expired, where rows say when they do. */
  readonly alive: Filter | undefined;
  /** What it was compiled from. */
  readonly text: RowsText;
}

/** A query, compiled against its collection: every error that does not depend on data is thrown before data is read. */
export interface CompiledQuery extends RowFilter {
  readonly output: OutputPlan;
  /** Where a row for each group of rows is asked for, instead of what `output` says. */
  readonly aggregation: Aggregation | undefined;
  readonly window: QueryWindow;
  /** None: ascending by primary key, or by the keys of the groups. Fields are those of the collection, or of the aggregation. */
  readonly order: readonly OrderKey[];
  readonly times: ShownTimes;
  /** Of an iterator over elements. */
  readonly cursor: ElementCursor | undefined;
}

/** @throws {StatusError} 1100 */
export async function compileQuery(
  sent: queryNode.QueryOrder,
  request: milvus.QueryRequest,
  turns: Turns,
): Promise<CompiledQuery> {
  const collection = decodeStoredSchema(sent.schema, [["timezone", sent.timezone]]);
  const params = new Map(request.queryParams.map(({ key, value }) => [key, value]));
  checkCollection(params, sent.collectionId);
  checkGrowing(params);
  const aggregation = parseAggregation(request.outputFields, params.get("group_by_fields"), collection);
  const output = resolveOutputFields(aggregation ? [] : request.outputFields, collection);
  const window = parseQueryWindow(params);
  const timezone = params.get("timezone") || sent.timezone;
  const text = rowsText(sent, request.expr, request.exprTemplateValues, timezone);
  const { filter, alive } = await compileRowFilter(text, collection, turns, { mayBeOfElements: true });
  checkQuery(filter, output, window, aggregation);
  const order = parseOrderBy(params, aggregation ?? collection, window);
  if (isTrue(params.get("iterator"))) refuseIterator(order, aggregation);
  if (filter.elements) refuseOfElements(order, aggregation);
  const times = { timezone, timeParts: timePartsOf(params) };
  const cursor = elementCursorOf(params);
  return { collection, filter, alive, text, output, aggregation, window, order, times, cursor };
}

/** Elements are answered in the order of their rows' keys. @throws {StatusError} 1100 */
function refuseOfElements(order: readonly OrderKey[], aggregation: Aggregation | undefined): void {
  if (order.length > 0) refuse("ORDER BY is not supported with element_filter (sort in the client)");
  if (aggregation)
    refuse(
      "of elements only count(*) is known: group rows that have such an element by match_any instead of element_filter",
    );
}

/** What an expression means now. */
export function rowsText(
  { schema, timezone, ttlField }: Pick<RowsText, "schema" | "timezone" | "ttlField">,
  expr: string,
  exprTemplateValues: RowsText["exprTemplateValues"],
  ownTimezone = timezone,
): RowsText {
  return { schema, expr, exprTemplateValues, timezone: ownTimezone, ttlField, nowMs: BigInt(Date.now()) };
}

/** Which rows are meant by an expression and the collection's own rules. @throws {StatusError} 1100 */
export async function compileRowFilter(
  text: RowsText,
  collection: CollectionSchema,
  turns: Turns,
  { mayBeOfElements = false } = {},
): Promise<RowFilter> {
  const { expr, exprTemplateValues, timezone } = text;
  const templates = await templateValues(exprTemplateValues, turns);
  const filter = await compileFilterInTurns(expr, collection, templates, { timezone, mayBeOfElements }, turns);
  return { collection, filter, alive: aliveOf(text, collection), text };
}

function aliveOf({ ttlField, nowMs }: RowsText, collection: CollectionSchema): Filter | undefined {
  return ttlField === "" ? undefined : compileFilter(aliveText(ttlField, Number(nowMs)), collection, new Map());
}

/** An iterator whose collection was dropped would end as if it had seen all rows of the new one. @throws {StatusError} 1100 */
function checkCollection(params: ReadonlyMap<string, string>, collectionId: bigint): void {
  const meant = params.get("collection_id") ?? "";
  if (meant !== "" && meant !== "0" && meant !== String(collectionId))
    refuse(
      "Input collection id is not consistent to collectionID in the context,alias or database may have changed: the collection of this name is another one now, begin anew",
    );
}

/** All rows lie in sealed segments, so that it changes nothing. @throws {StatusError} 1100 for what is no boolean */
export function checkGrowing(params: ReadonlyMap<string, string>): void {
  if (!/^(|1|t|true|0|f|false)$/i.test(params.get("ignore_growing") ?? "")) refuse("parse ignore growing field failed");
}

/** Iterators go through rows by their keys. @throws {StatusError} 1100 */
function refuseIterator(order: readonly OrderKey[], aggregation: Aggregation | undefined): void {
  if (order.length > 0)
    refuse("ORDER BY is not supported with iterators (sort in the client, or ask for the first rows by limit)");
  if (aggregation) refuse("aggregation is not supported with iterators (ask for the groups by a query)");
}

function refuse(cause: string): never {
  throw new StatusError(statusCodes.invalidParameter, `${cause}: invalid parameter`);
}

/** What a read says of the moment it is of. */
export interface ReadMoment {
  /** At which rows are read; 0 = now. */
  readonly pin: bigint;
  /** Whether the answer is to say at which they were: the first page of an iterator, which asks for the others by it. */
  readonly isAsked: boolean;
}

/** An iterator's session timestamp pins its snapshot: what was changed later is not seen. */
export function readMoment(params: readonly common.KeyValuePair[], guaranteeTimestamp: bigint): ReadMoment {
  const isIterator = isTrue(params.find(({ key }) => key === "iterator")?.value);
  const pin = (isIterator && momentOfSession(guaranteeTimestamp)) || 0n;
  return { pin, isAsked: isIterator && pin === 0n };
}
