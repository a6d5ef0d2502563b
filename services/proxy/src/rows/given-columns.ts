import { giveSpareMemory } from "@sluice/async";
import type { Column, InsertBatch } from "@sluice/columns";
import { excerpt, formatLocation, ImportError, StatusError, statusCodes } from "@sluice/errors";
import { columnOfData, type FieldBytes, splitFieldData } from "@sluice/fields";
import { checkColumns } from "@sluice/formats";
import { type CollectionSchema, type FieldSchema, isOptional } from "@sluice/schema";

/** Rows as clients of gRPC send them. */
export interface GivenRows {
  /** Serialized `FieldData`. */
  readonly fields: readonly Uint8Array[];
  readonly numRows: number;
}

/** What the rows are for: those of an upsert bring their keys, automatic or not; those of an update have some fields alone. */
export type RowPurpose = "insert" | "upsert" | "update";

/**
 * The columns that a client gives, checked as values of files are. What it leaves out, and may leave out, is undefined.
 * @throws {StatusError} 1100, with row and field where a value is wrong
 */
export function givenColumns(
  collection: CollectionSchema,
  { fields, numRows }: GivenRows,
  purpose: RowPurpose = "insert",
): InsertBatch {
  if (numRows === 0) throw refused("num_rows should be greater than 0");
  const given = new Map<string, FieldBytes>();
  for (const bytes of fields) for (const [name, data] of namedFields(bytes)) take(given, name, data);
  const columns: (Column | undefined)[] = [];
  try {
    for (const field of collection.fields) columns.push(columnOf(field, collection, given, { numRows, purpose }));
    const [unknown] = given.keys();
    if (unknown !== undefined) throw refused(`fieldName ${excerpt(unknown)} not exist in collection schema`);
    const batch = { rowCount: numRows, columns, sourceBytes: 0 };
    checkColumns(collection, batch);
    return batch;
  } catch (error) {
    releaseColumns(columns);
    if (error instanceof ImportError && error.spec.blame === "input")
      throw refused(`${error.reason}${formatLocation(error.at)}`);
    throw error;
  }
}

/** Gives the memory of columns back that nobody reads any more. */
export function releaseColumns(columns: InsertBatch["columns"]): void {
  for (const column of columns) if (column) giveSpareMemory(column.data);
}

/** Members of structs by the names of their columns. Values stay in the bytes of the message, which are read once. */
function namedFields(bytes: Uint8Array): (readonly [string, FieldBytes])[] {
  const data = readable(() => splitFieldData(bytes));
  if (data.isDynamic) return [["$meta", data]];
  if (data.members.length === 0) return [[data.name, data]];
  return data.members.map((member) => [
    `${data.name}[${member.name}]`,
    { ...member, ...(data.valid && !member.valid && { valid: data.valid }) },
  ]);
}

function take(given: Map<string, FieldBytes>, name: string, data: FieldBytes): void {
  if (given.has(name)) throw refused(`duplicated field name ${excerpt(name)} in the rows`);
  given.set(name, data);
}

function columnOf(
  field: FieldSchema,
  collection: CollectionSchema,
  given: Map<string, FieldBytes>,
  { numRows, purpose }: { numRows: number; purpose: RowPurpose },
): Column | undefined {
  const data = given.get(field.name);
  given.delete(field.name);
  if (!data) {
    if (field.isPrimaryKey && purpose !== "insert")
      throw refused(`must assign pk when upsert, primary field: ${field.name}`);
    if (isOptional(field) || purpose === "update") return undefined;
    throw refused(`fieldSchema(${field.name}) has no corresponding fieldData pass in`);
  }
  if (field.isFunctionOutput && !field.mayBeGiven)
    throw refused(`not allowed to provide data for function output field '${field.name}'`);
  if (field.isPrimaryKey && field.autoId && !collection.allowInsertAutoId && purpose === "insert")
    throw refused(
      `can not assign primary field data when auto id enabled and allow_insert_auto_id is false ${field.name}`,
    );
  return columnOfGiven(field, data, numRows, collection.timezone);
}

function columnOfGiven(field: FieldSchema, data: FieldBytes, numRows: number, timezone: string): Column {
  return readable(() => columnOfData(field, data, numRows, timezone));
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw refused(error.message);
    throw error;
  }
}

/** Code 1100. */
export function refused(reason: string): StatusError {
  return new StatusError(statusCodes.invalidParameter, `${reason}: invalid parameter`);
}
