import { findPath, holdsSomething, type JsonPath } from "@sluice/values";
import type { FieldRef, Predicate } from "../plan.ts";
import { type JsonTest, listTest, scalarTest } from "./json-tests.ts";
import { dropNulls, FALSE, type Selector, TRUE, varColumn } from "./selector.ts";

type Leaf<Kind> = Extract<Predicate, { kind: Kind }>;

/** A single value at a path, of the field's JSON or of `$meta`. */
export function jsonSelector({ field, path, test }: Leaf<"json">, wanted: boolean): Selector {
  return testSelector(field, path, scalarTest(test), wanted);
}

/** A list at a path, of the field's JSON or of `$meta`. */
export function jsonListSelector({ field, path, test }: Leaf<"jsonList">, wanted: boolean): Selector {
  return testSelector(field, path, listTest(test), wanted);
}

function testSelector(field: FieldRef, path: JsonPath, test: JsonTest, wanted: boolean): Selector {
  const truth = wanted ? TRUE : FALSE;
  return (batch, rows, count) => {
    const column = varColumn(batch, field);
    const { offsets, data } = column;
    const known = dropNulls(column, rows, count);
    let kept = 0;
    for (let i = 0; i < known; i++) {
      const row = rows[i];
      const end = offsets[row + 1];
      if (test(data, findPath(data, offsets[row], end, path), end) === truth) rows[kept++] = row;
    }
    return kept;
  };
}

/** FALSE for null rows, never UNKNOWN. */
export function existsSelector({ field, path }: Leaf<"exists">, wanted: boolean): Selector {
  return (batch, rows, count) => {
    const { offsets, data, validity } = varColumn(batch, field);
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i];
      const end = offsets[row + 1];
      const at = validity?.[row] === 0 ? -1 : findPath(data, offsets[row], end, path);
      if ((at >= 0 && holdsSomething(data, at, end)) === wanted) rows[kept++] = row;
    }
    return kept;
  };
}
