import type { GroupBy } from "./group-params.ts";
import type { Hit } from "./top-hits.ts";

/** One query's hits, grouped by a field. */
export interface GroupedHits {
  /** Members of a group stand together; groups by their best hit. */
  readonly hits: Hit[];
  /** Values of the groups that have all of their members, those that were skipped too. */
  readonly full: readonly string[];
  /** No hit that is worse could change it. */
  readonly isComplete: boolean;
}

/** Of each hit what it is grouped by. */
export type GroupValues = ReadonlyMap<Hit, string>;

/** Hits by the value of a field, the best groups first, `offset` of them skipped. Null is a group of its own. */
export function grouped(
  sorted: readonly Hit[],
  { size }: GroupBy,
  values: GroupValues,
  { wanted, offset }: { readonly wanted: number; readonly offset: number },
): GroupedHits {
  const groups = new Map<string, Hit[]>();
  for (const hit of sorted) {
    const value = values.get(hit) ?? "";
    const members = groups.get(value);
    if (members && members.length < size) members.push(hit);
    else if (!members && groups.size < wanted) groups.set(value, [hit]);
  }
  const all = [...groups.values()];
  return {
    hits: all.slice(offset).flat(),
    full: Array.from(groups).flatMap(([value, members]) => (members.length === size ? [value] : [])),
    isComplete: all.length === wanted && all.every((members) => members.length === size),
  };
}
