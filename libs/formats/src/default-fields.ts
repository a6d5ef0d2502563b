import { type Column, varValue } from "@sluice/columns";
import { excerpt, ImportError } from "@sluice/errors";
import type { CollectionSchema, FieldSchema } from "@sluice/schema";
import { parseJsonObject } from "./plan/field-options.ts";
import { FieldPlan } from "./plan/field-plan.ts";
import { SENTINEL_BYTES } from "./rows/file-windows.ts";
import { RowParser } from "./rows/json/row-parser.ts";
import { Scanner } from "./rows/json/scanner.ts";

const OPTION = "default_fields";

/**
 * The schema in which fields have the defaults that an import brings along: a JSON object, field to value. Values are read as
 * those of JSON rows are, so that any type can have one, also those for which none can be declared.
 * @param from what brings them, for errors
 * @throws {ImportError} `request_invalid`
 */
export function withDefaults(
  schema: CollectionSchema,
  text: string | undefined,
  from = `options.${OPTION}`,
): CollectionSchema {
  if (text === undefined) return schema;
  const names = Object.keys(parseJsonObject(OPTION, text));
  try {
    return defaultsIn(schema, names, text);
  } catch (error) {
    throw error instanceof ImportError
      ? new ImportError(error.code, `${from}: ${error.reason}`, undefined, { cause: error })
      : error;
  }
}

function defaultsIn(schema: CollectionSchema, names: readonly string[], text: string): CollectionSchema {
  const given = names.map((name) => checkedField(schema, name));
  const cells = new Map(parseCells(schema, given, text).map((cell, i) => [given[i].name, cell]));
  const fields = schema.fields.map((field) => ({
    ...field,
    defaultValue: cells.get(field.name) ?? field.defaultValue,
  }));
  return { ...schema, fields };
}

function checkedField({ fields, structs }: CollectionSchema, name: string): FieldSchema {
  const field = fields.find((candidate) => candidate.name === name);
  const isMember = structs.some((struct) => name.startsWith(`${struct.name}[`));
  if (!field) throw invalid(`there is no field '${excerpt(name)}'`);
  if (field.isPrimaryKey) throw invalid(`the primary key '${name}' would be the same in all rows`);
  if (field.isDynamic || field.isFunctionOutput || isMember) throw invalid(`field '${name}' can have no default`);
  return field;
}

/** The values in column encoding, parallel to `given`. */
function parseCells(schema: CollectionSchema, given: readonly FieldSchema[], text: string): Uint8Array[] {
  const fields = given.map((field) => ({ ...field, nullable: false, defaultValue: undefined }));
  const plan = new FieldPlan(
    { ...schema, fields, structs: [], enableDynamicField: false },
    { mapping: new Map(), foldExtraColumns: false },
  );
  const scanner = new Scanner(`options.${OPTION}`);
  const rows = new RowParser(plan, scanner, { batchBytes: 1 });
  const body = Buffer.from(text);
  const bytes = new Uint8Array(body.length + SENTINEL_BYTES);
  bytes.set(body);
  const window = { begin: 0, end: body.length, base: 0, isLast: true, isUtf8: true };
  scanner.open({ ...window, bytes, view: new DataView(bytes.buffer) });
  try {
    rows.parse(scanner.blanks(0));
  } catch (error) {
    throw error instanceof ImportError ? invalid(error.reason, error) : error;
  }
  return rows.take().map((column) => firstCell(column as Column));
}

function firstCell(column: Column): Uint8Array {
  return column.kind === "fixed" ? column.data.slice(0, column.width) : varValue(column, 0).slice();
}

function invalid(reason: string, cause?: unknown): ImportError {
  return new ImportError("request_invalid", reason, undefined, { cause });
}
