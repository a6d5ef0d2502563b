import { type Constant, compareStrings, isList, isNumeric, MAX_INT64, MIN_INT64 } from "../constant.ts";
import { FilterError } from "../filter-error.ts";
import type { ArithmeticOperator, Comparison } from "../parse/ast.ts";

/** The operators' names in Milvus's messages. */
export const operatorNames: Readonly<Record<ArithmeticOperator, string>> = {
  "+": "add",
  "-": "subtract",
  "*": "multiply",
  "/": "divide",
  "%": "modulo",
  "**": "power",
  "&": "bitwise and",
  "|": "bitwise or",
  "^": "bitwise xor",
  "<<": "shift left",
  ">>": "shift right",
};

const integerOnly: ReadonlySet<ArithmeticOperator> = new Set(["&", "|", "^", "<<", ">>"]);

/** Of integers alone. */
export function isBitwise(op: ArithmeticOperator): boolean {
  return integerOnly.has(op);
}

/**
 * Computes an operator on two constants. Integers stay int64: int / int truncates; an integer beside a float becomes one.
 * @throws {FilterError} for other types, a zero divisor, a shift outside 0-63, and results beyond int64
 */
export function foldArithmetic(op: ArithmeticOperator, left: Constant, right: Constant): Constant {
  for (const side of [left, right]) {
    if (typeof side === "string") throw new FilterError(`${operatorNames[op]} cannot apply on string field`);
    if (typeof side === "boolean") throw new FilterError(`${operatorNames[op]} cannot apply on bool field`);
    if (isList(side)) throw new FilterError(`${operatorNames[op]} cannot apply on array field`);
  }
  if (typeof left === "bigint" && typeof right === "bigint") return foldIntegers(op, left, right);
  if (integerOnly.has(op)) throw new FilterError("bitwise operations can only apply on integer types");
  if (op === "%") throw new FilterError("modulo can only apply on integer types");
  if (op === "/" && Number(right) === 0) throw new FilterError("cannot divide by zero");
  return checkFinite(doubleArithmetic(op, Number(left), Number(right)));
}

function foldIntegers(op: ArithmeticOperator, left: bigint, right: bigint): Constant {
  if ((op === "/" || op === "%") && right === 0n) throw new FilterError("cannot divide by zero");
  if (op === "**") return foldPower(left, right);
  if (op === "<<" || op === ">>") checkShift(right);
  return checkInt64(integerArithmetic(op, left, right));
}

function foldPower(base: bigint, exponent: bigint): Constant {
  // Anything but -1, 0 and 1 leaves int64 at the 64th power, so larger ones need not be computed exactly.
  const small = base >= -1n && base <= 1n;
  if (exponent >= 0n && (exponent < 64n || small)) {
    const power = base ** (small ? (exponent % 2n) + (exponent > 1n ? 2n : 0n) : exponent);
    if (power >= MIN_INT64 && power <= MAX_INT64) return power;
  }
  return checkFinite(Number(base) ** Number(exponent));
}

/** @throws {FilterError} unless 0 <= amount < 64 */
export function checkShift(amount: bigint): void {
  if (amount < 0n || amount > 63n) throw new FilterError(`shift amount must be in range [0, 64), got ${amount}`);
}

function checkInt64(value: bigint): bigint {
  if (value < MIN_INT64 || value > MAX_INT64) throw new FilterError("int64 overflow");
  return value;
}

function checkFinite(value: number): number {
  if (!Number.isFinite(value)) throw new FilterError("float overflow");
  return value;
}

/** Exact, never wrapping: the result may leave int64. The divisor is not 0, a shift amount 0-63, and there is no power. */
export function integerArithmetic(op: ArithmeticOperator, left: bigint, right: bigint): bigint {
  switch (op) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
    case "%":
      return left % right;
    case "&":
      return left & right;
    case "|":
      return left | right;
    case "^":
      return left ^ right;
    case "<<":
      return left << right;
    case ">>":
      return left >> right;
    default:
      return left ** right;
  }
}

/** In doubles; `%` is C's fmod. Bit operators have no meaning here and give NaN. */
export function doubleArithmetic(op: ArithmeticOperator, left: number, right: number): number {
  switch (op) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
    case "%":
      return left % right;
    case "**":
      return left ** right;
    default:
      return Number.NaN;
  }
}

/** Compares two constants. @returns undefined when their types do not compare (the caller knows the text to name) */
export function foldComparison(op: Comparison, left: Constant, right: Constant): boolean | undefined {
  if (isNumeric(left) && isNumeric(right)) return compareOrdered(op, left, right);
  if (typeof left === "string" && typeof right === "string") return matches(op, compareStrings(left, right));
  const equality = op === "==" || op === "!=";
  if (typeof left === "boolean" && typeof right === "boolean" && equality) return (left === right) === (op === "==");
  return undefined;
}

/** Numbers by value, an int64 against a double exactly. Anything against NaN is unequal and unordered. */
export function compareOrdered(op: Comparison, left: bigint | number, right: bigint | number): boolean {
  switch (op) {
    case "==":
      // biome-ignore lint/suspicious/noDoubleEquals: only == compares a bigint with a double by value
      return left == right;
    case "!=":
      // biome-ignore lint/suspicious/noDoubleEquals: as above
      return left != right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
  }
}

/** Does an order (negative, 0, positive) fulfil the operator? */
export function matches(op: Comparison, order: number): boolean {
  return compareOrdered(op, order, 0);
}

/** The operator that means the same with the sides swapped. */
export function mirror(op: Comparison): Comparison {
  const mirrored = { "==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const;
  return mirrored[op];
}
