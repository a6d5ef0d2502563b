import { type ElementCount, elementType, type Predicate } from "../plan.ts";
import { elementColumn } from "./element-column.ts";
import { dropNulls, type StepSelector, varColumn } from "./selector.ts";

type Elements = Extract<Predicate, { kind: "elements" }>;

/** Keeps the known rows whose struct array has as many elements that fulfil the condition as is asked for. @param select of elements, as rows */
export function elementsSelector({ members, test }: Elements, select: StepSelector, wanted: boolean): StepSelector {
  return function* (batch, rows, all) {
    let known = all;
    for (const { field } of members) known = dropNulls(varColumn(batch, field), rows, known);
    const found = members.map(({ field }) => elementColumn(elementType(field), varColumn(batch, field), rows, known));
    const { ends } = found[0];
    const columns = new Map(members.map(({ element }, i) => [element.index, found[i].column]));
    const places = Uint32Array.from({ length: ends.at(-1) ?? 0 }, (_, place) => place);
    const count = yield* select({ columns, rowCount: places.length }, places, places.length);
    return keepCounted(rows, ends, places.subarray(0, count), (hits, size) => isCounted(test, hits, size) === wanted);
  };
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
