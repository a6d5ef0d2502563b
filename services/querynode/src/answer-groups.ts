import type { Turns } from "@sluice/async";
import type { Parts } from "@sluice/fields";
import { type Aggregation, aggregatedColumns, compareRows, type GroupedRows, type OrderKey } from "@sluice/query";
import type { CompiledQuery } from "./compile-query.ts";
import { countUpTo } from "./row-set.ts";
import { sortInTurns } from "./sort-in-turns.ts";
import { shownData } from "./time-parts.ts";

/** The fields of an answer that has a row for each group, serialized: in the order that was asked for, then by the groups' keys. */
export async function answerGroups(
  { collection, order, window, times }: CompiledQuery,
  aggregation: Aggregation,
  grouped: GroupedRows,
  turns: Turns,
): Promise<Parts[]> {
  const columns = aggregatedColumns(aggregation, collection, grouped);
  const byField = new Map(columns.entries());
  const compare = compareRows([...order, ...aggregation.keys.map(ascending)], aggregation);
  const inOrder = await sortInTurns(
    countUpTo(grouped.count),
    (a, b) => compare({ columns: byField, row: a }, { columns: byField, row: b }),
    turns,
  );
  const { offset, limit = inOrder.length } = window;
  const rowOf = inOrder.subarray(offset, offset + limit);
  const rows = { count: rowOf.length, sourceOf: new Uint32Array(rowOf.length), rowOf };
  const fieldsData: Parts[] = [];
  for (const at of aggregation.shown)
    fieldsData.push(await shownData(aggregation.fields[at], { columns: [columns[at]], rows, turns }, times));
  return fieldsData;
}

function ascending(_key: number, field: number): OrderKey {
  return { field, descending: false, nullsFirst: false };
}
