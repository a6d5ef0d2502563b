import { type Column, isNull, type VarColumn } from "@sluice/columns";
import type { Search, SearchDeps } from "./search.ts";
import type { GroupBy } from "./search-params.ts";
import type { Hit } from "./top-hits.ts";

export interface GroupedHits {
  /** Members of a group stand together; groups by their best hit. */
  readonly hits: Hit[];
  /** No hit that is worse could change it. */
  readonly isComplete: boolean;
}

/** Hits by the value of a field, the best groups first, `offset` of them skipped. Null is a group of its own. */
export async function grouped(
  sorted: readonly Hit[],
  { field, size }: GroupBy,
  wanted: number,
  { filter, params }: Search,
  { rows, sources }: SearchDeps,
): Promise<GroupedHits> {
  const columns = new Map<number, Column>();
  const groups = new Map<string, Hit[]>();
  for (const hit of sorted) {
    const column =
      columns.get(hit.source) ?? (await rows.column(sources.parts[hit.source], filter.collection.fields[field]));
    columns.set(hit.source, column);
    const value = valueText(column, hit.row);
    const members = groups.get(value);
    if (members && members.length < size) members.push(hit);
    else if (!members && groups.size < wanted) groups.set(value, [hit]);
  }
  const all = [...groups.values()];
  return {
    hits: all.slice(params.offset).flat(),
    isComplete: all.length === wanted && all.every((members) => members.length === size),
  };
}

/** Equal for equal values only. */
function valueText(column: Column, row: number): string {
  if (isNull(column, row)) return "null";
  const [from, to] =
    column.kind === "fixed"
      ? [row * column.width, (row + 1) * column.width]
      : [(column as VarColumn).offsets[row], (column as VarColumn).offsets[row + 1]];
  return `=${Buffer.from(column.data.buffer, column.data.byteOffset + from, to - from).toString("latin1")}`;
}
