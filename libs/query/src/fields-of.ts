import type { FieldRef, Predicate } from "./plan.ts";

/** Positions in `schema.fields` of the columns that a predicate reads, ascending. */
export function fieldsOf(predicate: Predicate): number[] {
  const found = new Set<number>();
  collect(predicate, found);
  return [...found].sort((a, b) => a - b);
}

function collect(predicate: Predicate, found: Set<number>): void {
  for (const field of ownFields(predicate)) found.add(field.index);
  if (predicate.kind === "not") collect(predicate.operand, found);
  if (predicate.kind === "and" || predicate.kind === "or")
    for (const operand of predicate.operands) collect(operand, found);
}

function ownFields(predicate: Predicate): FieldRef[] {
  if (predicate.kind === "columns") return [predicate.left, predicate.right];
  if (predicate.kind === "isNull" && !predicate.field.schema.nullable) return [];
  if (predicate.kind === "elements") return predicate.members.map(({ field }) => field);
  return "field" in predicate ? [predicate.field] : [];
}
