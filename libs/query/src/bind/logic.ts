import type { Predicate } from "../plan.ts";

export const CONSTANT = {
  true: { kind: "constant", value: true },
  false: { kind: "constant", value: false },
} as const satisfies Record<string, Predicate>;

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
  const integers = new Map<number, { first: Predicate; values: Set<bigint> }>();
  const strings = new Map<number, { first: Predicate; values: Set<string> }>();
  const others: Predicate[] = [];
  for (const operand of operands) {
    if (operand.kind === "integer" && operand.low === operand.high)
      collect(integers, operand, operand.field.index, [operand.low]);
    else if (operand.kind === "inIntegers") collect(integers, operand, operand.field.index, operand.values);
    else if (operand.kind === "equalsString") collect(strings, operand, operand.field.index, [operand.value]);
    else if (operand.kind === "inStrings") collect(strings, operand, operand.field.index, operand.values);
    else others.push(operand);
  }
  return [...[...integers.values()].map(mergedIntegers), ...[...strings.values()].map(mergedStrings), ...others];
}

function collect<T>(
  groups: Map<number, { first: Predicate; values: Set<T> }>,
  first: Predicate,
  field: number,
  values: readonly T[],
) {
  const group = groups.get(field) ?? { first, values: new Set<T>() };
  for (const value of values) group.values.add(value);
  groups.set(field, group);
}

function mergedIntegers({ first, values }: { first: Predicate; values: Set<bigint> }): Predicate {
  if (values.size === 1 || !("field" in first)) return first;
  return { kind: "inIntegers", field: first.field, values: [...values] };
}

function mergedStrings({ first, values }: { first: Predicate; values: Set<string> }): Predicate {
  if (values.size === 1 || !("field" in first)) return first;
  return { kind: "inStrings", field: first.field, values: [...values] };
}
