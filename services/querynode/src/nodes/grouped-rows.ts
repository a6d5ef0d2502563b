import { Turns } from "@sluice/async";
import { columnMessage, columnOf } from "@sluice/fields";
import { type Accumulation, type GroupedRows, groupedFields } from "@sluice/query";
import { okStatus, type segmentReader } from "@sluice/rpc";
import type { CollectionSchema } from "@sluice/schema";
import type { RowFilter } from "../compile-query.ts";
import { groupRows } from "../group-rows.ts";
import { AnswerBudget, type SegmentRows } from "../segment-rows.ts";
import type { VisibleSegment } from "../unexpired.ts";
import { openedOrder, rowsOrder } from "./rows-order.ts";

// Groups of rows, as one node asks another one for them.

/** What another node adds up of its segments; fields travel by their ids, `count(*)` as 0. @param maxBytes of its groups */
export function aggregateOrder(
  query: RowFilter,
  segments: readonly VisibleSegment[],
  { keys, accumulators }: Accumulation,
  maxBytes: number,
): segmentReader.AggregateRowsOrder {
  const { fields } = query.collection;
  const idOf = (field: number | undefined) => (field === undefined ? 0n : BigInt(fields[field].fieldId));
  return {
    rows: rowsOrder(query, segments),
    keyFieldIds: keys.map(idOf),
    accumulators: accumulators.map(({ operation, field }) => ({ operation, fieldId: idOf(field) })),
    maxBytes,
  };
}

/** @throws {StatusError} 1100 when the groups are more than the order allows, or a sum is no Int64; as the reads do */
export async function aggregateRows(
  { rows: order, keyFieldIds, accumulators, maxBytes }: segmentReader.AggregateRowsOrder,
  rows: SegmentRows,
  signal: AbortSignal,
): Promise<segmentReader.GroupedRows> {
  const { query, segments } = await openedOrder(order, new Turns(signal));
  const at = (id: bigint) => query.collection.fields.findIndex(({ fieldId }) => fieldId === Number(id));
  const accumulation: Accumulation = {
    keys: keyFieldIds.map(at),
    accumulators: accumulators.map(({ operation, fieldId }) => ({
      operation: operation as Accumulation["accumulators"][number]["operation"],
      field: fieldId === 0n ? undefined : at(fieldId),
    })),
  };
  const reading = { rows, signal, budget: new AnswerBudget(maxBytes) };
  const { count, columns } = await groupRows(query, segments, accumulation, reading);
  return { status: okStatus(), count: BigInt(count), columns: columns.map((column) => columnMessage(column, count)) };
}

/** What another node has grouped. @throws {RangeError} for bytes that are no such columns */
export function groupedRows(
  { count, columns }: segmentReader.GroupedRows,
  accumulation: Accumulation,
  collection: CollectionSchema,
): GroupedRows {
  const fields = groupedFields(accumulation, collection);
  if (columns.length !== fields.length) throw new RangeError(`${columns.length} columns of ${fields.length}`);
  return { count: Number(count), columns: fields.map((field, i) => columnOf(field, columns[i], Number(count))) };
}
