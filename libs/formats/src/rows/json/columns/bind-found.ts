import { excerpt, ImportError } from "@sluice/errors";
import type { ReaderInput } from "../../../format.ts";
import { type BoundColumns, bindColumns } from "../../../plan/bind-columns.ts";
import type { FieldPlan } from "../../../plan/field-plan.ts";
import { absentWarning, leftOverWarning } from "../../../plan/left-over.ts";
import { SchemaFaults } from "../../../plan/schema-faults.ts";
import type { FoundColumn } from "./find-columns.ts";

/** Columns that are read side by side: each has windows of its own. */
const MAX_COLUMNS = 1024;

/** Which column feeds what. @throws {ImportError} all faults of the columns at once */
export function bind(plan: FieldPlan, found: readonly FoundColumn[]): BoundColumns<FoundColumn> {
  const named = (columns: readonly FoundColumn[]) => columns.map((column) => ({ name: column.name, column }));
  const faults = new SchemaFaults();
  const [{ source } = { source: undefined }] = found;
  const bound = bindColumns<FoundColumn>(
    plan,
    {
      columns: named(found),
      inside: ({ inside }) => named(inside),
      missing: (name) => `no list of values for field '${name}'`,
      overview: `there are ${
        found
          .map(({ name }) => `'${excerpt(name)}'`)
          .slice(0, 20)
          .join(", ") || "none"
      }`,
      placeOf: (column) =>
        column ? { file: column.source.path, byteOffset: column.offset } : source ? { file: source.path } : {},
    },
    faults,
  );
  for (const column of [...bound.fields, ...bound.structs]) if (column && !column.values) faults.add(noColumn(column));
  faults.throwAny();
  return bound;
}

function noColumn({ name, source, offset }: FoundColumn): ImportError {
  const reason = `expected a list of the values of all rows for '${excerpt(name)}', as for the other fields of this file`;
  return new ImportError("malformed_file", reason, { file: source.path, field: name, byteOffset: offset });
}

/** @throws {ImportError} for more columns than are read side by side */
export function checkCount({ length }: readonly FoundColumn[], { sources: [{ path: file }] }: ReaderInput): void {
  if (length <= MAX_COLUMNS) return;
  const reason = `${length} columns are to be read side by side, more than ${MAX_COLUMNS}: write the table as rows, or as Parquet`;
  throw new ImportError("unsupported", reason, { file });
}

/** Rows of all columns. @throws {ImportError} when they differ, in Milvus's words */
export function alignedRows(columns: readonly FoundColumn[]): number {
  const [first] = columns;
  const other = columns.find(({ values }) => values?.count !== first.values?.count);
  if (!other) return first?.values?.count ?? 0;
  const rows = ({ name, values }: FoundColumn) => `field '${excerpt(name)}' with '${values?.count ?? 0}' rows`;
  const at = { file: other.source.path, field: other.name, byteOffset: other.offset };
  throw new ImportError("malformed_file", `imported rows are not aligned, ${rows(first)}, ${rows(other)}`, at);
}

/** Names columns that are left out, and fields without one. @param folded names of those that `$meta` takes */
export function warnOf(
  { plan, sources: [{ path }], warn }: ReaderInput,
  { extras, fields, leftInside }: BoundColumns<FoundColumn>,
  folded: readonly string[],
  found: readonly FoundColumn[],
): void {
  plan.uses.noteMeta(folded);
  if (found.length === 0) return;
  const left = extras.map(({ name }) => name).filter((name) => !folded.includes(name));
  for (const text of [leftOverWarning(plan, [...left, ...leftInside]), absentWarning(plan, fields)])
    if (text !== undefined) warn?.(`${path}: ${text}`);
}
