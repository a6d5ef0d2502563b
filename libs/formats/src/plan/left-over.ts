import { excerpt } from "@sluice/errors";
import type { FieldSchema } from "@sluice/schema";
import type { FieldPlan } from "./field-plan.ts";

/** Names of a source, or of a collection, that are compared with each other; more would cost their product. */
const MAX_COMPARED = 200;
/** Names that one warning repeats. */
const MAX_NAMED = 10;

/** What becomes of columns that no field takes, for the user: nothing vanishes without a word. Undefined when there are none. */
export function leftOverWarning(plan: FieldPlan, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const listed = names.slice(0, MAX_NAMED).map((name) => `'${excerpt(name)}'${hint(plan, name)}`);
  const more = names.length > MAX_NAMED ? `, … (${names.length} in all)` : "";
  const what =
    names.length === 1 ? "a column that no field takes was" : `${names.length} columns that no field takes were`;
  return `${what} not imported: ${listed.join(", ")}${more}`;
}

/**
 * Fields that could have come from the source and did not, for the user. Undefined when there are none.
 * @param bound parallel to the fields of the schema; undefined: no column
 */
export function absentWarning(plan: FieldPlan, bound: readonly unknown[]): string | undefined {
  const absent = plan.schema.fields.filter((field, i) => bound[i] === undefined && isExpected(field));
  if (absent.length === 0) return undefined;
  const listed = absent.slice(0, MAX_NAMED).map((field) => `'${excerpt(field.name)}' (${standIn(field)} in every row)`);
  const more = absent.length > MAX_NAMED ? `, … (${absent.length} in all)` : "";
  return `no column for ${listed.join(", ")}${more}`;
}

/** Files may give it and need not. Members of struct arrays, which have brackets in their names, come with their struct. */
function isExpected({ name, isDynamic, autoId, isFunctionOutput, nullable, defaultValue }: FieldSchema): boolean {
  if (isDynamic || autoId || isFunctionOutput || name.includes("[")) return false;
  return nullable || defaultValue !== undefined;
}

function standIn({ defaultValue }: FieldSchema): string {
  return defaultValue === undefined ? "null" : "its default";
}

function hint({ schema }: FieldPlan, name: string): string {
  const names = [...schema.fields, ...schema.structs].slice(0, MAX_COMPARED).map((field) => field.name);
  const near = names.find((candidate) => isNear(name, candidate));
  return near === undefined ? "" : ` (did you mean '${near}'?)`;
}

/** Equal but for case, or for two letters in longer names. */
function isNear(a: string, b: string): boolean {
  if (a === b || a.length > 256) return false;
  const [left, right] = [a.toLowerCase(), b.toLowerCase()];
  if (left === right) return true;
  const allowed = Math.min(left.length, right.length) > 4 ? 2 : 1;
  return Math.abs(left.length - right.length) <= allowed && left.length > 2 && distance(left, right) <= allowed;
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length];
}
