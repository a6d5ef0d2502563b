import { integerList, unionOf } from "../number-lists.ts";
import type { Predicate } from "../plan.ts";
import type { Operand } from "./context.ts";

/** What folding ends in where rows need not be looked at. */
export const CONSTANT = {
  true: { kind: "constant", value: true },
  false: { kind: "constant", value: false },
} as const satisfies Record<string, Predicate>;

/** A part of an expression that is TRUE or FALSE; undefined where it is something else. */
export function asPredicate(operand: Operand): Predicate | undefined {
  if (operand.kind === "predicate") return operand.predicate;
  if (operand.kind !== "constant" || typeof operand.value !== "boolean" || operand.template) return undefined;
  return operand.value ? CONSTANT.true : CONSTANT.false;
}

/** NOT, folded: of a constant, and of another NOT. UNKNOWN stays what it is. */
export function negated(operand: Predicate): Predicate {
  if (operand.kind === "constant") return operand.value ? CONSTANT.false : CONSTANT.true;
  return operand.kind === "not" ? operand.operand : { kind: "not", operand };
}

/** AND, folded: constants go (they are TRUE or FALSE, so Kleene's rules agree), nested ANDs become one. */
export function allOf(operands: readonly Predicate[]): Predicate {
  const flat = operands.flatMap((operand) => (operand.kind === "and" ? operand.operands : [operand]));
  if (flat.some((operand) => operand.kind === "constant" && !operand.value)) return CONSTANT.false;
  const rest = flat.filter((operand) => operand.kind !== "constant");
  return rest.length > 1 ? { kind: "and", operands: rest } : (rest[0] ?? CONSTANT.true);
}

/** OR, folded likewise. Equalities of one field become one `in`: users send thousands of them. */
export function anyOf(operands: readonly Predicate[]): Predicate {
  const flat = operands.flatMap((operand) => (operand.kind === "or" ? operand.operands : [operand]));
  if (flat.some((operand) => operand.kind === "constant" && operand.value)) return CONSTANT.true;
  const rest = mergeEqualities(flat.filter((operand) => operand.kind !== "constant"));
  return rest.length > 1 ? { kind: "or", operands: rest } : (rest[0] ?? CONSTANT.false);
}

/** Same truth in every case, UNKNOWN included: all of them are UNKNOWN exactly where the field is null. */
function mergeEqualities(operands: readonly Predicate[]): Predicate[] {
  const integers = new Map<number, IntegerEquality[]>();
  const strings = new Map<number, StringEquality[]>();
  const others: Predicate[] = [];
  for (const operand of operands) {
    if (operand.kind === "inIntegers" || (operand.kind === "integer" && operand.low === operand.high))
      collect(integers, operand);
    else if (operand.kind === "equalsString" || operand.kind === "inStrings") collect(strings, operand);
    else others.push(operand);
  }
  return [...[...integers.values()].map(mergedIntegers), ...[...strings.values()].map(mergedStrings), ...others];
}

type IntegerEquality = Extract<Predicate, { kind: "integer" | "inIntegers" }>;
type StringEquality = Extract<Predicate, { kind: "equalsString" | "inStrings" }>;

/** By field. */
function collect<T extends IntegerEquality | StringEquality>(groups: Map<number, T[]>, operand: T): void {
  const group = groups.get(operand.field.index);
  if (group) group.push(operand);
  else groups.set(operand.field.index, [operand]);
}

function mergedIntegers(group: readonly IntegerEquality[]): Predicate {
  if (group.length === 1) return group[0];
  const single = group.filter((operand) => operand.kind === "integer").map(({ low }) => low);
  const lists = group.filter((operand) => operand.kind === "inIntegers").map(({ values }) => values);
  const values = unionOf([integerList(single), ...lists]);
  const [{ field }] = group;
  if (values.length > 1) return { kind: "inIntegers", field, values };
  return values.length === 1 ? { kind: "integer", field, low: values[0], high: values[0] } : { kind: "never", field };
}

function mergedStrings(group: readonly StringEquality[]): Predicate {
  if (group.length === 1) return group[0];
  const values = new Set<string>();
  for (const operand of group)
    for (const value of operand.kind === "inStrings" ? operand.values : [operand.value]) values.add(value);
  return values.size === 1 ? group[0] : { kind: "inStrings", field: group[0].field, values: [...values] };
}
