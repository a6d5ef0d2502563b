import type { Turns } from "@sluice/async";
import { type Column, type VarColumn, varValue, views } from "@sluice/columns";
import type { ElementFilter, FoundElements, QueryWindow } from "@sluice/query";
import { primaryKeyIndex } from "@sluice/schema";
import type { RowFilter } from "./compile-query.ts";
import type { ElementCursor } from "./element-cursor.ts";
import type { SpreadRows } from "./nodes/spread-rows.ts";
import { rowsBetween } from "./row-range.ts";
import type { RowSet } from "./row-set.ts";
import { AnswerBudget, type StoredPart } from "./segment-rows.ts";
import { type TakenRows, takenRows } from "./take-rows.ts";

/** Rows in the order of their keys, with the elements of each that are answered. */
export interface ElementRows {
  readonly picked: RowSet;
  readonly elements: readonly Uint32Array[];
}

/** Rows that may hold the elements of a window, at most: each has one, but for that of the cursor. */
export function rowsOfWindow({ offset, limit }: QueryWindow, cursor: ElementCursor | undefined): number | undefined {
  return limit === undefined ? undefined : offset + limit + (cursor ? 1 : 0);
}

/** The elements of a window over rows, counted one by one, and their rows. @param byKey rows that pass the filter */
export async function elementWindow(
  query: RowFilter & { readonly window: QueryWindow; readonly cursor: ElementCursor | undefined },
  filter: ElementFilter,
  from: SpreadRows,
  parts: readonly StoredPart[],
  byKey: RowSet,
  reading: { readonly turns: Turns; readonly signal: AbortSignal },
): Promise<ElementRows> {
  const { found, keys, rows } = await elementsOf(query, filter, from, parts, byKey, reading);
  const { offset, limit = Number.POSITIVE_INFINITY } = query.window;
  let skipped = 0;
  let left = limit;
  const kept: number[] = [];
  const elements: Uint32Array[] = [];
  for (let i = 0; i < byKey.count && left > 0; i++) {
    const [source, at] = [rows.sourceOf[i], rows.rowOf[i]];
    const all = behind(elementsAt(found[source], at), query.cursor, () => keyText(keys[source], at));
    const first = Math.min(all.length, offset - skipped);
    skipped += first;
    const some = all.subarray(first, Math.min(all.length, first + left));
    if (some.length === 0) continue;
    left -= some.length;
    kept.push(i);
    elements.push(some);
  }
  const pick = (values: Uint32Array) => Uint32Array.from(kept, (i) => values[i]);
  return { picked: { count: kept.length, sourceOf: pick(byKey.sourceOf), rowOf: pick(byKey.rowOf) }, elements };
}

/** Of each part the elements of the rows that are taken there, and these rows' keys. */
async function elementsOf(
  { collection, text: { schema } }: RowFilter,
  filter: ElementFilter,
  from: SpreadRows,
  parts: readonly StoredPart[],
  byKey: RowSet,
  { turns, signal }: { readonly turns: Turns; readonly signal: AbortSignal },
): Promise<Pick<TakenRows, "rows"> & { readonly found: FoundElements[]; readonly keys: readonly Column[] }> {
  const { wanted, rows } = takenRows(byKey, parts.length);
  const indexes = [primaryKeyIndex(collection), ...filter.fields];
  const [keys, ...members] = await from.take(
    parts.map((part, i) => ({ part, rows: wanted[i] })),
    { fields: indexes.map((index) => collection.fields[index]), schema },
    { turns, signal, budget: new AnswerBudget(Number.POSITIVE_INFINITY) },
  );
  const found: FoundElements[] = [];
  for (const [part, { length }] of wanted.entries()) {
    const columns = new Map(filter.fields.map((index, f) => [index, members[f][part]]));
    found.push(await filter.of(columns, rowsBetween(0, length), turns));
  }
  return { rows, found, keys };
}

function elementsAt({ ends, elements }: FoundElements, row: number): Uint32Array {
  return elements.subarray(row === 0 ? 0 : ends[row - 1], ends[row]);
}

function behind(elements: Uint32Array, cursor: ElementCursor | undefined, key: () => string): Uint32Array {
  if (!cursor || elements.length === 0 || key() !== cursor.key) return elements;
  return elements.filter((element) => element > cursor.element);
}

function keyText(keys: Column, row: number): string {
  if (keys.kind === "fixed") return String(views.int64(keys, row + 1)[row]);
  return Buffer.from(varValue(keys as VarColumn, row)).toString("utf8");
}
