import type { Column } from "@sluice/columns";
import { DataType } from "@sluice/schema";
import type { Decay } from "./decay.ts";
import type { SearchCall } from "./search-answer.ts";
import type { Hit } from "./top-hits.ts";
import { columnsOfHits } from "./values-of-hits.ts";

/** Hits of queries with what the values of a field make of their scores, the best first, ties by primary key. */
export async function weighedHits(
  lists: readonly (readonly Hit[])[],
  { field, weight }: Decay,
  { collection, order, deps }: SearchCall,
): Promise<Hit[][]> {
  const { columns, rows } = await columnsOfHits(lists.flat(), [collection.fields[field]], order.schema, deps);
  const { dataType } = collection.fields[field];
  let at = 0;
  const weighed = (hit: Hit): Hit => {
    const value = numberAt(columns[0][rows.sourceOf[at]], rows.rowOf[at], dataType);
    at++;
    return { ...hit, score: Math.fround(hit.score * Math.fround(weight(value))) };
  };
  const better = (a: Hit, b: Hit) => b.score - a.score || deps.sources.compareKeys(a.source, a.row, b.source, b.row);
  const found: Hit[][] = [];
  for (const hits of lists) {
    found.push(hits.map(weighed).sort(better));
    if (deps.turns.isDue) await deps.turns.next();
  }
  return found;
}

function numberAt(column: Column, row: number, type: DataType): number {
  if (column.kind !== "fixed") throw new Error("a column of numbers has a fixed width");
  const { data, width } = column;
  const view = new DataView(data.buffer, data.byteOffset + row * width, width);
  if (type === DataType.Float) return view.getFloat32(0, true);
  if (type === DataType.Double) return view.getFloat64(0, true);
  if (width === 8) return Number(view.getBigInt64(0, true));
  return width === 4 ? view.getInt32(0, true) : width === 2 ? view.getInt16(0, true) : view.getInt8(0);
}
