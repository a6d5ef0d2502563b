import { excerpt } from "@sluice/errors";
import { DataType, dataTypeName, isVector } from "@sluice/schema";
import { type Constant, constantType } from "../constant.ts";
import type {
  ArithmeticNode,
  ExistsNode,
  InNode,
  ListNode,
  LogicalNode,
  Node,
  NullTestNode,
  TemplateNode,
  UnaryNode,
} from "../parse/ast.ts";
import type { Predicate } from "../plan.ts";
import { bindArithmetic } from "./arithmetic.ts";
import { bindCall } from "./calls.ts";
import { bindChain } from "./chain.ts";
import { resolveColumn } from "./columns.ts";
import { bindCompare } from "./compare.ts";
import { type BindContext, fail, type Operand, placed, sourceOf, spend } from "./context.ts";
import { memberFor } from "./elements.ts";
import { foldArithmetic } from "./fold.ts";
import { allOf, anyOf, asPredicate, negated } from "./logic.ts";
import { bindIn, bindLike } from "./membership.ts";

/**
 * Resolves names, fills in templates, checks types and folds constants: an expression becomes a predicate over columns.
 * Everything that can be wrong with an expression is found here, before any data is touched.
 * @throws {FilterError}
 */
export function bindPredicate(root: Node, context: BindContext): Predicate {
  const operand = bindOperand(root, context);
  const predicate = asPredicate(operand);
  if (predicate) return predicate;
  const type = describeType(operand);
  return fail(`predicate is not a boolean expression: ${sourceOf(root, context)}, data type: ${type}`, root);
}

/** Binds any part of an expression. */
function bindOperand(node: Node, context: BindContext): Operand {
  switch (node.kind) {
    case "literal":
      return { kind: "constant", value: node.value, template: false, node };
    case "list":
      return { kind: "constant", value: bindList(node, context), template: false, node };
    case "template":
      return { kind: "constant", value: templateValue(node, context), template: true, node };
    case "column":
      return { kind: "column", column: resolveColumn(node, context), node };
    case "unary":
      return node.op === "not" ? bindNot(node, context) : bindSign(node, context);
    case "arithmetic":
      return bindArithmetic(node, ...bindSides(node, context));
    case "iso":
    case "interval":
      return { kind: node.kind, text: node.text, node };
    case "call":
      return bindCall(node, context, (argument, within = context) => bindOperand(argument, within));
    default:
      return asOperand(bindBoolean(node, context), node);
  }
}

type BooleanNode = Exclude<
  Node,
  { kind: "literal" | "list" | "template" | "column" | "unary" | "arithmetic" | "iso" | "interval" | "call" }
>;

function bindBoolean(node: BooleanNode, context: BindContext): Predicate {
  switch (node.kind) {
    case "logical":
      return bindLogical(node, context);
    case "compare":
      return bindCompare(node, ...bindSides(node, context), context);
    case "chain":
      return bindChain(node, bindOperand(node.first, context), bindOperand(node.second, context), context);
    case "in":
      return bindIn(node, ...bindSides(node, context), context);
    case "like":
      return bindLike(node.operator, bindOperand(node.left, context), bindOperand(node.pattern, context), context);
    case "nullTest":
      return bindNullTest(node, context);
    case "exists":
      return bindExists(node, context);
  }
}

/** Both sides, with the hint that a precedence other than expected deserves. */
function bindSides(
  node: ArithmeticNode | InNode | Extract<Node, { kind: "compare" }>,
  context: BindContext,
): [Operand, Operand] {
  const { left, right } = node;
  const bareNot =
    node.kind !== "arithmetic" && left.kind === "unary" && left.op === "not" && !isParenthesized(left, context);
  if (!bareNot) return [bindOperand(left, context), bindOperand(right, context)];
  const rest = context.text.slice(left.operand.start, node.end);
  return [bindNot(left, context, `; 'not' binds tighter, write: not (${rest})`), bindOperand(right, context)];
}

function isParenthesized(node: Node, context: BindContext): boolean {
  return context.text[node.start] === "(";
}

