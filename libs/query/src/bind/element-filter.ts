import type { CallNode, Node } from "../parse/ast.ts";
import type { Predicate } from "../plan.ts";
import { type BindContext, fail } from "./context.ts";
import { type BindIn, bindMatch } from "./elements.ts";

/** As expressions write it. Source: Milvus's grammar. */
export const ELEMENT_FILTER = "element_filter";

/** The `element_filter` of an expression where it may stand: alone, or last behind `and`. */
export function elementFilterOf(root: Node): CallNode | undefined {
  let node = root;
  while (node.kind === "logical" && node.op === "and") node = node.operands[node.operands.length - 1];
  return node.kind === "call" && node.name.toLowerCase() === ELEMENT_FILTER ? node : undefined;
}

/**
 * `element_filter(STRUCT, predicate)`: true of rows with such an element, and of these elements it is that a read is.
 * @throws {FilterError}
 */
export function bindElementFilter(node: CallNode, context: BindContext, bind: BindIn): Predicate {
  if (node !== context.elementFilter)
    fail("element filter expression can only be the last expression in the logical and expression", node);
  context.elements = bindMatch(node, "any", context, bind);
  return context.elements;
}
