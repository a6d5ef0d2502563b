import { excerpt } from "@sluice/errors";
import type { CollectionSchema, DataType } from "@sluice/schema";
import type { JsonPath } from "@sluice/values";
import type { Constant, TemplateValue } from "../constant.ts";
import { FilterError } from "../filter-error.ts";
import type { ArithmeticOperator, CallNode, ColumnNode, Node } from "../parse/ast.ts";
import type { CalendarInterval, FieldRef, Predicate } from "../plan.ts";

/** What an expression is bound to. */
export interface BindContext {
  /** The expression, for messages. */
  readonly text: string;
  readonly schema: CollectionSchema;
  readonly templates: ReadonlyMap<string, TemplateValue>;
  /** IANA zone of ISO text without offset. */
  readonly timezone: string;
  /** Operands and values that may still be put together, see `spend`. */
  work: number;
  /** The one `element_filter` that may stand in the expression. */
  readonly elementFilter?: CallNode | undefined;
  /** What it is, once it is bound. */
  elements?: ElementsPredicate;
}

/** What is asked of the elements of a struct array. */
export type ElementsPredicate = Extract<Predicate, { kind: "elements" }>;

/** What binding one expression may put together: many times what any one holds, a fraction of a second. */
export const MAX_WORK = 4_000_000;

/**
 * Counts the operands of an AND or OR with the values of their lists. Each level of parentheses may put the same ones together
 * anew, so that a long list within many levels would take minutes. @throws {FilterError}
 */
export function spend(operands: readonly Predicate[], node: Node, context: BindContext): void {
  for (const operand of operands) context.work -= sizeOf(operand);
  if (context.work < 0) fail("expression is too complex: long lists within many levels of parentheses", node);
}

function sizeOf(predicate: Predicate): number {
  if (predicate.kind === "and" || predicate.kind === "or") return predicate.operands.length + 1;
  return "values" in predicate ? predicate.values.length + 1 : 1;
}

/** A name of the expression, resolved: a whole field, a place in its JSON, or an element of its array. */
export interface ColumnRef extends FieldRef {
  readonly node: ColumnNode;
  /** `scalar` has values of one plain type; `other` are vectors and geometries. */
  readonly kind: "scalar" | "json" | "array" | "element" | "other";
  /** Of its values: the element type for `element`, JSON for every place in JSON. */
  readonly type: DataType;
  /** Of `json`; empty = the field itself. */
  readonly path: JsonPath;
  /** Of `element`. */
  readonly element: number;
}

/** What a part of an expression is once names and types are known; `node` is where it stands. */
export type Operand = { readonly node: Node } & (
  | { readonly kind: "constant"; readonly value: Constant; readonly template: boolean }
  | { readonly kind: "column"; readonly column: ColumnRef }
  | {
      readonly kind: "arithmetic";
      readonly column: ColumnRef;
      readonly op: ArithmeticOperator;
      readonly operand: bigint | number;
    }
  | { readonly kind: "length"; readonly column: ColumnRef }
  | { readonly kind: "shifted"; readonly column: ColumnRef; readonly interval: CalendarInterval }
  | { readonly kind: "iso"; readonly text: string }
  | { readonly kind: "interval"; readonly text: string }
  | { readonly kind: "predicate"; readonly predicate: Predicate }
);

/** Operands of one kind. */
export type OperandOf<Kind extends Operand["kind"]> = Extract<Operand, { kind: Kind }>;

/** @throws {FilterError} always, with the node's place */
export function fail(cause: string, node: Node): never {
  throw new FilterError(cause, node.start);
}

/** Runs what knows the cause of an error but not its place. */
export function placed<T>(node: Node, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof FilterError) || error.offset !== undefined) throw error;
    throw new FilterError(error.message, node.start);
  }
}

/** The beginning of a node as written, for messages. */
export function sourceOf(node: Node, context: BindContext): string {
  return excerpt(context.text.slice(node.start, node.end));
}
