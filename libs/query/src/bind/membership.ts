import { DataType } from "@sluice/schema";
import { type Constant, isList } from "../constant.ts";
import { FilterError } from "../filter-error.ts";
import { checkLikePattern } from "../like.ts";
import { doubleList, integerList } from "../number-lists.ts";
import type { InNode, LikeNode, Node } from "../parse/ast.ts";
import type { Predicate, ScalarTest } from "../plan.ts";
import { checkRegex } from "../regex/regex-matcher.ts";
import { castList } from "./cast.ts";
import { isString, refuseText } from "./columns.ts";
import { type BindContext, type ColumnRef, fail, type Operand, placed, sourceOf } from "./context.ts";
import { negated } from "./logic.ts";

/** `field in [...]`. @throws {FilterError} */
export function bindIn(node: InNode, left: Operand, right: Operand, context: BindContext): Predicate {
  if (left.kind === "constant") return fail("'term' can only be used on non-const expression", node);
  if (left.kind !== "column")
    return fail(`'term' can only be used on single field, but got: ${sourceOf(node.left, context)}`, node);
  const { column } = left;
  refuseText(column);
  const values = castList(column, listOf(node, right, context), node.right);
  const test = values.length === 0 ? ({ kind: "never", field: column } as const) : membership(column, values);
  return node.negated ? negated(test) : test;
}

function listOf(node: InNode, right: Operand, context: BindContext): readonly Constant[] {
  if (right.kind === "constant" && isList(right.value)) return right.value;
  const text = sourceOf(node.right, context);
  if (right.kind === "constant" && right.template) {
    return fail(`the value of term expression template variable ${text} is not array`, node.right);
  }
  return fail(`the right-hand side of 'in' must be a list, but got: ${text}`, node.right);
}

/** Of at least one value, each of the column's type. */
function membership(field: ColumnRef, list: readonly Constant[]): Predicate {
  refuseManyLists(list, field.node);
  const test: ScalarTest = { kind: "in", values: list };
  if (field.kind === "json") return { kind: "json", field, path: field.path, test };
  if (field.kind === "element") return { kind: "element", field, index: field.element, test };
  if (typeof list[0] === "string") return { kind: "inStrings", field, values: [...new Set(list as string[])] };
  if (typeof list[0] === "number") return { kind: "inFloats", field, values: doubleList(list as number[]) };
  const integers = typeof list[0] === "bigint" ? list : list.map((value) => BigInt(value as boolean));
  return { kind: "inIntegers", field, values: integerList(integers as bigint[]) };
}

/** Each list is compared with each element of the data, so their number is bounded. */
const MAX_LISTS = 256;

/** @throws {FilterError} when too many of the literals are lists themselves */
export function refuseManyLists(values: readonly Constant[], node: Node): void {
  const lists = values.filter(isList).length;
  if (lists > MAX_LISTS) fail(`${lists} of the values are lists, more than ${MAX_LISTS}`, node);
}

/** `field like "pattern"`, `field =~ "pattern"`, and `!~`, which is its opposite. @throws {FilterError} */
export function bindLike(
  operator: LikeNode["operator"],
  left: Operand,
  right: Operand,
  context: BindContext,
): Predicate {
  const kind = operator === "like" ? "like" : "regex";
  if (left.kind !== "column" || !isLikable(left.column)) {
    if (left.kind === "column") refuseText(left.column);
    const what = kind === "like" ? "like operation on non-string or no-json" : "regex match on non-string";
    return fail(`${what} field is unsupported`, left.node);
  }
  if (right.kind !== "constant" || typeof right.value !== "string") {
    return fail(`the pattern of ${operator} must be a string, but got: ${sourceOf(right.node, context)}`, right.node);
  }
  const pattern = right.value;
  placed(right.node, () => (kind === "like" ? checkLikePattern(pattern) : spendRegex(pattern, context)));
  const found = matching(left.column, { kind, pattern });
  return operator === "!~" ? { kind: "not", operand: found } : found;
}

/** A pattern costs what so many ranges of characters do, and each range as much as so many operands. */
const [PATTERN_RANGES, RANGE_WORK] = [640, 25];

/** Patterns are read anew by each thread that looks at rows: thousands of them in one expression would take seconds. */
function spendRegex(pattern: string, context: BindContext): void {
  context.work -= RANGE_WORK * (PATTERN_RANGES + checkRegex(pattern));
  if (context.work < 0)
    throw new FilterError("expression is too complex: many or large regular expressions; put them together by |");
}

function matching(field: ColumnRef, test: { readonly kind: "like" | "regex"; readonly pattern: string }): Predicate {
  if (field.kind === "json") return { kind: "json", field, path: field.path, test };
  if (field.kind === "element") return { kind: "element", field, index: field.element, test };
  return { field, ...test };
}

function isLikable(column: ColumnRef): boolean {
  return column.kind !== "array" && (isString(column.type) || column.type === DataType.JSON);
}
