import type { Turns } from "@sluice/async";
import { StatusError, statusCodes } from "@sluice/errors";
import { decodeStoredSchema, type segmentReader } from "@sluice/rpc";
import { compileRowFilter, type RowFilter } from "../compile-query.ts";
import { unexpired, type VisibleSegment } from "../unexpired.ts";

/** The rows of some segments as another node has to know them. */
export function rowsOrder({ text }: RowFilter, segments: readonly VisibleSegment[]): segmentReader.RowsOrder {
  const expiredTs = segments.find((segment) => segment.expiredTs !== undefined)?.expiredTs ?? 0n;
  return { ...text, expiredTs, segments: segments.map(({ message }) => message) };
}

/** An order, with its names resolved again. @throws {StatusError} 1100 */
export async function openedOrder(
  order: segmentReader.RowsOrder | undefined,
  turns: Turns,
): Promise<{ query: RowFilter; segments: VisibleSegment[] }> {
  if (!order) throw new StatusError(statusCodes.missingParameter, "which rows are meant is missing");
  const collection = decodeStoredSchema(order.schema, [["timezone", order.timezone]]);
  const query = await compileRowFilter(order, collection, turns, { mayBeOfElements: true });
  return { query, segments: unexpired(order.segments, order.expiredTs) };
}
