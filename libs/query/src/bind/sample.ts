import type { CallNode, Node } from "../parse/ast.ts";
import { type BindContext, fail, sourceOf } from "./context.ts";

/** As near to 0 and 1 Milvus takes no part. */
const MARGIN = 1e-10;

/** An expression, and the part of the rows it is true for that is drawn: of `random_sample`, which stands behind all others. */
export interface Sampled {
  /** Undefined: all rows. */
  readonly condition: Node | undefined;
  /** Between 0 and 1; undefined: no row is left out. */
  readonly part: number | undefined;
}

/** As expressions write it. Source: Milvus's grammar. */
export const SAMPLE = "random_sample";

function isSample(node: Node): node is CallNode {
  return node.kind === "call" && node.name.toLowerCase() === SAMPLE;
}

/** Takes `random_sample` off, alone or as the last operand of an AND. @throws {FilterError} */
export function sampledOf(root: Node, context: BindContext): Sampled {
  if (isSample(root)) return { condition: undefined, part: partOf(root, context) };
  const last = root.kind === "logical" && root.op === "and" ? root.operands.at(-1) : undefined;
  if (root.kind !== "logical" || !last || !isSample(last)) return { condition: root, part: undefined };
  const operands = root.operands.slice(0, -1);
  return { condition: operands.length === 1 ? operands[0] : { ...root, operands }, part: partOf(last, context) };
}

function partOf(node: CallNode, context: BindContext): number {
  const [given] = node.args;
  if (node.args.length !== 1 || node.named.size > 0)
    fail(`function ${node.name} expects 1 arguments, but got ${node.args.length + node.named.size}`, node);
  const value = given.kind === "template" ? context.templates.get(given.name) : given.kind === "literal" && given.value;
  if (typeof value === "number" && value > MARGIN && value < 1 - MARGIN) return value;
  const range = "the sample factor should be between 0 and 1 and not too close to 0 or 1";
  return fail(`${range}(the difference should be larger than ${MARGIN}), but got ${sourceOf(given, context)}`, given);
}
