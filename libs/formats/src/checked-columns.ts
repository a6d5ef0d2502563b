import type { Column, InsertBatch, VarColumn } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { type CollectionSchema, DataType, type FieldSchema, isDenseVector } from "@sluice/schema";
import { vectorElement } from "./columnar/parquet/type-rules.ts";
import { elementTypeOf } from "./numbers/element-type.ts";
import { finiteCheck } from "./numbers/elements.ts";
import { viewsOf } from "./numbers/number-kind.ts";
import { DynamicColumn } from "./plan/dynamic-column.ts";
import { nullRefused } from "./plan/refusals.ts";
import { textChecks } from "./text-checks.ts";

/**
 * What readers of files check of values, for columns that come without a file: floats are finite, JSON is JSON, `$meta` an object
 * without the names of fields, no key is null. Of JSON keys that occur twice the last stays, in place. Columns that are not given are passed over.
 * @throws {ImportError} `value_invalid` for the first row that is refused
 */
export function checkColumns(schema: CollectionSchema, { columns, rowCount }: InsertBatch): void {
  const dynamic = DynamicColumn.of(schema);
  for (const [i, field] of schema.fields.entries()) {
    const column = columns[i];
    if (!column) continue;
    checkKey(field, column);
    if (column.kind === "fixed") checkNumbers(field, column.data, rowCount);
    else if (TEXTS.has(field.dataType)) checkTexts(field, column, rowCount, dynamic);
  }
}

const TEXTS: ReadonlySet<DataType> = new Set([DataType.VarChar, DataType.String, DataType.Text, DataType.JSON]);

function checkKey(field: FieldSchema, { validity }: Column): void {
  const row = field.isPrimaryKey ? (validity?.indexOf(0) ?? -1) : -1;
  if (row >= 0) throw new ImportError("value_invalid", nullRefused(field.name), { row, field: field.name });
}

function checkNumbers(field: FieldSchema, data: Uint8Array, rowCount: number): void {
  const isVector = isDenseVector(field.dataType);
  const element = isVector ? vectorElement(field.dataType) : elementTypeOf(field.dataType);
  const check = element && finiteCheck(element);
  if (!check) return;
  const perRow = isVector ? field.dim : 1;
  const bad = check(viewsOf(data), 0, perRow * rowCount);
  if (bad < 0) return;
  const at = { row: Math.floor(bad / perRow), field: field.name };
  throw new ImportError("value_invalid", `value of field '${field.name}' is no finite number: NaN or Infinity`, at);
}

/** Nulls are no texts: what lies between them is checked run by run. */
function checkTexts(field: FieldSchema, column: VarColumn, rowCount: number, dynamic: DynamicColumn): void {
  const checks = textChecks(field, dynamic);
  const refuse = (row: number, reason: string, other = field.name) => {
    throw new ImportError("value_invalid", reason, { row, field: other });
  };
  for (const [from, to] of runsOf(column, rowCount)) for (const check of checks) check(column, from, to, refuse);
}

/** Rows `[from, to)` that are not null. */
function* runsOf({ validity }: VarColumn, rowCount: number): Generator<readonly [from: number, to: number]> {
  if (!validity) yield [0, rowCount];
  else
    for (let from = validity.indexOf(1); from >= 0 && from < rowCount; ) {
      const end = validity.indexOf(0, from);
      const to = end < 0 ? rowCount : Math.min(end, rowCount);
      yield [from, to];
      from = validity.indexOf(1, to);
    }
}
