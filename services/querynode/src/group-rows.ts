import { Turns } from "@sluice/async";
import type { Column } from "@sluice/columns";
import { type Accumulation, type GroupedRows, Groups } from "@sluice/query";
import type { CollectionSchema } from "@sluice/schema";
import type { RowFilter } from "./compile-query.ts";
import { rowsBetween } from "./row-range.ts";
import type { AnswerBudget, SegmentRows } from "./segment-rows.ts";
import type { VisibleSegment } from "./unexpired.ts";

/** Rows that are put into groups between two looks at the clock. */
const ROWS = 1 << 15;

/**
 * The groups of the rows that pass a filter, as this node reads them: only the columns that are grouped and gathered.
 * @throws {StatusError} 1100 when the groups are more than the budget, or a sum is no Int64
 */
export async function groupRows(
  query: RowFilter,
  segments: readonly VisibleSegment[],
  accumulation: Accumulation,
  { rows, signal, budget }: { readonly rows: SegmentRows; readonly signal: AbortSignal; readonly budget: AnswerBudget },
): Promise<GroupedRows> {
  const { fields } = query.collection;
  const groups = Groups.ofRows(accumulation, query.collection, (bytes) => budget.spend(bytes));
  const gathered = accumulation.accumulators.map(({ field }) => field);
  const turns = new Turns(signal);
  const parts = rows.matches(query, segments, signal, async ({ part, rows: matched }) => {
    const column = async (field: number | undefined): Promise<Column | undefined> =>
      field === undefined ? undefined : rows.column(part, fields[field]);
    const keys = await Promise.all(accumulation.keys.map((key) => rows.column(part, fields[key])));
    return { matched, keys, values: await Promise.all(gathered.map(column)) };
  });
  for await (const { matched, keys, values } of parts)
    for (let from = 0; from < matched.length; from += ROWS) {
      groups.add(keys, values, matched.subarray(from, from + ROWS));
      if (turns.isDue) await turns.next();
    }
  return groups.grouped();
}

/** What several have grouped, as one. @throws as `groupRows` does */
export async function joinedGroups(
  found: readonly GroupedRows[],
  accumulation: Accumulation,
  collection: CollectionSchema,
  { turns, budget }: { readonly turns: Turns; readonly budget: AnswerBudget },
): Promise<GroupedRows> {
  if (found.length === 1) return found[0];
  const keys = accumulation.keys.length;
  const groups = Groups.ofGroups(accumulation, collection, (bytes) => budget.spend(bytes));
  for (const { count, columns } of found)
    for (let from = 0; from < count; from += ROWS) {
      groups.add(columns.slice(0, keys), columns.slice(keys), rowsBetween(from, Math.min(from + ROWS, count)));
      if (turns.isDue) await turns.next();
    }
  return groups.grouped();
}
