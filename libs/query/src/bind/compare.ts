import { DataType, dataTypeName } from "@sluice/schema";
import { type Constant, constantText, constantType, isList, isNumeric } from "../constant.ts";
import type { CompareNode, Comparison, Node } from "../parse/ast.ts";
import type { Predicate, ScalarTest } from "../plan.ts";
import { castValue, isComparable } from "./cast.ts";
import { isFloat, isInteger, isString, refuseText } from "./columns.ts";
import { type BindContext, type ColumnRef, fail, type Operand, type OperandOf, sourceOf } from "./context.ts";
import { floatIntervalOf } from "./float-interval.ts";
import { foldComparison, mirror } from "./fold.ts";
import { intervalOf, preimage } from "./integer-interval.ts";
import { CONSTANT, negated } from "./logic.ts";
import { bindMoment, refuseMoment } from "./timestamp.ts";

/** A comparison, either side of which may be the field. @throws {FilterError} */
export function bindCompare(node: CompareNode, left: Operand, right: Operand, context: BindContext): Predicate {
  if (right.kind === "iso") return bindMoment(node.op, left, right, context);
  if (left.kind === "iso") return bindMoment(mirror(node.op), right, left, context);
  refuseMoment(left);
  refuseMoment(right);
  if (left.kind === "constant" && right.kind === "constant") return bindConstants(node, left, right, context);
  if (right.kind === "constant") return bindSided(node, node.op, left, right, false, context);
  if (left.kind === "constant") return bindSided(node, mirror(node.op), right, left, true, context);
  return bindColumns(node, left, right, context);
}

function bindConstants(
  node: CompareNode,
  left: OperandOf<"constant">,
  right: OperandOf<"constant">,
  context: BindContext,
): Predicate {
  if (left.template || right.template) {
    fail(`placeholder was not supported between two constants with operator: ${node.op}`, node);
  }
  const result = foldComparison(node.op, left.value, right.value);
  if (result !== undefined) return result ? CONSTANT.true : CONSTANT.false;
  const text = sourceOf(node, context);
  return fail(`comparison operations cannot be applied to two incompatible operands: ${text}`, node);
}

/** What varies stands left; `swapped` says that the text has it on the right. */
function bindSided(
  node: CompareNode,
  op: Comparison,
  left: Operand,
  right: OperandOf<"constant">,
  swapped: boolean,
  context: BindContext,
): Predicate {
  switch (left.kind) {
    case "column":
      if (!right.template) checkComparable(left.column, right, swapped);
      return compareColumn(left.column, op, right.value, right.node);
    case "arithmetic":
      return compareArithmetic(left, op, right.value, right.node);
    case "length":
      return compareLength(left.column, op, right);
    case "shifted":
      return fail(`comparisons between Timestamptz and ${constantType(right.value)} are not supported`, node);
    default:
      return fail(`comparisons on boolean expressions are not supported: ${sourceOf(node, context)}`, node);
  }
}

function checkComparable(column: ColumnRef, right: OperandOf<"constant">, swapped: boolean): void {
  refuseText(column);
  if (isComparable(column, right.value)) return;
  const names = [dataTypeName(column.type), constantType(right.value)];
  if (swapped) names.reverse();
  fail(`comparisons between ${names.join(" and ")} are not supported`, right.node);
}

/** A column against a constant of any type. @throws {FilterError} */
export function compareColumn(column: ColumnRef, op: Comparison, constant: Constant, node: Node): Predicate {
  refuseText(column);
  if (column.kind === "array") return compareArray(column, op, constant, node);
  const value = castValue(column, constant, node);
  const field = column;
  if (column.kind === "json") return { kind: "json", field, path: column.path, test: { kind: "compare", op, value } };
  if (column.kind === "element") {
    return { kind: "element", field, index: column.element, test: { kind: "compare", op, value } };
  }
  // `!=` is the negation of `==`: both are UNKNOWN for null.
  if (op === "!=") return negated(compareColumn(column, "==", constant, node));
  return compareScalar(column, op, value);
}

