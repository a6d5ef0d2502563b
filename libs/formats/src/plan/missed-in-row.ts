import { didYouMean, excerpt, excerptOfList } from "@sluice/errors";
import type { FieldPlan } from "./field-plan.ts";
import { missed } from "./refusals.ts";

/** Keys of a row that an error lists. */
const MAX_LISTED = 20;

/**
 * What is said of a row without values that it must have; code `schema_mismatch`.
 * @param missing fields, at least one @param keys what the row has instead
 */
export function missedInRow(plan: FieldPlan, missing: readonly string[], keys: readonly string[]): string {
  const unused = keys.filter((key) => plan.target(key).kind === "extra");
  const [first, ...others] = missing.map((name) => ({ name, hint: hintOf(plan, name, unused) }));
  const listed = excerptOfList(
    keys.map((key) => `'${excerpt(key)}'`),
    MAX_LISTED,
  );
  const has = keys.length === 0 ? "the row has no keys" : `the row has ${listed}`;
  const also = excerptOfList(others.map(({ name, hint }) => `'${excerpt(name)}'${hint}`));
  return missed(first.name, `${has}${first.hint}${also && `; also missed: ${also}`}`);
}

function hintOf(plan: FieldPlan, name: string, unused: readonly string[]): string {
  const source = plan.sourceOf(name);
  const near = didYouMean(source, unused);
  return source === name ? near : `${near}; fields_mapping looks for it in '${excerpt(source)}'`;
}
