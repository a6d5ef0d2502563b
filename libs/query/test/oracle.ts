import type { Row } from "./collection.ts";

/**
 * A slow evaluator of the filter language, one row after the other, written from the specification alone. It shares no code
 * with the product: null is UNKNOWN, JSON is parsed, every number is compared as an exact fraction.
 */
export type Tri = boolean | null;

/** A number of JSON or of a literal: integers keep all their digits. */
export interface Num {
  readonly int?: bigint;
  readonly double?: number;
}
/** A parsed JSON value; undefined = the path leads nowhere. */
export type Value =
  | undefined
  | null
  | boolean
  | string
  | Num
  | Value[]
  | { readonly members: readonly (readonly [string, Value])[] };

export type Leaf = (row: Row) => Tri;
export type Tree =
  | { readonly text: string; readonly leaf: Leaf }
  | { readonly op: "and" | "or"; readonly parts: readonly Tree[] }
  | { readonly not: Tree };

export function evaluate(tree: Tree, row: Row): Tri {
  if ("leaf" in tree) return tree.leaf(row);
  if ("not" in tree) return not(evaluate(tree.not, row));
  const values = tree.parts.map((part) => evaluate(part, row));
  const decisive = tree.op === "or";
  return values.includes(decisive) ? decisive : values.includes(null) ? null : !decisive;
}

export function not(value: Tri): Tri {
  return value === null ? null : !value;
}

/** The expression as text; `style` picks among the ways to write the same. */
export function write(tree: Tree, style: number): string {
  if ("leaf" in tree) return style % 3 === 0 ? `(${tree.text})` : tree.text;
  if ("not" in tree) return `${["not ", "!", "NOT "][style % 3]}(${write(tree.not, style + 1)})`;
  const words = { and: ["and", "&&", "AND"], or: ["or", "||", "OR"] }[tree.op];
  return tree.parts.map((part) => `(${write(part, style + 1)})`).join(` ${words[style % 3]} `);
}

/** Order of two numbers: an integer and a double by their mathematical values. */
export function order(a: Num, b: Num): number {
  if (a.int !== undefined && b.int !== undefined) return a.int < b.int ? -1 : a.int > b.int ? 1 : 0;
  if (a.double !== undefined && b.double !== undefined) return a.double - b.double;
  if (b.int !== undefined) return -order(b, a);
  // Scaled by 2^1074 every double is an integer.
  const [left, right] = [a.int! << 1074n, scaled(b.double!)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function scaled(value: number): bigint {
  let [mantissa, exponent] = [value, 1074];
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    exponent--;
  }
  return BigInt(mantissa) << BigInt(exponent);
}

export function holds(op: string, ordering: number): boolean {
  return {
    "==": ordering === 0,
    "!=": ordering !== 0,
    "<": ordering < 0,
    "<=": ordering <= 0,
    ">": ordering > 0,
    ">=": ordering >= 0,
  }[op] as boolean;
}

/** Doubles that may be infinite, or NaN (0 times infinity), which is unequal to everything and unordered. */
export function holdsForDoubles(op: string, a: number, b: number): boolean {
  if (Number.isNaN(a)) return op === "!=";
  return holds(op, a === b ? 0 : a < b ? -1 : 1);
}

export function orderText(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = left[i].codePointAt(0)! - right[i].codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

export function like(text: string, pattern: string): boolean {
  let source = "";
  for (let chars = [...pattern], i = 0; i < chars.length; i++) {
    if (chars[i] === "%") source += "[\\s\\S]*";
    else if (chars[i] === "_") source += "[\\s\\S]";
    else source += `\\u{${(chars[i] === "\\" ? chars[++i] : chars[i]).codePointAt(0)!.toString(16)}}`;
  }
  return new RegExp(`^(?:${source})$`, "u").test(text);
}

/** JSON text of a value. */
export function jsonText(value: Value): string {
  if (value === undefined || value === null) return "null";
  if (Array.isArray(value)) return `[${value.map(jsonText).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  if ("members" in value)
    return `{${value.members.map(([key, item]) => `${JSON.stringify(key)}: ${jsonText(item)}`).join(",")}}`;
  return numberText(value);
}

export function numberText(value: Num): string {
  if (value.int !== undefined) return String(value.int);
  const text = Object.is(value.double, -0) ? "-0.0" : String(value.double);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

export function at(value: Value, path: readonly (string | number)[]): Value {
  let here = value;
  for (const step of path) {
    if (Array.isArray(here)) here = /^(0|[1-9]\d*)$/.test(String(step)) ? here[Number(step)] : undefined;
    else if (typeof here === "object" && here !== null && "members" in here)
      here = here.members.find(([key]) => key === String(step))?.[1];
    else return undefined;
  }
  return here;
}

export function isNum(value: Value): value is Num {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !("members" in value);
}

/** §2.4: a value against a literal. */
export function compareJson(value: Value, op: string, literal: Value): Tri {
  if (Array.isArray(literal)) {
    if (op !== "==" && op !== "!=") return false;
    return Array.isArray(value) ? sameJson(value, literal) === (op === "==") : null;
  }
  if (typeof literal === "boolean")
    return typeof value === "boolean" ? holds(op, Number(value) - Number(literal)) : null;
  if (typeof literal === "string") return typeof value === "string" ? holds(op, orderText(value, literal)) : null;
  return isNum(value) ? holds(op, orderAsLiteral(value, literal as Num)) : null;
}

/** An integer literal is compared exactly, a float literal as double. */
function orderAsLiteral(value: Num, literal: Num): number {
  if (literal.int !== undefined) return order(value, literal);
  return (value.double ?? Number(value.int)) - literal.double!;
}

export function sameJson(value: Value, literal: Value): boolean {
  if (Array.isArray(value) && Array.isArray(literal)) {
    return value.length === literal.length && value.every((item, i) => sameJson(item, literal[i]));
  }
  return !Array.isArray(literal) && compareJson(value, "==", literal) === true;
}

/** §2.6: null, {} and [] are nothing, and so are containers of nothing. */
export function isSomething(value: Value): boolean {
  if (value === undefined || value === null) return false;
  if (Array.isArray(value)) return value.some(isSomething);
  return typeof value === "object" && "members" in value ? value.members.some(([, item]) => isSomething(item)) : true;
}

/** §2.12: exact in integers, else in doubles. */
export function arithmetic(op: string, value: Num, operand: Num, isInteger: boolean): Num | null {
  if (isInteger && value.int !== undefined && operand.int !== undefined) {
    const [x, y] = [value.int, operand.int];
    const result = {
      "+": () => x + y,
      "-": () => x - y,
      "*": () => x * y,
      "/": () => x / y,
      "%": () => x % y,
      "&": () => x & y,
      "|": () => x | y,
      "^": () => x ^ y,
      "<<": () => x << y,
      ">>": () => x >> y,
    }[op]!();
    return { int: result };
  }
  const [x, y] = [value.double ?? Number(value.int), operand.double ?? Number(operand.int)];
  const results: Record<string, number> = { "+": x + y, "-": x - y, "*": x * y, "/": x / y, "%": x % y };
  return op in results ? { double: results[op] } : null;
}