function compareScalar(field: ColumnRef, op: Exclude<Comparison, "!=">, value: Constant): Predicate {
  if (typeof value === "boolean") return { kind: "integer", field, ...intervalOf(op, value ? 1n : 0n) };
  if (typeof value === "bigint") return { kind: "integer", field, ...intervalOf(op, value) };
  if (typeof value === "number") return { kind: "float", field, ...floatIntervalOf(op, value), arithmetic: undefined };
  if (op === "==") return { kind: "equalsString", field, value: value as string };
  const bound = { value: value as string, inclusive: op.length === 2 };
  return {
    kind: "stringRange",
    field,
    low: op[0] === ">" ? bound : undefined,
    high: op[0] === "<" ? bound : undefined,
  };
}

/** A whole array equals a list of the same length with the same elements. */
function compareArray(column: ColumnRef, op: Comparison, constant: Constant, node: Node): Predicate {
  if (op !== "==" && op !== "!=") fail("can not comparisons array fields directly", column.node);
  if (!isList(constant)) return fail(`cannot cast value to Array, value: ${constantText(constant)}`, node);
  const element: ColumnRef = { ...column, kind: "element", type: column.schema.elementType };
  const test: Predicate = {
    kind: "arrayEquals",
    field: column,
    values: constant.map((item) => castValue(element, item, node)),
  };
  return op === "==" ? test : negated(test);
}

function compareArithmetic(left: OperandOf<"arithmetic">, op: Comparison, constant: Constant, node: Node): Predicate {
  const { column } = left;
  if (!isNumeric(constant)) {
    fail(`comparisons between ${dataTypeName(column.type)} and ${constantType(constant)} are not supported`, node);
  }
  const value = castValue(column, constant, node) as bigint | number;
  if (column.kind === "scalar") return compareComputed(left, op, value);
  const test: ScalarTest = { kind: "arithmetic", op: left.op, operand: left.operand, compare: op, value };
  if (column.kind === "json") return { kind: "json", field: column, path: column.path, test };
  return { kind: "element", field: column, index: column.element, test };
}

function compareComputed(left: OperandOf<"arithmetic">, op: Comparison, value: bigint | number): Predicate {
  if (op === "!=") return negated(compareComputed(left, "==", value));
  const { column: field, op: arithmeticOp, operand } = left;
  if (typeof value === "number" || typeof operand === "number") {
    const arithmetic = { op: arithmeticOp, operand: Number(operand) };
    return { kind: "float", field, ...floatIntervalOf(op, Number(value)), arithmetic };
  }
  const target = intervalOf(op, value);
  const direct = preimage(arithmeticOp, operand, target);
  if (direct) return { kind: "integer", field, ...direct };
  return { kind: "integerBits", field, op: arithmeticOp, operand, ...target };
}

function compareLength(column: ColumnRef, op: Comparison, right: OperandOf<"constant">): Predicate {
  const { value } = right;
  if (typeof value !== "bigint") {
    if (isNumeric(value) || right.template)
      return fail(`cannot cast value to Int64, value: ${constantText(value)}`, right.node);
    return fail(`comparisons between Int64 and ${constantType(value)} are not supported`, right.node);
  }
  const test = { kind: "length", op, value } as const;
  if (column.kind === "json") return { kind: "jsonList", field: column, path: column.path, test };
  return { kind: "array", field: column, test };
}

function bindColumns(node: CompareNode, left: Operand, right: Operand, context: BindContext): Predicate {
  if (left.kind !== "column" || right.kind !== "column") {
    const fields = [left, right].every(
      (side) => side.kind === "column" || side.kind === "arithmetic" || side.kind === "length",
    );
    if (fields) fail("not supported to do arithmetic operations between multiple fields", node);
    return fail(`comparisons on boolean expressions are not supported: ${sourceOf(node, context)}`, node);
  }
  const [a, b] = [left.column, right.column];
  refuseText(a);
  refuseText(b);
  if (a.kind === "json" || b.kind === "json") fail("two column comparison with JSON type is not supported", node);
  if ([a, b].some((side) => side.kind === "array" || side.kind === "element")) {
    fail("field-to-field comparison involving ARRAY fields is not supported", node);
  }
  const family = columnFamily(a);
  if (family === undefined || family !== columnFamily(b)) {
    fail(`comparisons between ${dataTypeName(a.type)} and ${dataTypeName(b.type)} are not supported`, node);
  }
  return { kind: "columns", left: a, op: node.op, right: b };
}

function columnFamily({ type }: ColumnRef): string | undefined {
  if (isInteger(type) || isFloat(type)) return "number";
  if (isString(type)) return "string";
  return type === DataType.Bool ? "bool" : undefined;
}
