import type { Comparison } from "../parse/ast.ts";

const words = new BigInt64Array(1);
const doubles = new Float64Array(words.buffer);

/** The next double above; +Infinity and NaN stay. */
function nextUp(value: number): number {
  if (!(value < Number.POSITIVE_INFINITY)) return value;
  if (value === 0) return Number.MIN_VALUE;
  doubles[0] = value;
  words[0] += value > 0 ? 1n : -1n;
  return doubles[0];
}

function nextDown(value: number): number {
  return -nextUp(-value);
}

/** The doubles that compare so with `value`, as a closed interval; for NaN there is none. `!=` is the complement of `==`. */
export function floatIntervalOf(op: Exclude<Comparison, "!=">, value: number): { low: number; high: number } {
  if (Number.isNaN(value)) return { low: Number.NaN, high: Number.NaN };
  const { POSITIVE_INFINITY: infinity } = Number;
  switch (op) {
    case "==":
      return { low: value, high: value };
    case "<":
      return value === -infinity ? { low: 1, high: 0 } : { low: -infinity, high: nextDown(value) };
    case "<=":
      return { low: -infinity, high: value };
    case ">":
      return value === infinity ? { low: 1, high: 0 } : { low: nextUp(value), high: infinity };
    case ">=":
      return { low: value, high: infinity };
  }
}
