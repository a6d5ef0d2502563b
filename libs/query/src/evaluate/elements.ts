import type { Column } from "@sluice/columns";
import { type ElementCount, elementType, type Predicate } from "../plan.ts";
import { elementColumn } from "./element-column.ts";
import { dropNulls, type RowBatch, type StepSelector, varColumn } from "./selector.ts";

type Elements = Extract<Predicate, { kind: "elements" }>;

/** Keeps the known rows whose struct array has as many elements that fulfil the condition as is asked for. @param select of elements, as rows */
export function elementsSelector(predicate: Elements, select: StepSelector, wanted: boolean): StepSelector {
  return function* (batch, rows, all) {
    const { ends, hits } = yield* hitsIn(predicate, select, batch, rows, all);
    const isKept = (count: number, size: number) => isCounted(predicate.test, count, size) === wanted;
    return keepCounted(rows, ends, hits, isKept);
  };
}

/** Elements of the known ones of some rows, which come to the front: where each row's end, and which of all fulfil the condition. */
function* hitsIn(
  { members }: Elements,
  select: StepSelector,
  batch: RowBatch,
  rows: Uint32Array,
  all: number,
): Generator<undefined, { readonly ends: Uint32Array; readonly hits: Uint32Array }, void> {
  let known = all;
  for (const { field } of members) known = dropNulls(varColumn(batch, field), rows, known);
  const found = members.map(({ field }) => elementColumn(elementType(field), varColumn(batch, field), rows, known));
  const { ends } = found[0];
  const columns = new Map(members.map(({ element }, i) => [element.index, found[i].column]));
  const places = Uint32Array.from({ length: ends.at(-1) ?? 0 }, (_, place) => place);
  const count = yield* select({ columns, rowCount: places.length }, places, places.length);
  return { ends, hits: places.subarray(0, count) };
}

/** The elements of some rows that fulfil the condition, as positions in each row's array; of a row whose array is null none. */
export function* elementRows(
  predicate: Elements,
  select: StepSelector,
  columns: ReadonlyMap<number, Column>,
  rows: Uint32Array,
): Generator<undefined, { readonly ends: Uint32Array; readonly elements: Uint32Array }, void> {
  const known = rows.slice();
  const batch = { columns, rowCount: rows[rows.length - 1] + 1 };
  const found = yield* hitsIn(predicate, select, batch, known, rows.length);
  const [ends, elements] = [new Uint32Array(rows.length), new Uint32Array(found.hits.length)];
  for (let i = 0, at = 0, hit = 0; i < rows.length; i++) {
    if (at < found.ends.length && known[at] === rows[i]) {
      const first = at === 0 ? 0 : found.ends[at - 1];
      for (; hit < found.hits.length && found.hits[hit] < found.ends[at]; hit++)
        elements[hit] = found.hits[hit] - first;
      at++;
    }
    ends[i] = hit;
  }
  return { ends, elements };
}

function keepCounted(
  rows: Uint32Array,
  ends: Uint32Array,
  hits: Uint32Array,
  isKept: (hits: number, all: number) => boolean,
): number {
  let kept = 0;
  for (let i = 0, from = 0, hit = 0; i < ends.length; from = ends[i++]) {
    const first = hit;
    while (hit < hits.length && hits[hit] < ends[i]) hit++;
    if (isKept(hit - first, ends[i] - from)) rows[kept++] = rows[i];
  }
  return kept;
}

/** Of no elements all fulfil whatever is asked. */
function isCounted(test: ElementCount, hits: number, all: number): boolean {
  switch (test.kind) {
    case "any":
      return hits > 0;
    case "all":
      return hits === all;
    case "least":
      return hits >= test.threshold;
    case "most":
      return hits <= test.threshold;
    case "exact":
      return hits === test.threshold;
  }
}
