import { excerpt } from "@sluice/errors";
import type { CallNode } from "../parse/ast.ts";
import { fail, type Operand } from "./context.ts";
import type { BindIn } from "./elements.ts";

/** The positional arguments, of which there are `least` to `most`; only `named` may be given by name. */
export function argumentsOf(node: CallNode, bind: BindIn, least: number, most = least, named = ""): Operand[] {
  const count = node.args.length;
  const expected = least === most ? `${least}` : `${least} to ${most}`;
  if (count < least || count > most)
    fail(`function ${node.name} expects ${expected} arguments, but got ${count}`, node);
  for (const [name, value] of node.named) {
    if (name !== named) fail(`function ${node.name} has no argument named ${excerpt(name)}`, value);
  }
  return node.args.map((argument) => bind(argument));
}

/** An argument that must be an integer of a range. @throws {FilterError} */
export function boundedInteger(node: CallNode, operand: Operand, what: string, least: bigint, most: bigint): number {
  const value = operand.kind === "constant" ? operand.value : undefined;
  if (typeof value === "bigint" && value >= least && value <= most) return Number(value);
  return fail(`${what} of ${node.name} must be an integer in range [${least}, ${most}]`, operand.node);
}
