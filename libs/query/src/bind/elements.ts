import { excerpt } from "@sluice/errors";
import { type CollectionSchema, DataType, type FieldSchema, fieldIndex, type StructSchema } from "@sluice/schema";
import { fieldsOf } from "../fields-of.ts";
import type { CallNode, ColumnNode, Node } from "../parse/ast.ts";
import type { ElementCount, FieldRef, Predicate } from "../plan.ts";
import { type BindContext, type ElementsPredicate, fail, type Operand, sourceOf } from "./context.ts";
import { asPredicate } from "./logic.ts";

/** Binds a part of an expression, in another context where one is given. */
export type BindIn = (node: Node, context?: BindContext) => Operand;

type Match = ElementCount["kind"];

/** What `match_any` and the like count; undefined for another function's name. */
export function matchOf(name: string): Match | undefined {
  return /^match_(any|all|least|most|exact)$/.exec(name)?.[1] as Match | undefined;
}

/** The struct array that a name without steps is; undefined where it is none. */
function structOf(node: Node, { schema }: BindContext): StructSchema | undefined {
  if (node.kind !== "column" || node.steps.length > 0) return undefined;
  return schema.structs.find(({ name }) => name === node.name);
}

/** The member that stands for a struct array where only its length, or whether it is null, is asked for. */
export function memberFor(node: ColumnNode, context: BindContext): ColumnNode | undefined {
  const struct = structOf(node, context);
  if (!struct) return undefined;
  const [member] = [...memberFields(struct, context.schema)].sort((a, b) => rank(a) - rank(b));
  return { ...node, name: member.schema.name };
}

function rank({ schema }: FieldRef): number {
  return schema.dataType === DataType.Array ? 0 : 1;
}

function memberFields({ name, members }: StructSchema, schema: CollectionSchema): FieldRef[] {
  return members.map((member) => {
    const index = fieldIndex(schema, `${name}[${member}]`);
    return { index, schema: schema.fields[index] };
  });
}

/** `match_any(STRUCT, predicate)`, whose predicate is about elements: `$[member]`. @throws {FilterError} */
export function bindMatch(node: CallNode, match: Match, context: BindContext, bind: BindIn): ElementsPredicate {
  const [target, condition] = node.args;
  if (node.args.length !== 2) fail(`function ${node.name} expects 2 arguments, but got ${node.args.length}`, node);
  const struct = structOf(target, context);
  if (!struct) return fail(`${node.name} is asked of struct arrays, but got: ${sourceOf(target, context)}`, target);
  const outer = memberFields(struct, context.schema);
  if (!outer.some((member) => rank(member) === 0))
    fail(`${node.name} has nothing to ask of ${struct.name}, whose members are vectors`, target);
  const elements = { ...context, schema: elementSchema(outer, struct, context.schema) };
  const inner = asPredicate(bind(condition, elements));
  context.work = elements.work;
  if (!inner) return fail(`the condition of ${node.name} is not boolean: ${sourceOf(condition, context)}`, condition);
  return { kind: "elements", members: usedOf(inner, outer, elements.schema), inner, test: countOf(node, match, bind) };
}

/** One element of a struct array as a row of its own. */
function elementSchema(
  members: readonly FieldRef[],
  { name }: StructSchema,
  schema: CollectionSchema,
): CollectionSchema {
  const fields = members.map(({ schema: member }): FieldSchema => {
    const isPlain = member.dataType === DataType.Array;
    const type = isPlain ? { dataType: member.elementType, elementType: DataType.None } : {};
    return { ...member, ...type, name: `$${member.name.slice(name.length)}`, nullable: false };
  });
  return { ...schema, fields, structs: [], functions: [], enableDynamicField: false };
}

/** Those that the condition reads; of a condition that reads none one that tells how many elements there are. */
function usedOf(inner: Predicate, outer: readonly FieldRef[], { fields }: CollectionSchema) {
  const read = fieldsOf(inner);
  const used =
    read.length > 0
      ? read
      : [
          Math.max(
            0,
            outer.findIndex((member) => rank(member) === 0),
          ),
        ];
  return used.map((index) => ({ element: { index, schema: fields[index] }, field: outer[index] }));
}

function countOf(node: CallNode, match: Match, bind: BindIn): ElementCount {
  const threshold = node.named.get("threshold");
  for (const [name, value] of node.named)
    if (name !== "threshold" || match === "any" || match === "all")
      fail(`function ${node.name} has no argument named ${excerpt(name)}`, value);
  if (match === "any" || match === "all") return { kind: match };
  const given = threshold && bind(threshold);
  const count = given?.kind === "constant" && typeof given.value === "bigint" ? given.value : -1n;
  if (count < 0n || count > 2n ** 31n)
    return fail(`${node.name} needs threshold=n, a number of elements that is not negative`, threshold ?? node);
  return { kind: match, threshold: Number(count) };
}
