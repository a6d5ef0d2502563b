import type { Turns } from "@sluice/async";
import { compareRows, type OrderedRow, type OrderKey } from "@sluice/query";
import type { CollectionSchema } from "@sluice/schema";
import type { SpreadRows } from "./nodes/spread-rows.ts";
import type { RowSet } from "./row-set.ts";
import { AnswerBudget, type StoredPart } from "./segment-rows.ts";
import { takenRows } from "./take-rows.ts";

/** An order of rows by fields of their collection. */
export interface RowOrder {
  readonly collection: CollectionSchema;
  /** Of the collection, stored. */
  readonly schema: Buffer;
  readonly order: readonly OrderKey[];
}

/** Compares the rows of an answer by their places in it; what they are compared by is read before. @param picked sources are positions in `parts` */
export async function comparePicked(
  { collection, schema, order }: RowOrder,
  from: SpreadRows,
  parts: readonly StoredPart[],
  picked: RowSet,
  { turns, signal }: { readonly turns: Turns; readonly signal: AbortSignal },
): Promise<(a: number, b: number) => number> {
  const { wanted, rows } = takenRows(picked, parts.length);
  const taken = await from.take(
    parts.map((part, i) => ({ part, rows: wanted[i] })),
    { fields: order.map(({ field }) => collection.fields[field]), schema },
    { turns, signal, budget: new AnswerBudget(Number.POSITIVE_INFINITY) },
  );
  const columns = parts.map((_, i) => new Map(order.map(({ field }, f) => [field, taken[f][i]] as const)));
  const compare = compareRows(order, collection);
  const rowAt = (i: number): OrderedRow => ({ columns: columns[rows.sourceOf[i]], row: rows.rowOf[i] });
  return (a, b) => compare(rowAt(a), rowAt(b));
}
