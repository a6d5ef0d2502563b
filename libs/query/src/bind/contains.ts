import { dataTypeName } from "@sluice/schema";
import { type Constant, constantText, constantType, isList } from "../constant.ts";
import type { CallNode, Node } from "../parse/ast.ts";
import type { Predicate } from "../plan.ts";
import { argumentsOf } from "./arguments.ts";
import { castTo } from "./cast.ts";
import { type BindContext, type ColumnRef, fail, type Operand, type OperandOf, sourceOf } from "./context.ts";
import { type BindIn, memberFor } from "./elements.ts";
import { refuseManyLists } from "./membership.ts";

type Mode = "contains" | "contains_all" | "contains_any";

const contains = /^(?:json|array)_(contains|contains_all|contains_any)$/;

/** What a function asks of lists, by its name in lower case; undefined of another one. */
export function containsMode(name: string): Mode | undefined {
  return contains.exec(name)?.[1] as Mode | undefined;
}

/** What a list must hold. @throws {FilterError} */
export function bindContains(node: CallNode, mode: Mode, context: BindContext, bind: BindIn): Predicate {
  const [target, wanted] = argumentsOf(node, bind, 2);
  const column = listColumn(node, target, mode, context);
  if (wanted.kind !== "constant") {
    return fail(
      `${mode} operation are only supported explicitly value, but got: ${sourceOf(wanted.node, context)}`,
      wanted.node,
    );
  }
  const values = mode === "contains" ? [wanted.value] : wantedList(mode, wanted);
  refuseManyLists(values, wanted.node);
  const cast = column.kind === "json" ? values : castElements(column, mode, values, wanted.node);
  const test = { kind: "contains", mode: mode === "contains_all" ? "all" : "any", values: cast } as const;
  if (column.kind === "json") return { kind: "jsonList", field: column, path: column.path, test };
  return { kind: "array", field: column, test };
}

function listColumn(node: CallNode, target: Operand, operation: string, context: BindContext): ColumnRef {
  if (target.kind === "column" && (target.column.kind === "json" || target.column.kind === "array"))
    return target.column;
  const text = sourceOf(target.node, context);
  return fail(`${operation} operation are only supported on json or array fields now, got: ${text}`, node);
}

function wantedList(mode: Mode, wanted: OperandOf<"constant">): readonly Constant[] {
  if (isList(wanted.value)) return wanted.value;
  return fail(`${operationName(mode)} operation element must be an array`, wanted.node);
}

function castElements(column: ColumnRef, mode: Mode, values: readonly Constant[], node: Node): Constant[] {
  const { elementType } = column.schema;
  const name = dataTypeName(elementType);
  return values.map((value) => {
    const cast = castTo(elementType, value);
    if (cast !== undefined) return cast;
    if (mode === "contains") return fail(`cannot cast value to ${name}, value: ${constantText(value)}`, node);
    const types = `${name} and ${constantType(value)}`;
    return fail(`${operationName(mode)} operation can't compare between array element type: ${types}`, node);
  });
}

function operationName(mode: Mode): string {
  return mode === "contains_all" ? "ContainsAll" : "ContainsAny";
}

/** The length of a list, to be compared. @throws {FilterError} */
export function bindLength(node: CallNode, context: BindContext, bind: BindIn): Operand {
  const [list] = node.args;
  const member = list?.kind === "column" ? memberFor(list, context) : undefined;
  const [target] = argumentsOf(member ? { ...node, args: [member] } : node, bind, 1);
  return { kind: "length", column: listColumn(node, target, "array_length", context), node };
}
