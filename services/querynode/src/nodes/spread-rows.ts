import type { Turns } from "@sluice/async";
import { type Column, columnBytes } from "@sluice/columns";
import { columnOf } from "@sluice/fields";
import type { Accumulation, GroupedRows } from "@sluice/query";
import { segmentMessage, type segmentReader } from "@sluice/rpc";
import { type FieldSchema, primaryKeyIndex } from "@sluice/schema";
import type { RowFilter } from "../compile-query.ts";
import { groupRows, joinedGroups } from "../group-rows.ts";
import {
  type AnswerBudget,
  emptyColumn,
  type SegmentRows,
  type SelectedRows,
  type WantedRows,
} from "../segment-rows.ts";
import type { VisibleSegment } from "../unexpired.ts";
import { present } from "./gone.ts";
import { aggregateOrder, groupedRows } from "./grouped-rows.ts";
import { packed } from "./packed.ts";
import { keyedRows } from "./part-rows.ts";
import { rowsOrder } from "./rows-order.ts";
import { type ReaderNode, readCall, type ShareReads, type Shares } from "./shares.ts";

/** Rows of visible segments, as all querynodes together read them: each the segments that fall to it. */
export class SpreadRows {
  /** As this node reads them. */
  readonly own: SegmentRows;
  readonly shares: Shares;

  constructor(own: SegmentRows, shares: Shares) {
    this.own = own;
    this.shares = shares;
  }

  /** Reads segments where they fall to. @throws as the reads do */
  each(segments: readonly VisibleSegment[], reads: ShareReads<VisibleSegment>, signal: AbortSignal): Promise<void> {
    return this.shares.each(segments, ({ logs }) => String(logs.segmentId), reads, signal);
  }

  /** How many rows pass the filter. */
  async count(query: RowFilter, segments: readonly VisibleSegment[], signal: AbortSignal): Promise<bigint> {
    const counts: bigint[] = [];
    const reads: ShareReads<VisibleSegment> = {
      own: async (share, ending) => void counts.push(await this.own.count(query, share, ending)),
      other: async (node, share, ending) => {
        const order = { rows: rowsOrder(query, share), wanted: 0n, isCount: true };
        counts.push(present(await node.selectRows(order, readCall(ending))).rowCount);
      },
    };
    await this.each(segments, reads, signal);
    return counts.reduce((sum, count) => sum + count, 0n);
  }

  /**
   * The rows that pass the filter, with their keys, in the order of the segments.
   * @param wanted so many of different keys are enough, those with the least keys; undefined: all
   */
  async select(
    query: RowFilter,
    segments: readonly VisibleSegment[],
    signal: AbortSignal,
    wanted?: number,
  ): Promise<SelectedRows[]> {
    const key = query.collection.fields[primaryKeyIndex(query.collection)];
    const found: SelectedRows[] = [];
    const reads: ShareReads<VisibleSegment> = {
      own: async (share, ending) => {
        for await (const rows of this.own.selected(query, share, ending)) found.push(rows);
      },
      other: async (node, share, ending) => {
        const order = { rows: rowsOrder(query, share), wanted: BigInt(wanted ?? 0), isCount: false };
        const { parts } = present(await node.selectRows(order, readCall(ending)));
        found.push(...parts.map((part) => keyedRows(part, share, key)));
      },
    };
    await this.each(segments, reads, signal);
    const places = new Map(segments.map(({ logs }, i) => [logs.segmentId, i]));
    const placeOf = ({ part }: SelectedRows) => places.get(part.segmentId) ?? 0;
    return found.sort((a, b) => placeOf(a) - placeOf(b));
  }

  /**
   * The groups of the rows that pass the filter.
   * @throws {StatusError} 1100 when they are more than the budget, or a sum is no Int64
   */
  async grouped(
    query: RowFilter,
    segments: readonly VisibleSegment[],
    accumulation: Accumulation,
    { turns, budget, signal }: { readonly turns: Turns; readonly budget: AnswerBudget; readonly signal: AbortSignal },
  ): Promise<GroupedRows> {
    const found: GroupedRows[] = [];
    const reads: ShareReads<VisibleSegment> = {
      own: async (share, ending) => {
        found.push(await groupRows(query, share, accumulation, { rows: this.own, signal: ending, budget }));
      },
      other: async (node, share, ending) => {
        const order = aggregateOrder(query, share, accumulation, budget.maxBytes);
        const message = present(await node.aggregateRows(order, readCall(ending)));
        found.push(groupedRows(message, accumulation, query.collection));
      },
    };
    await this.each(segments, reads, signal);
    return joinedGroups(found, accumulation, query.collection, { turns, budget });
  }

  /**
   * Some rows of some fields: field by field, part by part.
   * @param schema of the fields, stored
   * @throws {StatusError} 1100 when the values are more than the budget
   */
  async take(
    wanted: readonly WantedRows[],
    { fields, schema }: { readonly fields: readonly FieldSchema[]; readonly schema: Buffer },
    { turns, budget, signal }: { readonly turns: Turns; readonly budget: AnswerBudget; readonly signal: AbortSignal },
  ): Promise<Column[][]> {
    const taken: Column[][] = fields.map(() => wanted.map(() => emptyColumn));
    const put = (share: readonly number[], columns: readonly Column[][]) => {
      for (const [f] of fields.entries()) for (const [i, place] of share.entries()) taken[f][place] = columns[f][i];
    };
    const reads: ShareReads<number> = {
      own: async (share) => {
        const some = share.map((place) => wanted[place]);
        put(share, await this.own.take(some, fields, turns, budget));
      },
      other: async (node, share, ending) => {
        const some = share.map((place) => wanted[place]);
        put(share, await takenElsewhere(node, some, { fields, schema, budget, signal: ending }));
      },
    };
    const places = wanted.flatMap(({ rows }, i) => (rows.length > 0 ? [i] : []));
    await this.shares.each(places, (place) => String(wanted[place].part.segmentId), reads, signal);
    return taken;
  }
}

interface Elsewhere {
  readonly fields: readonly FieldSchema[];
  readonly schema: Buffer;
  readonly budget: AnswerBudget;
  readonly signal: AbortSignal;
}

async function takenElsewhere(
  node: ReaderNode,
  wanted: readonly WantedRows[],
  { fields, schema, budget, signal }: Elsewhere,
): Promise<Column[][]> {
  const order: segmentReader.TakeRowsOrder = {
    schema,
    fieldIds: fields.map(({ fieldId }) => BigInt(fieldId)),
    parts: wanted.map(({ part }) => segmentMessage(part)),
    rows: wanted.map(({ rows }) => packed(rows)),
    maxBytes: budget.maxBytes,
  };
  const { columns } = present(await node.takeRows(order, readCall(signal)));
  return fields.map((field, f) =>
    wanted.map(({ rows }, i) => {
      const column = columnOf(field, columns[f * wanted.length + i], rows.length);
      budget.spend(columnBytes(column, rows.length));
      return column;
    }),
  );
}
