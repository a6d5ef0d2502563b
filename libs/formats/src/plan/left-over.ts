import { didYouMean, excerpt } from "@sluice/errors";
import type { FieldSchema } from "@sluice/schema";
import type { FieldPlan } from "./field-plan.ts";

/** Names that one warning repeats. */
const MAX_NAMED = 10;

/**
 * What becomes of columns, or keys of rows, that no field takes, for the user: nothing vanishes without a word. Undefined when
 * there are none.
 */
export function leftOverWarning(
  plan: FieldPlan,
  names: readonly string[],
  noun: "column" | "key" = "column",
): string | undefined {
  if (names.length === 0) return undefined;
  const fields = [...plan.schema.fields, ...plan.schema.structs].map(({ name }) => name);
  const listed = names.slice(0, MAX_NAMED).map((name) => `'${excerpt(name)}'${didYouMean(name, fields)}`);
  const more = names.length > MAX_NAMED ? `, … (${names.length} in all)` : "";
  const what =
    names.length === 1 ? `a ${noun} that no field takes was` : `${names.length} ${noun}s that no field takes were`;
  return `${what} not imported: ${listed.join(", ")}${more}`;
}

/**
 * Fields that could have come from the source and did not, for the user. Undefined when there are none.
 * @param bound parallel to the fields of the schema; undefined: no column, or no row has the key
 */
export function absentWarning(
  plan: FieldPlan,
  bound: readonly unknown[],
  noun: "column" | "key" = "column",
): string | undefined {
  const { folderFields } = plan.options;
  const absent = plan.schema.fields.filter(
    (field, i) => bound[i] === undefined && isExpected(field) && !folderFields?.has(field.name),
  );
  if (absent.length === 0) return undefined;
  const listed = absent.slice(0, MAX_NAMED).map((field) => `'${excerpt(field.name)}' (${standIn(field)} in every row)`);
  const more = absent.length > MAX_NAMED ? `, … (${absent.length} in all)` : "";
  return `no ${noun} for ${listed.join(", ")}${more}`;
}

/** Files may give it and need not. Members of struct arrays, which have brackets in their names, come with their struct. */
function isExpected({ name, isDynamic, autoId, isFunctionOutput, nullable, defaultValue }: FieldSchema): boolean {
  if (isDynamic || autoId || isFunctionOutput || name.includes("[")) return false;
  return nullable || defaultValue !== undefined;
}

function standIn({ defaultValue }: FieldSchema): string {
  return defaultValue === undefined ? "null" : "its default";
}
