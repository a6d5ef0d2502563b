import { compareStrings, MAX_INT64, MIN_INT64 } from "./constant.ts";
import type { IntegerList } from "./number-lists.ts";
import type { Predicate } from "./plan.ts";

/** Values of an integer (bigint) or string field; several, without order, without duplicates. */
export type Candidates = IntegerList | readonly (bigint | string)[];

/** Both ends included; an absent end is open. */
export interface KeyRange {
  readonly low: bigint | string | undefined;
  readonly high: bigint | string | undefined;
}

/**
 * The values that a field can only have in rows which pass: `f == x` and `f in [..]`, alone, under AND, or in every operand
 * of an OR. For bloom filters, and for the partition of a partition key. Boolean values are 0n and 1n.
 * @returns undefined when the predicate does not narrow the field to such a list
 */
export function candidatesOf(predicate: Predicate, field: number): Candidates | undefined {
  switch (predicate.kind) {
    case "constant":
      return predicate.value ? undefined : [];
    case "and":
      return shortest(predicate.operands.map((operand) => candidatesOf(operand, field)));
    case "or":
      return union(predicate.operands.map((operand) => candidatesOf(operand, field)));
    case "integer":
      return predicate.field.index === field && predicate.low === predicate.high ? [predicate.low] : undefined;
    case "equalsString":
      return predicate.field.index === field ? [predicate.value] : undefined;
    case "inIntegers":
    case "inStrings":
      return predicate.field.index === field ? predicate.values : undefined;
    default:
      return undefined;
  }
}

function shortest(lists: readonly (Candidates | undefined)[]): Candidates | undefined {
  return lists.reduce(
    (best, list) => (best === undefined || (list && list.length < best.length) ? list : best),
    undefined,
  );
}

/** Longest list that is put together of several: each level of an expression does it again. Equalities are one list already. */
const MAX_UNION = 16_384;

function union(lists: readonly (Candidates | undefined)[]): Candidates | undefined {
  const all = new Set<bigint | string>();
  let total = 0;
  for (const list of lists) {
    total += list?.length ?? 0;
    if (!list || total > MAX_UNION) return undefined;
    for (const value of list) all.add(value);
  }
  return [...all];
}

/**
 * The range outside which a field's value cannot be in rows that pass, for min-max statistics. May be wider than need be.
 * @returns undefined when the predicate does not bound the field
 */
export function rangeOf(predicate: Predicate, field: number): KeyRange | undefined {
  if (predicate.kind === "and")
    return predicate.operands.map((operand) => rangeOf(operand, field)).reduce(narrower, undefined);
  if (!("field" in predicate) || predicate.field.index !== field) return undefined;
  switch (predicate.kind) {
    case "integer":
      return integerRange(predicate.low, predicate.high);
    case "equalsString":
      return { low: predicate.value, high: predicate.value };
    case "stringRange":
      return { low: predicate.low?.value, high: predicate.high?.value };
    case "inIntegers":
      return { low: predicate.values[0], high: predicate.values.at(-1) };
    case "inStrings":
      return listRange(predicate.values);
    default:
      return undefined;
  }
}

function integerRange(low: bigint, high: bigint): KeyRange {
  return { low: low <= MIN_INT64 ? undefined : low, high: high >= MAX_INT64 ? undefined : high };
}

function listRange(values: readonly string[]): KeyRange {
  return {
    low: values.reduce((a, b) => (compareKeys(a, b) <= 0 ? a : b)),
    high: values.reduce((a, b) => (compareKeys(a, b) >= 0 ? a : b)),
  };
}

function narrower(a: KeyRange | undefined, b: KeyRange | undefined): KeyRange | undefined {
  if (!a || !b) return a ?? b;
  return {
    low: a.low === undefined || (b.low !== undefined && compareKeys(b.low, a.low) > 0) ? b.low : a.low,
    high: a.high === undefined || (b.high !== undefined && compareKeys(b.high, a.high) < 0) ? b.high : a.high,
  };
}

/** Order of two values of one key: integers by value, strings by bytes. */
export function compareKeys(a: bigint | string, b: bigint | string): number {
  if (typeof a === "string" || typeof b === "string") return compareStrings(String(a), String(b));
  return a < b ? -1 : a > b ? 1 : 0;
}
