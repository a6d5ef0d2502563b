import type { Column } from "@sluice/columns";
import { varValue } from "@sluice/columns";
import { excerpt, ImportError } from "@sluice/errors";
import { type CollectionSchema, DataType, type FieldSchema, primaryKeyIndex } from "@sluice/schema";
import { isEchoed, parseEchoing } from "@sluice/values";
import { type AnsweredRows, columnsOfAnswer, outputFieldsOf } from "./answer-columns.ts";
import { hasKey } from "./key-text.ts";
import { type MilvusPeer, type PeerRows, TooLarge } from "./milvus-peer.ts";
import { keyTexts } from "./page-keys.ts";
import { peerName } from "./peer-place.ts";

/** Rows that are asked for at once, or fewer where these are too large for a message. */
const ROWS_PER_QUESTION = 128;

/** Rows here, whose values the peer should have. */
export interface ComparedRows {
  readonly schema: CollectionSchema;
  /** Parallel to the fields of the schema; undefined for what is not compared. */
  readonly columns: readonly (Column | undefined)[];
  readonly rowCount: number;
}

/**
 * Asks a peer for rows by their keys, and compares all values that both have.
 * @throws {ImportError} `value_invalid` for the first row that is missing there or differs, with its key, field and values;
 *   `peer_unavailable`, `peer_refused`
 */
export async function compareRows(
  peer: MilvusPeer,
  where: PeerRows,
  rows: ComparedRows,
  signal: AbortSignal,
): Promise<void> {
  const index = primaryKeyIndex(rows.schema);
  const keys = keyTexts(rows.schema.fields[index], rows.columns[index] as Column, rows.rowCount);
  let step = ROWS_PER_QUESTION;
  for (let from = 0; from < rows.rowCount; ) {
    const asked = keys.slice(from, from + step);
    const found = await rowsThere(peer, where, rows.schema, asked, signal).catch((error) => smaller(error, step));
    if (found) {
      compare(peer, { rows, keys, from, to: from + asked.length }, found);
      from += asked.length;
    } else step = Math.max(1, step >> 1);
  }
}

/** Undefined where fewer rows may fit. */
function smaller(error: unknown, step: number): undefined {
  if (error instanceof TooLarge && step > 1) return undefined;
  throw error instanceof TooLarge ? new ImportError("peer_refused", error.message, undefined, { cause: error }) : error;
}

async function rowsThere(
  peer: MilvusPeer,
  where: PeerRows,
  schema: CollectionSchema,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<AnsweredRows> {
  const filter = hasKey(schema.fields[primaryKeyIndex(schema)], keys);
  // Only iterators read as of a moment.
  const params: Record<string, string> = where.readTs > 0n ? { iterator: "True", limit: String(keys.length) } : {};
  const answer = await peer.query({ ...where, filter }, outputFieldsOf(schema), params, { signal });
  try {
    return columnsOfAnswer(schema, answer);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const reason = `${peerName(peer.place)} answers for ${where.collectionName} what cannot be compared: ${error.message}`;
    throw new ImportError("peer_refused", reason, undefined, { cause: error });
  }
}

interface Asked {
  readonly rows: ComparedRows;
  readonly keys: readonly string[];
  readonly from: number;
  readonly to: number;
}

function compare({ place }: MilvusPeer, { rows, keys, from, to }: Asked, found: AnsweredRows): void {
  const { schema, columns } = rows;
  const index = primaryKeyIndex(schema);
  const foundKeys =
    found.rowCount === 0 ? [] : keyTexts(schema.fields[index], found.columns[index] as Column, found.rowCount);
  const places = new Map(foundKeys.map((key, row) => [key, row]));
  for (let row = from; row < to; row++) {
    const there = places.get(keys[row]);
    if (there === undefined)
      throw new ImportError("value_invalid", `${about(keys[row], schema)} is not in ${peerName(place)}`);
    for (const [i, field] of schema.fields.entries()) {
      const [ours, theirs] = [columns[i], found.columns[i]];
      if (!ours || !theirs || isSame(field, [ours, row], [theirs, there])) continue;
      const values = `${shown(ours, row)} here, and ${shown(theirs, there)} in ${peerName(place)}`;
      throw new ImportError("value_invalid", `${about(keys[row], schema)} has ${values}`, { field: field.name });
    }
  }
}

function about(key: string, schema: CollectionSchema): string {
  return `the copies differ: the row with ${schema.fields[primaryKeyIndex(schema)].name} ${excerpt(key, 100)}`;
}

type Cell = readonly [column: Column, row: number];

function isSame({ dataType }: FieldSchema, ours: Cell, theirs: Cell): boolean {
  const [a, b] = [bytesOf(ours), bytesOf(theirs)];
  if (!a || !b) return a === b;
  if (Buffer.compare(a, b) === 0) return true;
  return dataType === DataType.JSON && sameJson(a, b);
}

/** Undefined for null. */
function bytesOf([column, row]: Cell): Uint8Array | undefined {
  if (column.validity?.[row] === 0) return undefined;
  if (column.kind === "var") return varValue(column, row);
  return column.data.subarray(row * column.width, (row + 1) * column.width);
}

/** A service may write them in another order, or with other blanks. */
function sameJson(a: Uint8Array, b: Uint8Array): boolean {
  const [one, other] = [a, b].map((bytes) => Buffer.from(bytes).toString());
  return JSON.stringify(inOrder(parseEchoing(one))) === JSON.stringify(inOrder(parseEchoing(other)));
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null || isEchoed(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, inOrder(one)]));
}

/** The first bytes; values of most types are no text. */
function shown(column: Column, row: number): string {
  const bytes = bytesOf([column, row]);
  if (!bytes) return "null";
  const head = Buffer.from(bytes.subarray(0, 16)).toString("hex");
  return `${bytes.length} bytes ${head}${bytes.length > 16 ? "…" : ""}`;
}
