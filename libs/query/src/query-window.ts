import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { type Aggregation, isRowCount } from "./aggregate/aggregation.ts";
import type { Filter } from "./compiled-filter.ts";
import type { OutputPlan } from "./output-fields.ts";

/** Which of the matching rows are wanted, in their order. */
export interface QueryWindow {
  /** Absent: all rows. */
  readonly limit: number | undefined;
  /** Rows left out at the start; 0 without a limit. */
  readonly offset: number;
}

/** `quotaAndLimits.limits.maxQueryResultWindow`. */
const MAX_QUERY_WINDOW = 16_384;

/**
 * Reads `limit` and `offset` of a request. An offset counts only with a limit, but must be a number in any case.
 * @throws {StatusError} 1100
 */
export function parseQueryWindow(params: ReadonlyMap<string, string>, maxWindow = MAX_QUERY_WINDOW): QueryWindow {
  const limitText = params.get("limit");
  if (limitText === undefined || limitText === "") return { limit: undefined, offset: 0 };
  const limit = parseInteger("limit", limitText);
  const offset = parseInteger("offset", params.get("offset") || "0");
  const refusal = "invalid max query result window";
  if (limit <= 0n) refuse(`${refusal}, limit [${limit}] is invalid, should be greater than 0`);
  if (offset < 0n) refuse(`${refusal}, offset [${offset}] is invalid, should be gte than 0`);
  if (limit + offset > maxWindow) {
    refuse(`${refusal}, (offset+limit) should be in range [1, ${maxWindow}], but got ${limit + offset}`);
  }
  return { limit: Number(limit), offset: Number(offset) };
}

/**
 * Checks that filter, output and window go together.
 * @throws {StatusError} 1100 for a count with a limit, and for rows without filter and limit
 */
export function checkQuery(
  filter: Filter,
  output: OutputPlan,
  window: QueryWindow,
  aggregation: Aggregation | undefined,
): void {
  const isCount =
    output.isCount || (aggregation?.keys.length === 0 && aggregation.fields.some(({ name }) => isRowCount(name)));
  if (isCount && window.limit !== undefined) refuse("count entities with pagination is not allowed");
  const isBounded = isCount || (aggregation?.accumulators.length ?? 0) > 0;
  if (!isBounded && filter.isAlwaysTrue && window.limit === undefined) {
    refuse("empty expression should be used with limit");
  }
}

function parseInteger(name: string, text: string): bigint {
  if (!/^[+-]?\d{1,19}$/.test(text)) refuse(`${name} [${excerpt(text)}] is invalid`);
  return BigInt(text.replace("+", ""));
}

function refuse(cause: string): never {
  throw new StatusError(statusCodes.invalidParameter, `${cause}: invalid parameter`);
}
