import type { Column } from "@sluice/columns";
import type { FieldSchema } from "@sluice/schema";
import type { JsonPath } from "@sluice/values";
import { AnswerBudget } from "../segment-rows.ts";
import { type TakenRows, takenRows } from "../take-rows.ts";
import type { GroupValues } from "./group-hits.ts";
import type { GroupBy } from "./group-params.ts";
import { valueText } from "./group-values.ts";
import type { Search, SearchDeps } from "./search.ts";
import type { Hit } from "./top-hits.ts";

/** Of hits, the values that they are grouped by. */
export async function valuesOf(
  hits: readonly Hit[],
  { field, path, beside = [] }: GroupBy,
  { filter: { collection, text } }: Pick<Search, "filter">,
  deps: SearchDeps,
): Promise<GroupValues> {
  const fields = [field, ...beside].map((index) => collection.fields[index]);
  const { rows, columns } = await columnsOfHits(hits, fields, text.schema, deps);
  const textOf = (column: readonly Column[], i: number, at?: JsonPath) =>
    valueText(column[rows.sourceOf[i]], rows.rowOf[i], at);
  const [first, ...others] = columns;
  // With its length a value is told from what follows it.
  const ofOthers = (i: number) => others.map((column) => textOf(column, i)).map((one) => `${one.length}:${one}`);
  return new Map(hits.map((hit, i) => [hit, [...ofOthers(i), textOf(first, i, path)].join("")]));
}

/** What hits have in some fields: of each field the columns of all parts, and where the hits are there. */
export async function columnsOfHits(
  hits: readonly Hit[],
  fields: readonly FieldSchema[],
  schema: Buffer,
  { rows: from, sources, turns, signal }: SearchDeps,
  budget = new AnswerBudget(Number.POSITIVE_INFINITY),
): Promise<TakenRows & { readonly columns: readonly (readonly Column[])[] }> {
  const { wanted, rows } = takenRows(sources.pick(hits), sources.parts.length);
  const columns = await from.take(
    sources.parts.map((part, i) => ({ part, rows: wanted[i] })),
    { fields, schema },
    { turns, signal, budget },
  );
  return { columns, wanted, rows };
}
