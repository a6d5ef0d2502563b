import { excerpt, StatusError } from "@sluice/errors";
import { isTrue } from "../given.ts";
import { isDistance, type Metric, refuse } from "./metrics.ts";

/** Hits of one search, those before its offset included. */
export const MAX_WINDOW = 16_384;

/** How many hits, and behind how many. @throws {StatusError} 1100, 1101 */
export function windowOf(params: ReadonlyMap<string, string>) {
  const topText = params.get("search_iter_batch_size") ?? params.get("topk") ?? params.get("limit");
  if (topText === undefined) throw new StatusError(1101, "topk is required");
  const topK = integer("topk", topText);
  const offset = integer("offset", params.get("offset") ?? "0");
  const range = `it should be in range [1, ${MAX_WINDOW}], but got`;
  const limited = isTrue(params.get("iterator")) ? Math.min(topK, MAX_WINDOW) : topK;
  if (limited < 1 || limited > MAX_WINDOW) refuse(`topk [${topK}] is invalid, ${range} ${topK}: invalid parameter`);
  if (offset < 0 || offset + limited > MAX_WINDOW)
    refuse(`offset+topk [${offset + limited}] is invalid, ${range} ${offset + limited}: invalid parameter`);
  return { topK: limited, offset };
}

/** @throws {StatusError} 1100 */
export function integer(name: string, text: string): number {
  if (/^[+-]?\d{1,9}$/.test(text.trim())) return Number(text);
  return refuse(`${name} [${excerpt(text)}] is invalid: expected an integer: invalid parameter`);
}

/** @throws {StatusError} 1100 */
export function number(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  return refuse(`${name} [${excerpt(text)}] is invalid: expected a number: invalid parameter`);
}

/** Which scores count. @throws {StatusError} 1100 */
export function rangeOf(params: ReadonlyMap<string, string>, metric: Metric, isGrouped: boolean) {
  const radius = number("radius", params.get("radius"));
  const rangeFilter = number("range_filter", params.get("range_filter"));
  if (radius === undefined && rangeFilter !== undefined)
    refuse(
      "range_filter requires radius to be set; range_filter alone is not a valid range search parameter: invalid parameter",
    );
  if (radius !== undefined && isGrouped)
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
