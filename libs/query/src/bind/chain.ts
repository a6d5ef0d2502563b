import { DataType } from "@sluice/schema";
import type { Constant } from "../constant.ts";
import type { ChainNode } from "../parse/ast.ts";
import type { Predicate } from "../plan.ts";
import { castTo } from "./cast.ts";
import { refuseText, resolveColumn } from "./columns.ts";
import { compareColumn } from "./compare.ts";
import { type BindContext, type ColumnRef, fail, type Operand, type OperandOf } from "./context.ts";
import { foldComparison, mirror } from "./fold.ts";
import { allOf } from "./logic.ts";
import { bindMoment, refuseMoment } from "./timestamp.ts";

/** `low < column <= high`. @throws {FilterError} for bounds in the wrong order too, as Milvus has it */
export function bindChain(node: ChainNode, first: Operand, second: Operand, context: BindContext): Predicate {
  const column = resolveColumn(node.column, context);
  if (first.kind === "iso" && second.kind === "iso") {
    const middle: Operand = { kind: "column", column, node: node.column };
    return allOf([
      bindMoment(mirror(node.firstOp), middle, first, context),
      bindMoment(node.secondOp, middle, second, context),
    ]);
  }
  const bounds = node.descending ? [second, first] : [first, second];
  const [low, high] = bounds.map((bound, at) => {
    refuseMoment(bound);
    if (bound.kind === "constant") return bound.value;
    return fail(`${at === 0 ? "lowerbound" : "upperbound"} cannot be determined`, bound.node);
  });
  checkRange(node, column, low, high);
  return rangeOf(column, node, first as OperandOf<"constant">, second as OperandOf<"constant">);
}

function checkRange(node: ChainNode, column: ColumnRef, low: Constant, high: Constant): void {
  refuseText(column);
  if (column.kind === "array") fail("can not comparisons array fields directly", column.node);
  if ([column.type === DataType.Bool, typeof low === "boolean", typeof high === "boolean"].includes(true)) {
    fail("invalid range operations on boolean expr", node);
  }
  const [inclusiveOnly, order] = [
    node.firstOp.length === 2 && node.secondOp.length === 2,
    foldComparison("<=", low, high),
  ];
  if (order === undefined) fail("invalid range: bounds are not comparable", node);
  if (column.kind === "other" || castTo(column.type, low) === undefined || castTo(column.type, high) === undefined) {
    fail("invalid range operations", node);
  }
  if (!order || (!inclusiveOnly && foldComparison("==", low, high))) {
    fail("invalid range: lowerbound is greater than upperbound", node);
  }
}

function rangeOf(
  column: ColumnRef,
  node: ChainNode,
  first: OperandOf<"constant">,
  second: OperandOf<"constant">,
): Predicate {
  const one = compareColumn(column, mirror(node.firstOp), first.value, first.node);
  const two = compareColumn(column, node.secondOp, second.value, second.node);
  return mergeRange(one, two) ?? allOf([one, two]);
}

/** Both sides in one look at the value, which for JSON means one search for the path. */
function mergeRange(a: Predicate, b: Predicate): Predicate | undefined {
  if (a.kind === "integer" && b.kind === "integer") {
    // One of them has the lower bound, the other the upper; the open sides lie far outside.
    const [lower, upper] = a.low > b.low ? [a, b] : [b, a];
    return { ...a, low: lower.low, high: upper.high };
  }
  if (a.kind === "float" && b.kind === "float") {
    return { ...a, low: Math.max(a.low, b.low), high: Math.min(a.high, b.high) };
  }
  if (a.kind === "stringRange" && b.kind === "stringRange")
    return { ...a, low: a.low ?? b.low, high: a.high ?? b.high };
  if (a.kind === "json" && b.kind === "json") return { ...a, test: { kind: "both", first: a.test, second: b.test } };
  if (a.kind === "element" && b.kind === "element")
    return { ...a, test: { kind: "both", first: a.test, second: b.test } };
  return undefined;
}
