import { excerptOfList, ImportError } from "@sluice/errors";
import { leavesOf, listNode, type PandasRange, type ParquetFile, type SchemaNode } from "@sluice/parquet";
import { META_FIELD_NAME } from "@sluice/schema";
import type { ColumnSource, NamedColumn } from "../../plan/bind-columns.ts";
import type { FieldPlan, Target } from "../../plan/field-plan.ts";
import { jsonShape } from "./columns/json-shape.ts";

/** A column of the file, or one that its metadata stand for. */
export type FileColumn = SchemaNode | PandasRange;

/** An index of pandas that the metadata alone have. */
export function isRange(column: FileColumn): column is PandasRange {
  return "step" in column;
}

/** What the file offers to fields. @param path of the file, for errors */
export function columnSource(file: ParquetFile, path: string): ColumnSource<FileColumn> {
  return {
    columns: [...namedChildren(file.root), ...rangesOf(file)],
    inside: (column) => (isRange(column) || column.leaf >= 0 || listNode(column) ? [] : namedChildren(column)),
    missing: (name) => `no parquet field for milvus field '${name}'`,
    overview: `the file has ${columnsOf(file)}`,
    placeOf: () => ({ file: path }),
  };
}

function rangesOf({ root, pandasIndex }: ParquetFile): NamedColumn<FileColumn>[] {
  const names = new Set(root.children.map(({ name }) => name));
  return pandasIndex.ranges.filter(({ name }) => !names.has(name)).map((column) => ({ name: column.name, column }));
}

function namedChildren(node: SchemaNode): NamedColumn<SchemaNode>[] {
  return node.children.map((column) => ({ name: column.name, column }));
}

/** Columns that an error lists. */
const MAX_LISTED = 20;

function columnsOf({ root }: ParquetFile): string {
  const names = root.children.map(({ name }) => `'${name}'`);
  return names.length === 0 ? "no columns" : `the columns ${excerptOfList(names, MAX_LISTED)}`;
}

/** Columns that no field takes, and what becomes of them. */
export interface ExtraColumns {
  /** Become keys of `$meta`; of structs into which a mapping reaches, what it leaves. */
  readonly folded: readonly SchemaNode[];
  /** Names of those that are left out. */
  readonly left: readonly string[];
}

/**
 * Columns that no field takes become keys of `$meta` where there is one, unless the option `fold_extra_columns` is false and
 * unless JSON has no form for them. What pandas calls an index labels rows and is no data.
 * @param extras columns that lead nowhere @param leftInside names of what lies in columns of which a mapping takes other parts
 */
export function extraColumns(
  { root, pandasIndex }: ParquetFile,
  plan: FieldPlan,
  extras: readonly NamedColumn<FileColumn>[],
  leftInside: readonly string[],
): ExtraColumns {
  const data = extras.filter(({ name }) => !isRowLabel(name));
  const names = data.map(({ name }) => name);
  if (!plan.options.foldExtraColumns || !plan.schema.fields.some((field) => field.isDynamic))
    return { folded: [], left: [...names, ...leftInside] };
  const whole = data.flatMap(({ name, column }) =>
    isRange(column) || pandasIndex.columns.includes(name) || !jsonShape(column) ? [] : [column],
  );
  const rests = root.children.flatMap((column) => restOf(column, plan.target(column.name)) ?? []);
  const wholeNames = new Set(whole.map(({ name }) => name));
  const restNames = new Set(rests.map(({ name }) => name));
  const isInRest = (name: string) => !name.endsWith(`.${META_FIELD_NAME}`) && isBelow(name, restNames);
  const left = [...names.filter((name) => !wholeNames.has(name)), ...leftInside.filter((name) => !isInRest(name))];
  const folded = [...whole, ...rests];
  checkLeaves(folded);
  return { folded, left };
}

/** Whether a path, whose names may have dots of their own, begins with one of these names. */
function isBelow(path: string, names: ReadonlySet<string>): boolean {
  for (let dot = path.indexOf("."); dot >= 0; dot = path.indexOf(".", dot + 1))
    if (names.has(path.slice(0, dot))) return true;
  return false;
}

/** Each costs some kilobytes while rows are read. */
const MAX_FOLDED_LEAVES = 10_000;

function checkLeaves(folded: readonly SchemaNode[]): void {
  const count = folded.reduce((sum, column) => sum + leavesOf(column).length, 0);
  if (count <= MAX_FOLDED_LEAVES) return;
  const reason = `${count} columns that no field takes cannot all become keys of $meta (limit ${MAX_FOLDED_LEAVES})`;
  throw new ImportError("unsupported", `${reason}: import with fold_extra_columns=false, or fewer columns`);
}

/** A struct without the members that lead somewhere; undefined where none is left, or JSON has no form for one. */
function restOf(column: SchemaNode, target: Target): SchemaNode | undefined {
  if (target.kind !== "inside" || column.leaf >= 0 || listNode(column)) return undefined;
  const rest = without(column, target.names);
  return rest && jsonShape(rest) ? rest : undefined;
}

function without(node: SchemaNode, names: ReadonlyMap<string, Target>): SchemaNode | undefined {
  const children = node.children.flatMap((child) => {
    const target = names.get(child.name);
    // Another collection's `$meta` is no key of this one's.
    if (!target) return child.name === META_FIELD_NAME ? [] : [child];
    return target.kind === "inside" ? (without(child, target.names) ?? []) : [];
  });
  return children.length > 0 ? { ...node, children } : undefined;
}

/** Row labels that pandas itself has named are not worth a word. */
function isRowLabel(name: string): boolean {
  return /^__index_level_\d+__$/.test(name);
}
