import { Turns } from "@sluice/async";
import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import type { Filter } from "@sluice/query";
import { decodeStoredSchema, okStatus, queryNode, type schema } from "@sluice/rpc";
import { type CollectionSchema, DataType, type FieldSchema, primaryKeyIndex } from "@sluice/schema";
import { compileRowFilter, type RowFilter, rowsText } from "./compile-query.ts";
import { idsOfColumn } from "./ids-of-column.ts";
import type { SpreadRows } from "./nodes/spread-rows.ts";
import { unexpired } from "./unexpired.ts";

/** Rows of one delete: their keys are in memory, here and where they are written. */
const MAX_ROWS = 1 << 22;

/**
 * The rows that a delete is about, by segment.
 * @throws {StatusError} 1100 for an expression that is bad, selects everything, or too much
 */
export async function findRows(
  order: queryNode.FindRowsOrder,
  rowsOf: SpreadRows,
  signal: AbortSignal,
): Promise<queryNode.FindRowsResponse> {
  const { timezone, expr } = order;
  const collection = decodeStoredSchema(order.schema, [["timezone", timezone]]);
  const query = await filterOf(order, collection, new Turns(signal));
  const key = collection.fields[primaryKeyIndex(collection)];
  const segments = unexpired(order.segments, 0n);
  const found = new Map<bigint, schema.IDs[]>();
  // What is found is in memory at once: where it could be too much it is counted before.
  const mayBe = segments.reduce((sum, { logs }) => sum + logs.rowCount, 0);
  if (mayBe > MAX_ROWS && (await rowsOf.count(query, segments, signal)) > MAX_ROWS)
    throw refused(`the delete is about more than ${MAX_ROWS} rows: delete them in parts`, expr);
  for (const { part, rows, keys } of await rowsOf.select(query, segments, signal)) {
    const ids = idsOfColumn(keys, rows.length);
    found.set(part.segmentId, [...(found.get(part.segmentId) ?? []), ids]);
  }
  return queryNode.FindRowsResponse.fromPartial({
    status: okStatus(),
    segments: [...found].map(([segmentId, ids]) => ({ segmentId, keys: joined(key, ids) })),
    namedKeys: BigInt(namesKeys(query.filter, collection, expr) ? (query.filter.primaryKeyCandidates?.length ?? 0) : 0),
  });
}

async function filterOf(
  order: queryNode.FindRowsOrder,
  collection: CollectionSchema,
  turns: Turns,
): Promise<RowFilter> {
  const text = rowsText({ ...order, ttlField: "" }, order.expr, order.exprTemplateValues);
  const query = await compileRowFilter(text, collection, turns).catch((error) => {
    if (!(error instanceof StatusError)) throw error;
    throw new StatusError(error.code, `failed to create delete plan: ${error.message}`, { cause: error });
  });
  if (query.filter.isAlwaysTrue) throw refused("delete plan can't be empty or always true", order.expr);
  return query;
}

/** Whether an expression is nothing but a list of keys, or one of them. */
function namesKeys({ fields }: Filter, collection: CollectionSchema, expr: string): boolean {
  const index = primaryKeyIndex(collection);
  const { name } = collection.fields[index];
  const rest = expr.trim().slice(name.length).trim();
  const isOnlyKey = expr.trim().startsWith(name) && fields.length === 1 && fields[0] === index;
  return isOnlyKey && (rest.startsWith("==") || /^in\b/i.test(rest)) && !/\b(and|or)\b|&&|\|\|/i.test(rest);
}

function joined({ dataType }: FieldSchema, ids: readonly schema.IDs[]): schema.IDs {
  const data = ids.flatMap(({ idField }) => (idField?.value.data ?? []) as (bigint | string)[]);
  if (dataType === DataType.Int64) return { idField: { $case: "intId", value: { data: data as bigint[] } } };
  return { idField: { $case: "strId", value: { data: data as string[] } } };
}

function refused(reason: string, expr: string): StatusError {
  return new StatusError(statusCodes.invalidParameter, `${reason} : ${excerpt(expr)}: invalid parameter`);
}