function bindList(node: ListNode, context: BindContext): Constant[] {
  return node.items.map((item) => {
    // Long lists are literals throughout, which need no operand each.
    if (item.kind === "literal") return item.value;
    const operand = bindOperand(item, context);
    if (operand.kind === "constant" && !operand.template) return operand.value;
    return fail(`array element type must be generic value, but got: ${sourceOf(item, context)}`, item);
  });
}

function templateValue(node: TemplateNode, context: BindContext): Constant {
  const value = context.templates.get(node.name);
  return value ?? fail(`the value of expression template variable name {${excerpt(node.name)}} is not found`, node);
}

function bindLogical(node: LogicalNode, context: BindContext): Predicate {
  const operands = node.operands.map((part) => {
    const predicate = asPredicate(bindOperand(part, context));
    return predicate ?? fail(`'${node.op}' can only be used between boolean expressions`, part);
  });
  spend(operands, node, context);
  return node.op === "and" ? allOf(operands) : anyOf(operands);
}

function bindNot(node: UnaryNode, context: BindContext, hint = ""): Operand {
  const operand = bindOperand(node.operand, context);
  const predicate = asPredicate(operand);
  if (predicate) return asOperand(negated(predicate), node);
  if (operand.kind === "constant") return fail(`not can only apply on boolean${hint}`, node);
  return fail(`not op can only be applied on boolean expression${hint}`, node);
}

function bindSign(node: UnaryNode, context: BindContext): Operand {
  const operand = bindOperand(node.operand, context);
  if (operand.kind === "constant")
    return { ...operand, value: placed(node, () => foldSign(node, operand.value)), node };
  if (operand.kind === "column" && node.op === "+") return operand;
  // ~x is x ^ -1, which spares a kind of arithmetic.
  const all: Operand = { kind: "constant", value: -1n, template: false, node };
  if (node.op === "~")
    return bindArithmetic({ ...node, kind: "arithmetic", op: "^", left: node.operand, right: node }, operand, all);
  return fail(`unary operators can only apply on constants: ${sourceOf(node, context)}`, node);
}

function foldSign(node: UnaryNode, value: Constant): Constant {
  if (node.op === "~") return foldArithmetic("^", value, -1n);
  return node.op === "-"
    ? foldArithmetic("-", typeof value === "number" ? -0 : 0n, value)
    : foldArithmetic("+", 0n, value);
}

function bindNullTest(node: NullTestNode, context: BindContext): Predicate {
  const member = memberFor(node.column, context);
  const column = resolveColumn(member ?? node.column, context);
  if (column.kind === "element") {
    const text = sourceOf(node.column, context);
    fail(`IsNull/IsNotNull operations are not supported on array element access, got: ${text}`, node);
  }
  if (!member && isVector(column.type)) fail("IsNull/IsNotNull operations are not supported on vector fields", node);
  const isPath = column.kind === "json" && column.path.length > 0;
  // No constant even where the field is never null: `is not null` is true of every row then, and as in Milvus asks for no limit.
  const test: Predicate = isPath
    ? negated({ kind: "exists", field: column, path: column.path })
    : { kind: "isNull", field: column };
  return node.negated ? negated(test) : test;
}

function bindExists(node: ExistsNode, context: BindContext): Predicate {
  const operand = bindOperand(node.operand, context);
  const refusal = "exists operations are only supportted on json field, got:"; // Milvus's spelling.
  if (operand.kind !== "column") return fail(`${refusal}${describeType(operand)}`, node);
  const { column } = operand;
  if (column.kind !== "json") return fail(`${refusal}${dataTypeName(column.schema.dataType)}`, node);
  if (column.path.length === 0) return fail("exists operations are only supportted on json key", node);
  return { kind: "exists", field: column, path: column.path };
}

function asOperand(predicate: Predicate, node: Node): Operand {
  if (predicate.kind === "constant") return { kind: "constant", value: predicate.value, template: false, node };
  return { kind: "predicate", predicate, node };
}

function describeType(operand: Operand): string {
  switch (operand.kind) {
    case "constant":
      return constantType(operand.value);
    case "column":
    case "arithmetic":
      return dataTypeName(operand.column.type);
    case "shifted":
      return dataTypeName(DataType.Timestamptz);
    case "length":
      return "Int64";
    case "predicate":
      return "Bool";
    default:
      return "VarChar";
  }
}
