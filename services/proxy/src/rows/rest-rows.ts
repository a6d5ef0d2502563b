import type { InsertBatch } from "@sluice/columns";
import { excerptOfList, ImportError, StatusError } from "@sluice/errors";
import { openReader, planGivenRows } from "@sluice/formats";
import { type CollectionSchema, type FieldSchema, fixedWidth, primaryKeyIndex } from "@sluice/schema";
import {
  closingQuote,
  decodeText,
  firstMember,
  jsonKindAt,
  listLength,
  nextMember,
  skipBlanks,
  skipValue,
  valueAfterKey,
} from "@sluice/values";
import { refused as refusedRows } from "./given-columns.ts";
import { MemoryFile } from "./memory-file.ts";

/** Milvus's code for rows of REST that it refuses. Source: around-import §2.1. */
const BAD_ROWS = 1804;
const META = "$meta";

/** Of a request: its text, whose numbers are exact, and what its `data` was parsed to. */
export interface RowsBody {
  readonly text: string;
  readonly data: unknown;
}

/**
 * The rows of a request of REST: its member `data`, a list of objects, or one object. They are read as rows of a JSON file are.
 * @throws {StatusError} 1804; 1100 for an upsert without keys
 */
export async function rowsOfBody(
  schema: CollectionSchema,
  body: RowsBody,
  purpose: "insert" | "upsert",
): Promise<InsertBatch> {
  refuseMeta(schema, body.data);
  if (purpose === "insert") return readRows(schema, body.text);
  const batch = await readRows({ ...schema, allowInsertAutoId: true }, body.text);
  const key = primaryKeyIndex(schema);
  if (batch.columns[key]) return batch;
  throw refusedRows(`must assign pk when upsert, primary field: ${schema.fields[key].name}`);
}

/** Files have their dynamic keys in a member of this name; rows of REST, as in Milvus, beside the fields. @throws {StatusError} 1804 */
function refuseMeta({ fields }: CollectionSchema, data: unknown): void {
  if (!fields.some(({ isDynamic }) => isDynamic)) return;
  const rows: readonly unknown[] = Array.isArray(data) ? data : [data];
  const row = rows.findIndex((one) => typeof one === "object" && one !== null && Object.hasOwn(one, META));
  if (row < 0) return;
  throw refused(
    `use the invalid key(${META}) when enable dynamicField is true: write what is in it into the row itself (row ${row})`,
  );
}

async function readRows(schema: CollectionSchema, bodyText: string): Promise<InsertBatch> {
  const { bytes, rowCount } = rowsIn(Buffer.from(bodyText));
  const rowBytes = schema.fields.reduce((sum, field) => sum + fixedWidth(field), 0);
  // One batch takes all of them: its capacity follows from the bytes of values that have one width.
  const options = { batchBytes: (rowCount + 1) * rowBytes + bytes.length, signal: new AbortController().signal };
  const plan = planGivenRows(schema);
  await using reader = openReader("json", { sources: [new MemoryFile("data", bytes)], plan, options: {} });
  try {
    const [batch, ...more] = await Array.fromAsync(reader.batches(options));
    if (batch && more.length === 0) return batch;
  } catch (error) {
    if (error instanceof ImportError && error.spec.blame === "input") throw refused(wordsOf(error));
    throw error;
  }
  throw refused(`the ${rowCount} rows are too large for one request: send fewer at once`);
}

/**
 * The same of an update, whose rows have some fields alone: all of them the same ones.
 * @throws {StatusError} 1804
 */
export async function changesOfBody(schema: CollectionSchema, { text, data }: RowsBody): Promise<InsertBatch> {
  refuseMeta(schema, data);
  const list: readonly unknown[] = Array.isArray(data) ? data : [data];
  const names = fieldsGiven(schema, list);
  const isGiven = ({ name, isDynamic, isPrimaryKey }: FieldSchema) =>
    isDynamic || isPrimaryKey || names.has(name.replace(/\[[^[]*\]$/, ""));
  const structs = schema.structs.filter(({ name }) => names.has(name));
  const part = { ...schema, structs, fields: schema.fields.filter(isGiven), functions: [], allowInsertAutoId: true };
  const batch = await readRows(part, text);
  return { ...batch, columns: schema.fields.map((field) => batch.columns[part.fields.indexOf(field)]) };
}

function fieldsGiven({ fields, structs }: CollectionSchema, rows: readonly unknown[]): ReadonlySet<string> {
  const known = new Set([...fields, ...structs].map(({ name }) => name));
  const given = rows.map((row) => Object.keys(row ?? {}).filter((name) => known.has(name)));
  const [first = []] = given;
  const other = given.findIndex(
    (names) => names.length !== first.length || !names.every((name) => first.includes(name)),
  );
  if (other < 0) return new Set(first);
  throw refused(
    `all rows of a partial update must have the same fields: row 0 has ${excerptOfList(first)}, row ${other} ${excerptOfList(given[other])}`,
  );
}

function rowsIn(body: Buffer): { bytes: Uint8Array; rowCount: number } {
  const at = dataIn(body);
  const kind = at < 0 ? "null" : jsonKindAt(body, at);
  if (kind === "object") return { bytes: wrapped(body.subarray(at, skipValue(body, at, body.length))), rowCount: 1 };
  if (kind !== "list") throw refused("data must be a list of rows");
  const rowCount = listLength(body, at, body.length);
  if (rowCount === 0) throw refused("data is empty");
  // A file may hold its rows as lists in the order of the fields, which nobody warns a client of here.
  if (jsonKindAt(body, skipBlanks(body, at + 1, body.length)) === "list")
    throw refused("invalid JSON format, each row should be a key-value map, but got type list (row 0)");
  return { bytes: body.subarray(at, skipValue(body, at, body.length)), rowCount };
}

/** Where the value of `data` begins, whatever the case of its key; -1 where there is none. The body is a JSON object. */
function dataIn(body: Buffer): number {
  const end = body.length;
  for (let key = firstMember(body, skipBlanks(body, 0, end), end); key >= 0 && key < end; ) {
    const close = closingQuote(body, key + 1, end);
    const value = valueAfterKey(body, close, end);
    if (decodeText(body, key + 1, close).toLowerCase() === "data") return value;
    key = nextMember(body, value, end);
  }
  return -1;
}

function wrapped(row: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from("["), row, Buffer.from("]")]);
}

/** Which row of the request: the words of files say it by file, line and byte. */
function wordsOf({ reason, at }: ImportError): string {
  return at?.row === undefined ? reason : `${reason} (row ${at.row})`;
}

function refused(reason: string): StatusError {
  return new StatusError(BAD_ROWS, `fail to deal the insert data, error: ${reason}`);
}
