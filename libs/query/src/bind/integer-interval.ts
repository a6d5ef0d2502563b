import type { ArithmeticOperator, Comparison } from "../parse/ast.ts";

/** Integers from low to high, both included. Empty when low > high. */
export interface IntegerInterval {
  readonly low: bigint;
  readonly high: bigint;
}

/** Beyond every result of one exact operation on two int64, and still so after it is divided by any int64. */
const FAR = 2n ** 130n;
const ALL_INTEGERS: IntegerInterval = { low: -FAR, high: FAR };
const NO_INTEGER: IntegerInterval = { low: 1n, high: 0n };

/** The integers that compare so with `value`; `!=` is the complement of `==` and has no interval. */
export function intervalOf(op: Exclude<Comparison, "!=">, value: bigint): IntegerInterval {
  switch (op) {
    case "==":
      return { low: value, high: value };
    case "<":
      return { low: -FAR, high: value - 1n };
    case "<=":
      return { low: -FAR, high: value };
    case ">":
      return { low: value + 1n, high: FAR };
    case ">=":
      return { low: value, high: FAR };
  }
}

/**
 * The integers x for which `x op operand` lies in the interval, in exact mathematics: a comparison with arithmetic becomes
 * one without, and costs nothing per row. @returns undefined when they form no interval (`%`, `&`, `|`, most `^`)
 */
export function preimage(
  op: ArithmeticOperator,
  operand: bigint,
  { low, high }: IntegerInterval,
): IntegerInterval | undefined {
  switch (op) {
    case "+":
      return { low: low - operand, high: high - operand };
    case "-":
      return { low: low + operand, high: high + operand };
    case "*":
      return ofProduct(operand, low, high);
    case "/":
      return operand > 0n ? ofQuotient(operand, low, high) : ofQuotient(-operand, -high, -low);
    case "<<":
      return ofProduct(1n << operand, low, high);
    case ">>":
      return { low: low << operand, high: ((high + 1n) << operand) - 1n };
    case "^":
      return operand === -1n ? { low: -high - 1n, high: -low - 1n } : undefined;
    default:
      return undefined;
  }
}

function ofProduct(factor: bigint, low: bigint, high: bigint): IntegerInterval {
  if (factor === 0n) return low <= 0n && high >= 0n ? ALL_INTEGERS : NO_INTEGER;
  if (factor < 0n) return ofProduct(-factor, -high, -low);
  return { low: -floorDivide(-low, factor), high: floorDivide(high, factor) };
}

/** Division truncates toward zero, so that zero is hit from both sides. */
function ofQuotient(divisor: bigint, low: bigint, high: bigint): IntegerInterval {
  return {
    low: low > 0n ? low * divisor : (low - 1n) * divisor + 1n,
    high: high >= 0n ? (high + 1n) * divisor - 1n : high * divisor,
  };
}

/** For a positive divisor. */
function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value < 0n && quotient * divisor !== value ? quotient - 1n : quotient;
}
