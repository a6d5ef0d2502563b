import type { Predicate } from "../plan.ts";
import { arrayEqualsSelector, arraySelector, elementSelector } from "./arrays.ts";
import { columnsSelector } from "./columns.ts";
import { elementsSelector } from "./elements.ts";
import { floatSelector, inFloatsSelector } from "./floats.ts";
import { integerBitsSelector } from "./integer-results.ts";
import { inIntegersSelector, integerSelector } from "./integers.ts";
import { existsSelector, jsonListSelector, jsonSelector } from "./json.ts";
import { columnOf, dropNulls, keepValidity, type Selector, type StepSelector } from "./selector.ts";
import { nearPlaceSelector, relationSelector, validSelector } from "./spatial.ts";
import { calendarSelector, phraseSelector, textMatchSelector } from "./special.ts";
import {
  equalsStringSelector,
  inStringsSelector,
  likeSelector,
  regexSelector,
  stringRangeSelector,
} from "./strings.ts";

/** A selector of the rows for which the predicate is TRUE or, with `wanted` false, FALSE. UNKNOWN rows are in neither. */
export function compileSelector(predicate: Predicate, wanted = true): StepSelector {
  switch (predicate.kind) {
    case "not":
      return compileSelector(predicate.operand, !wanted);
    case "and":
    case "or":
      return compileLogical(predicate, wanted);
    case "elements":
      return elementsSelector(predicate, compileSelector(predicate.inner), wanted);
    case "regex":
      return regexSelector(predicate, wanted);
    case "spatial":
      return relationSelector(predicate, wanted);
    case "validGeometry":
      return validSelector(predicate, wanted);
    default:
      return oneStep(compilePlain(predicate, wanted));
  }
}

function oneStep(select: Selector): StepSelector {
  return function* (batch, rows, count) {
    const kept = select(batch, rows, count);
    yield;
    return kept;
  };
}

type Logical = Extract<Predicate, { kind: "and" | "or" }>;
type Plain = Exclude<Predicate, { kind: "and" | "or" | "not" | "elements" | "regex" | "spatial" | "validGeometry" }>;
type Leaf = Exclude<Plain, { kind: "constant" | "isNull" | "never" | "columns" }>;

function compilePlain(predicate: Plain, wanted: boolean): Selector {
  switch (predicate.kind) {
    case "constant":
      return predicate.value === wanted ? (_batch, _rows, count) => count : () => 0;
    case "isNull":
      return isNullSelector(predicate, wanted);
    case "never":
      return (batch, rows, count) => (wanted ? 0 : dropNulls(columnOf(batch, predicate.field), rows, count));
    case "columns":
      return columnsSelector(predicate, wanted);
    default:
      return compileLeaf(predicate, wanted);
  }
}

/** Cheap operands first: fixed widths, then strings, then what has to be decoded. */
function compileLogical({ kind, operands }: Logical, wanted: boolean): StepSelector {
  const ordered = operands.map((operand) => ({ operand, cost: costOf(operand) })).sort((a, b) => a.cost - b.cost);
  const parts = ordered.map(({ operand }) => compileSelector(operand, wanted));
  // FALSE rows of an AND are those where any operand is FALSE, and the other way round.
  return (kind === "and") === wanted ? everySelector(parts) : someSelector(parts);
}

function everySelector(parts: readonly StepSelector[]): StepSelector {
  return function* (batch, rows, count) {
    let left = count;
    for (const part of parts) {
      if (left === 0) break;
      left = yield* part(batch, rows, left);
    }
    return left;
  };
}

/** Each operand looks only at the rows that none before has selected. */
function someSelector(parts: readonly StepSelector[]): StepSelector {
  return function* (batch, rows, count) {
    if (count === 0) return 0;
    // The rows of a slice lie together: what is marked is as small as they are, not as the batch.
    const first = rows[0];
    const selected = new Uint8Array(rows[count - 1] - first + 1);
    const open = rows.slice(0, count);
    const scratch = new Uint32Array(count);
    let left = count;
    for (const part of parts) {
      if (left === 0) break;
      scratch.set(left === count ? open : open.subarray(0, left));
      const found = yield* part(batch, scratch, left);
      for (let i = 0; i < found; i++) selected[scratch[i] - first] = 1;
      if (found > 0) left = keepValidity(selected, 0, open, left, first);
    }
    return keepValidity(selected, 1, rows, count, first);
  };
}

function isNullSelector({ field }: Extract<Predicate, { kind: "isNull" }>, wanted: boolean): Selector {
  if (!field.schema.nullable) return (_batch, _rows, count) => (wanted ? 0 : count);
  return (batch, rows, count) => {
    const { validity } = columnOf(batch, field);
    if (!validity) return wanted ? 0 : count;
    return keepValidity(validity, wanted ? 0 : 1, rows, count);
  };
}

function compileLeaf(leaf: Leaf, wanted: boolean): Selector {
  switch (leaf.kind) {
    case "integer":
      return integerSelector(leaf, wanted);
    case "integerBits":
      return integerBitsSelector(leaf, wanted);
    case "inIntegers":
      return inIntegersSelector(leaf, wanted);
    case "float":
      return floatSelector(leaf, wanted);
    case "inFloats":
      return inFloatsSelector(leaf, wanted);
    case "equalsString":
      return equalsStringSelector(leaf, wanted);
    case "stringRange":
      return stringRangeSelector(leaf, wanted);
    case "inStrings":
      return inStringsSelector(leaf, wanted);
    case "like":
      return likeSelector(leaf, wanted);
    default:
      return compileNested(leaf, wanted);
  }
}

type Nested = Extract<
  Leaf,
  {
    kind:
      | "json"
      | "jsonList"
      | "exists"
      | "element"
      | "array"
      | "arrayEquals"
      | "calendar"
      | "textMatch"
      | "phrase"
      | "nearPlace";
  }
>;

function compileNested(leaf: Nested, wanted: boolean): Selector {
  switch (leaf.kind) {
    case "json":
      return jsonSelector(leaf, wanted);
    case "jsonList":
      return jsonListSelector(leaf, wanted);
    case "exists":
      return existsSelector(leaf, wanted);
    case "element":
      return elementSelector(leaf, wanted);
    case "array":
      return arraySelector(leaf, wanted);
    case "arrayEquals":
      return arrayEqualsSelector(leaf, wanted);
    case "calendar":
      return calendarSelector(leaf, wanted);
    case "textMatch":
      return textMatchSelector(leaf, wanted);
    case "phrase":
      return phraseSelector(leaf, wanted);
    case "nearPlace":
      return nearPlaceSelector(leaf, wanted);
  }
}

const costs: Partial<Record<Predicate["kind"], number>> = {
  constant: 0,
  isNull: 1,
  never: 1,
  integer: 2,
  float: 2,
  inIntegers: 3,
  inFloats: 3,
  integerBits: 3,
  columns: 4,
  equalsString: 5,
  inStrings: 6,
  stringRange: 6,
  calendar: 6,
  like: 7,
  regex: 8,
  element: 8,
  array: 8,
  arrayEquals: 8,
  json: 9,
  jsonList: 9,
  exists: 9,
  spatial: 11,
  validGeometry: 11,
};
const DEAREST = 10;

function costOf(predicate: Predicate): number {
  if (predicate.kind === "not") return costOf(predicate.operand);
  if (predicate.kind !== "and" && predicate.kind !== "or") return costs[predicate.kind] ?? DEAREST;
  return predicate.operands.reduce((most, operand) => Math.max(most, costOf(operand)), 0);
}
