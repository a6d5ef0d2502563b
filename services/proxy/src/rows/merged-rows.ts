import {
  type Column,
  constantColumn,
  FixedBuilder,
  type InsertBatch,
  isNull,
  VarBuilder,
  type VarColumn,
  varValue,
} from "@sluice/columns";
import { excerpt } from "@sluice/errors";
import {
  type CollectionSchema,
  DataType,
  type FieldSchema,
  fixedWidth,
  functionOfOutput,
  isComputed,
} from "@sluice/schema";
import { type ArrayChange, changedArrays } from "./array-changes.ts";
import { refused } from "./given-columns.ts";
import { mergedObjects } from "./merged-objects.ts";
import type { StoredRows } from "./stored-rows.ts";

/** Of a row that is not there yet. */
const NONE = -1;

/** What an update says of its rows besides the values. */
export interface RowUpdate {
  /** Some columns of the rows; the others are undefined. */
  readonly given: InsertBatch;
  /** How values of Array fields change, by name; those that are not named are put in the place of what was there. */
  readonly arrays: ReadonlyMap<string, ArrayChange>;
}

/**
 * Whole rows: what an update gives, and else what is there. Rows that are not there become new ones, and then lack nothing that a row
 * must have. Keys of the dynamic field are merged. Outputs of functions are left to these, but for vectors of a model whose text
 * stays.
 * @param rowOf of each row the stored one, or -1
 * @throws {StatusError} 1100
 */
export function mergedRows(
  schema: CollectionSchema,
  { given, arrays }: RowUpdate,
  stored: StoredRows,
  rowOf: Int32Array,
): InsertBatch {
  checkArrayChanges(schema, given, arrays);
  const columns = schema.fields.map((field, i) => {
    const [mine, old] = [given.columns[i], stored.columns[i]];
    if (mine && field.isFunctionOutput) return mine;
    if (isComputed(schema, field) || isMadeAnew(schema, field, given, rowOf)) return undefined;
    if (!mine) return storedColumn(field, old, rowOf);
    if (field.isDynamic) return mergedObjects(mine as VarColumn, old as VarColumn | undefined, rowOf);
    const change = arrays.get(field.name);
    return change
      ? changedArrays(field, change, { given: mine as VarColumn, stored: old as VarColumn | undefined }, rowOf)
      : mine;
  });
  return { ...given, columns };
}

/** Where the text is given, or a row is new, a model makes the vectors of all rows. */
function isMadeAnew(schema: CollectionSchema, field: FieldSchema, given: InsertBatch, rowOf: Int32Array): boolean {
  const model = functionOfOutput(schema, field);
  if (!model) return false;
  const input = schema.fields.findIndex(({ fieldId }) => fieldId === model.inputId);
  return given.columns[input] !== undefined || rowOf.includes(NONE);
}

function storedColumn(field: FieldSchema, old: Column | undefined, rowOf: Int32Array): Column {
  const { length: rowCount } = rowOf;
  if (!old) return newColumn(field, rowCount);
  const builder = fixedWidth(field) > 0 ? new FixedBuilder(field) : new VarBuilder(field, rowCount);
  if (builder instanceof FixedBuilder) builder.begin(rowCount);
  else builder.setValid(0, rowCount);
  for (const [row, at] of rowOf.entries())
    if (at === NONE && !builder.canFill) throw missing(field);
    else if (at === NONE || isNull(old, at)) builder.fill(row);
    else
      builder.put(
        row,
        old.kind === "var" ? varValue(old, at) : old.data.subarray(at * old.width, (at + 1) * old.width),
      );
  return builder.take(rowCount);
}

/** Of rows none of which is there. */
function newColumn(field: FieldSchema, rowCount: number): Column {
  if (field.defaultValue === undefined && !field.nullable && !field.isDynamic) throw missing(field);
  if (field.isDynamic)
    return {
      kind: "var",
      offsets: Uint32Array.from({ length: rowCount + 1 }, (_, i) => 2 * i),
      data: Buffer.from("{}".repeat(rowCount)),
      validity: undefined,
    };
  return constantColumn(field, rowCount, field.defaultValue ?? null);
}

function missing({ name }: FieldSchema): Error {
  return refused(`fieldSchema(${name}) has no corresponding fieldData pass in (a row with a new key needs it)`);
}

function checkArrayChanges({ fields }: CollectionSchema, given: InsertBatch, arrays: RowUpdate["arrays"]): void {
  for (const [name, change] of arrays) {
    const at = fields.findIndex((field) => field.name === name);
    if (at < 0 || !given.columns[at]) throw refused(`field op of ${excerpt(name)}: the rows have no such field`);
    if (fields[at].dataType !== DataType.Array)
      throw refused(`field op ${change} is for Array fields, and ${name} is none`);
  }
}
