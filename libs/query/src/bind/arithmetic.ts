import { DataType, dataTypeName } from "@sluice/schema";
import { type Constant, constantType, isNumeric } from "../constant.ts";
import { FilterError } from "../filter-error.ts";
import type { ArithmeticNode, ArithmeticOperator } from "../parse/ast.ts";
import { isFloat, isInteger, refuseText } from "./columns.ts";
import { type ColumnRef, fail, type Operand, placed } from "./context.ts";
import { checkShift, foldArithmetic, isBitwise, operatorNames } from "./fold.ts";
import { bindShift } from "./timestamp.ts";

/**
 * Arithmetic: two constants are folded; one field and one constant stay as such, to be compared. Milvus has no more.
 * @throws {FilterError}
 */
export function bindArithmetic(node: ArithmeticNode, left: Operand, right: Operand): Operand {
  const { op } = node;
  if (left.kind === "constant" && right.kind === "constant") return foldConstants(node, left, right);
  if (right.kind === "interval") return bindShift(node, left, right.text);
  if (left.kind === "predicate" || right.kind === "predicate") return refusePredicate(node);
  if (left.kind === "constant") return bindMirrored(node, left.value, right);
  if (right.kind !== "constant") return fail("not supported to do arithmetic operations between multiple fields", node);
  if (op === "**") return fail("power can only apply on constants", node);
  if (left.kind !== "column") return refuseNested(node);
  return { kind: "arithmetic", column: left.column, op, operand: checkOperand(node, left.column, right.value), node };
}

function foldConstants(
  node: ArithmeticNode,
  left: Operand & { kind: "constant" },
  right: Operand & { kind: "constant" },
): Operand {
  if (left.template || right.template) {
    fail(`placeholder was not supported between two constants with operator: ${node.op}`, node);
  }
  const value = placed(node, () => foldArithmetic(node.op, left.value, right.value));
  return { kind: "constant", value, template: false, node };
}

/** `const + col` and `const * col` commute; the others Milvus does not have. */
function bindMirrored(node: ArithmeticNode, value: Constant, right: Operand): Operand {
  if (node.op === "**") fail("power can only apply on constants", node);
  if (right.kind !== "column") return refuseNested(node);
  const operand = checkOperand(node, right.column, value);
  if (node.op !== "+" && node.op !== "*") fail("module field is not yet supported", node);
  return { kind: "arithmetic", column: right.column, op: node.op, operand, node };
}

function refuseNested(node: ArithmeticNode): never {
  return fail("complicated arithmetic operations are not supported", node);
}

/** `a & 1 == 0` means `a & (1 == 0)`. */
function refusePredicate(node: ArithmeticNode): never {
  const name = operatorNames[node.op];
  if (!isBitwise(node.op)) fail(`'${name}' cannot perform arithmetic between boolean expressions`, node);
  const hint =
    node.op === "<<" || node.op === ">>" ? "" : `; comparisons bind tighter than '${node.op}', use parentheses`;
  return fail(`bitwise operations can only apply on integer types${hint}`, node);
}

/** @throws {FilterError} unless the operator works on the column's type and the operand */
function checkOperand(node: ArithmeticNode, column: ColumnRef, operand: Constant): bigint | number {
  refuseText(column);
  if (typeof operand === "boolean" && isBitwise(node.op)) refusePredicate(node);
  return placed(node, () => checkNumbers(node.op, column, operand));
}

function checkNumbers(op: ArithmeticOperator, column: ColumnRef, operand: Constant): bigint | number {
  const { type } = column;
  const numeric = column.kind !== "array" && (type === DataType.JSON || isInteger(type) || isFloat(type));
  const between = `between ${dataTypeName(type)} field and ${constantType(operand)}`;
  if (!numeric || !isNumeric(operand))
    throw new FilterError(`'${operatorNames[op]}' cannot perform arithmetic ${between}`);
  const integers = type === DataType.JSON || isInteger(type);
  if (isBitwise(op) && (!integers || typeof operand !== "bigint")) {
    throw new FilterError("bitwise operations can only apply on integer types");
  }
  if (op === "%" && !integers) throw new FilterError("modulo can only apply on integer types");
  if (isInteger(type) && typeof operand !== "bigint") {
    throw new FilterError(`'${operatorNames[op]}' cannot perform arithmetic ${between}`);
  }
  if ((op === "/" || op === "%") && Number(operand) === 0) throw new FilterError("division or modulus by zero");
  if ((op === "<<" || op === ">>") && typeof operand === "bigint") checkShift(operand);
  return type === DataType.Float ? roundOperand(op, Number(operand)) : isFloat(type) ? Number(operand) : operand;
}

/** A divisor may be a number and yet 0 as a float32. */
function roundOperand(op: ArithmeticOperator, operand: number): number {
  const rounded = Math.fround(operand);
  if (op === "/" && rounded === 0) throw new FilterError("division or modulus by zero");
  return rounded;
}
