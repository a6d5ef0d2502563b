import { keepRemaindersWithin, REMAINDER_LIMIT } from "@sluice/kernels";
import { integerArithmetic } from "../bind/fold.ts";
import type { Predicate } from "../plan.ts";
import { clamp } from "./integers.ts";
import { dropNulls, fixedColumn, int64s, isRun, isWide, type Selector, smallIntegers, wordPairs } from "./selector.ts";

type Leaf<Kind> = Extract<Predicate, { kind: Kind }>;

const WORD = 2 ** 32;

/** `%`, `&`, `|`, `^` and then an interval. The results are int64 like their operands. */
export function integerBitsSelector(leaf: Leaf<"integerBits">, wanted: boolean): Selector {
  const { field, op, operand, low, high } = leaf;
  if (op === "%" && Math.abs(Number(operand)) < REMAINDER_LIMIT) return remainderSelector(leaf, wanted);
  return (batch, rows, count) => {
    const column = fixedColumn(batch, field);
    const value = integerReader(isWide(field), column, batch.rowCount);
    const known = dropNulls(column, rows, count);
    let kept = 0;
    for (let i = 0; i < known; i++) {
      const row = rows[i];
      const result = integerArithmetic(op, value(row), operand);
      if ((result >= low && result <= high) === wanted) rows[kept++] = row;
    }
    return kept;
  };
}

/** Values of an integer column as bigint. */
export function integerReader(
  wide: boolean,
  column: Parameters<typeof smallIntegers>[0],
  rowCount: number,
): (row: number) => bigint {
  if (wide) {
    const values = int64s(column, rowCount);
    return (row) => values[row];
  }
  const values = smallIntegers(column, rowCount);
  return (row) => BigInt(values[row]);
}

/** Remainders, the usual way to sample rows, in doubles: x = high * 2^32 + low, taken modulo part by part. */
function remainderSelector({ field, operand, low, high }: Leaf<"integerBits">, wanted: boolean): Selector {
  // The sign of the divisor does not matter, and a remainder beyond it never occurs.
  const divisor = Math.abs(Number(operand));
  const [least, most] = [
    Number(clamp(low, -BigInt(REMAINDER_LIMIT), BigInt(REMAINDER_LIMIT))),
    Number(clamp(high, -BigInt(REMAINDER_LIMIT), BigInt(REMAINDER_LIMIT))),
  ];
  const wide = isWide(field);
  return (batch, rows, count) => {
    const column = fixedColumn(batch, field);
    const known = dropNulls(column, rows, count);
    if (isRun(rows, known)) {
      const numbers = wide ? int64s(column, batch.rowCount) : smallIntegers(column, batch.rowCount);
      return keepRemaindersWithin(numbers, divisor, [least, most], wanted, rows, known);
    }
    if (wide) return keepWideRemainders(wordPairs(column, batch.rowCount), divisor, least, most, wanted, rows, known);
    const values = smallIntegers(column, batch.rowCount);
    let kept = 0;
    for (let i = 0; i < known; i++) {
      const row = rows[i];
      const rest = values[row] % divisor;
      if ((rest >= least && rest <= most) === wanted) rows[kept++] = row;
    }
    return kept;
  };
}

function keepWideRemainders(
  words: Int32Array,
  divisor: number,
  least: number,
  most: number,
  wanted: boolean,
  rows: Uint32Array,
  count: number,
): number {
  const factor = WORD % divisor;
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    const high = words[2 * row + 1];
    let rest = ((high % divisor) * factor + (words[2 * row] >>> 0)) % divisor;
    // The remainder has the sign of the dividend, which is that of the high word.
    if (high < 0 && rest > 0) rest -= divisor;
    if ((rest >= least && rest <= most) === wanted) rows[kept++] = row;
  }
  return kept;
}
