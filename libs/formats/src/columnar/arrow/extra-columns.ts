import { META_FIELD_NAME } from "@sluice/schema";
import type { BoundColumns, NamedColumn } from "../../plan/bind-columns.ts";
import type { FieldPlan, Target } from "../../plan/field-plan.ts";
import { isWritable } from "./columns/value-writers.ts";
import type { ArrowField } from "./ipc/arrow-type.ts";

/** A column, with the structs that it lies in before it. */
export type Path = readonly ArrowField[];

/** What becomes of columns that no field takes. */
export interface ExtraColumns {
  /** Become keys of `$meta`; of structs into which a mapping reaches, what it leaves. */
  readonly folded: readonly NamedColumn<Path>[];
  /** Names of those that are left out. */
  readonly left: readonly string[];
}

/**
 * Columns that no field takes become keys of `$meta` where there is one, unless the option `fold_extra_columns` is false and
 * unless JSON has no form for them. What pandas calls an index labels rows and is no data.
 * @param indexes columns that label rows
 */
export function extraColumns(
  columns: readonly ArrowField[],
  indexes: readonly string[],
  plan: FieldPlan,
  { extras, leftInside }: BoundColumns<Path>,
): ExtraColumns {
  // Row labels that pandas itself has named are not worth a word.
  const data = extras.filter(({ name }) => !/^__index_level_\d+__$/.test(name));
  const names = data.map(({ name }) => name);
  if (!plan.options.foldExtraColumns || !plan.schema.fields.some((field) => field.isDynamic))
    return { folded: [], left: [...names, ...leftInside] };
  const whole = data.filter(({ name, column }) => !indexes.includes(name) && isWritable(column[column.length - 1]));
  const rests = columns.flatMap((column) => restOf(column, plan.target(column.name)) ?? []);
  const isFolded = (name: string) => whole.some((extra) => extra.name === name);
  const isInRest = (name: string) =>
    !name.endsWith(`.${META_FIELD_NAME}`) && rests.some((column) => name.startsWith(`${column.name}.`));
  const left = [...names.filter((name) => !isFolded(name)), ...leftInside.filter((name) => !isInRest(name))];
  return { folded: [...whole, ...rests.map((column) => ({ name: column.name, column: [column] }))], left };
}

/** A struct without the members that lead somewhere; undefined where none is left, or JSON has no form for one. */
function restOf(column: ArrowField, target: Target): ArrowField | undefined {
  const rest = target.kind === "inside" ? without(column, target.names) : undefined;
  return rest && isWritable(rest) ? rest : undefined;
}

function without(field: ArrowField, names: ReadonlyMap<string, Target>): ArrowField | undefined {
  if (field.type.kind !== "struct") return undefined;
  const children = field.children.flatMap((child) => {
    const target = names.get(child.name);
    // Another collection's `$meta` is no key of this one's.
    if (!target) return child.name === META_FIELD_NAME ? [] : [child];
    return target.kind === "inside" ? (without(child, target.names) ?? []) : [];
  });
  return children.length > 0 ? { ...field, children, whole: field } : undefined;
}
