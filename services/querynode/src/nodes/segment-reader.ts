import { Turns } from "@sluice/async";
import { takeRows } from "@sluice/columns";

import { columnMessage } from "@sluice/fields";
import { decodeStoredSchema, okStatus, segmentOfMessage, type segmentReader } from "@sluice/rpc";
import { type CollectionSchema, type FieldSchema, primaryKeyIndex } from "@sluice/schema";
import { rowsBetween } from "../row-range.ts";
import { orderByKey } from "../row-set.ts";
import { AnswerBudget, type SegmentRows, type SelectedRows } from "../segment-rows.ts";
import { takenRows } from "../take-rows.ts";
import { unpacked } from "./packed.ts";
import { PartMessages } from "./part-rows.ts";
import { openedOrder } from "./rows-order.ts";

// What a node reads of the segments that fall to it, for another one that answers a call.

/** @throws as the reads do */
export async function selectRows(
  { rows: order, wanted, isCount }: segmentReader.SelectRowsOrder,
  rows: SegmentRows,
  signal: AbortSignal,
): Promise<segmentReader.SelectedRows> {
  const turns = new Turns(signal);
  const { query, segments } = await openedOrder(order, turns);
  if (isCount) return { status: okStatus(), parts: [], rowCount: await rows.count(query, segments, signal) };
  const found: SelectedRows[] = [];
  for await (const some of rows.selected(query, segments, signal)) found.push(some);
  const least = wanted > 0n ? await leastKeys(found, query.collection, Number(wanted), turns) : found;
  const messages = new PartMessages(order?.segments ?? []);
  return { status: okStatus(), parts: least.map((some) => messages.message(some)), rowCount: 0n };
}

/** The rows with the least keys, so many of different keys. */
async function leastKeys(
  found: readonly SelectedRows[],
  collection: CollectionSchema,
  limit: number,
  turns: Turns,
): Promise<readonly SelectedRows[]> {
  const positions = found.map((some) => ({ ...some, rows: rowsBetween(0, some.rows.length) }));
  const key = collection.fields[primaryKeyIndex(collection)];
  const picked = await orderByKey(positions, key, { offset: 0, limit }, turns);
  const { wanted } = takenRows(picked, found.length);
  return found.flatMap(({ part, rows, keys, timestamps }, i) => {
    if (wanted[i].length === 0) return [];
    const times = typeof timestamps === "bigint" ? timestamps : takeRows(timestamps, wanted[i]);
    return [{ part, rows: wanted[i].map((at) => rows[at]), keys: takeRows(keys, wanted[i]), timestamps: times }];
  });
}

/** @throws {StatusError} 1100 when the values are more than the order allows; as the reads do */
export async function takeParts(
  { schema, fieldIds, parts, rows: wanted, maxBytes }: segmentReader.TakeRowsOrder,
  rows: SegmentRows,
  signal: AbortSignal,
): Promise<segmentReader.TakenRows> {
  const { fields } = decodeStoredSchema(schema, []);
  const asked = fieldIds.map((id) => fields.find(({ fieldId }) => fieldId === Number(id)) as FieldSchema);
  const some = parts.map((part, i) => ({ part: segmentOfMessage(part), rows: unpacked.uint32(wanted[i]) }));
  const taken = await rows.take(some, asked, new Turns(signal), new AnswerBudget(maxBytes));
  const columns = taken.flatMap((ofField) => ofField.map((column, i) => columnMessage(column, some[i].rows.length)));
  return { status: okStatus(), columns };
}
