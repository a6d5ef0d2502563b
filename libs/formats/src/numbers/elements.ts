import { conversionOf } from "./conversions.ts";
import type { Conversion, ElementType } from "./element-type.ts";
import { findNotFinite32, findNotFinite64, findNotFiniteBrain, findNotFiniteHalf } from "./finite.ts";
import type { NumberKind, NumberViews } from "./number-kind.ts";

// What numbers of a file become in a column: of scalars, of elements of arrays and of vectors, in every format that has them in
// binary. In place where the file has the bytes of the column, else converted; checked always.

/** Converts the first `count` values of `from` and tells of each that does not fit; its element is then anything. */
export function convertEach(
  convert: Conversion,
  from: NumberViews,
  count: number,
  to: NumberViews,
  at: number,
  onBad: (index: number) => void,
): void {
  const bad = convert(from, 0, count, to, at);
  if (bad < 0) return;
  for (let i = bad; i < count; i++) if (convert(from, i, 1, to, at + i) >= 0) onBad(i);
}

/** Tells of each of `count` elements from `at` on that the check refuses. */
export function checkEach(
  check: ElementCheck,
  values: NumberViews,
  at: number,
  count: number,
  onBad: (index: number) => void,
): void {
  const bad = check(values, at, count);
  if (bad < 0) return;
  for (let i = bad; i < count; i++) if (check(values, at + i, 1) >= 0) onBad(i);
}

/** First of `count` elements from `at` on that is no finite number, or no Bool, counted from `at`, or -1. */
export type ElementCheck = (values: NumberViews, at: number, count: number) => number;

/** What becomes of numbers of one kind as elements of one type. */
export interface ElementRule {
  readonly to: ElementType;
  /** Undefined where the file has the very bytes of the column: they are decoded in place, then checked. */
  readonly convert: Conversion | undefined;
  /** Of bytes in place. */
  readonly check: ElementCheck | undefined;
}

/** How numbers of one kind become elements of one type; undefined where they may not. */
export function elementRule(kind: NumberKind, to: ElementType): ElementRule | undefined {
  if (kind === to) return { to, convert: undefined, check: checks[to] };
  const convert = conversionOf(kind, to);
  return convert && { to, convert, check: undefined };
}

const checks: Readonly<Partial<Record<ElementType, ElementCheck>>> = {
  bool: findNoBool,
  float: (values, at, count) => findNotFinite32(values.int32, at, count),
  double: (values, at, count) => findNotFinite64(values.int32, at, count),
  float16: (values, at, count) => findNotFiniteHalf(values.uint16, at, count),
  bfloat16: (values, at, count) => findNotFiniteBrain(values.uint16, at, count),
};

function findNoBool({ bytes }: NumberViews, at: number, count: number): number {
  const end = at + count;
  let seen = 0;
  for (let i = at; i < end; i++) seen |= bytes[i];
  if (seen <= 1) return -1;
  for (let i = at; i < end; i++) if (bytes[i] > 1) return i - at;
  return -1;
}

/** The check of elements that stand in a column already, as halves of raw bytes do. */
export const finiteCheck = (type: ElementType) => checks[type];
