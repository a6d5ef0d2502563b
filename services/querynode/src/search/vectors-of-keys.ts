import { type Column, isNull, type VarColumn, varValue } from "@sluice/columns";
import type { schema } from "@sluice/rpc";
import { type CollectionSchema, DataType, type FieldSchema, primaryKeyIndex } from "@sluice/schema";
import { compileRowFilter, rowsText } from "../compile-query.ts";
import { AnswerBudget } from "../segment-rows.ts";
import { queryVectors } from "./given-vectors.ts";
import { refuse } from "./metrics.ts";
import { type TermText, termQueries } from "./query-texts.ts";
import type { QueryVectors } from "./query-vectors.ts";
import type { SearchDeps } from "./search.ts";
import { SearchSources } from "./search-sources.ts";

/** What is searched for by rows of its own. */
interface SearchedField {
  /** Of the collection, stored. */
  readonly schema: Buffer;
  /** Whose time says until when a row is there; "" = none. */
  readonly ttlField: string;
  readonly collection: CollectionSchema;
  readonly field: FieldSchema;
  /** Where the field is made of it: then the rows' text is searched for. */
  readonly text: TermText | undefined;
}

/** Vectors of rows. */
interface KeyedVectors {
  readonly queries: QueryVectors;
  /** Positions of rows that have none: nothing is like them. */
  readonly nulls: ReadonlySet<number>;
}

/** The vectors of rows by their keys, in the order of the keys; zeros where a row has none. @throws {StatusError} 1100 for unknown or repeated keys */
export async function vectorsOfKeys(
  ids: schema.IDs,
  { field, text, ...of }: SearchedField,
  deps: SearchDeps,
): Promise<KeyedVectors> {
  if (field.dataType === DataType.ArrayOfVector)
    refuse(`a search by ids is for the one vector of each row, and ${field.name} has a list of them: send vectors`);
  const keys: readonly (bigint | string)[] = ids.idField?.value.data ?? [];
  if (new Set(keys).size < keys.length) refuse("duplicate IDs found in search request: invalid parameter");
  const cells = await cellsOf(keys, { ...of, field: text?.field ?? field }, deps);
  const missing = keys.filter((one) => !cells.has(one));
  if (missing.length > 0)
    refuse(
      `some of the provided primary key IDs do not exist: missing IDs = [${missing.slice(0, 20).join(" ")}]: invalid parameter`,
    );
  const found = keys.map((one) => cells.get(one) as Cell);
  const nulls = new Set(found.flatMap(({ isNull }, i) => (isNull ? [i] : [])));
  const bytes = found.map((one) => one.bytes);
  return {
    queries: text ? termQueries(bytes, DataType.VarChar, text) : queryVectors(bytes, field.dataType, field),
    nulls,
  };
}

interface Cell {
  readonly bytes: Uint8Array;
  readonly isNull: boolean;
}

/** Of several rows of a key the newest counts, wherever it lies. */
interface TimedCell extends Cell {
  readonly timestamp: bigint;
}

async function cellsOf(
  keys: readonly (bigint | string)[],
  { schema: stored, ttlField, collection, field }: Omit<SearchedField, "text">,
  { rows, segments, turns, signal }: SearchDeps,
): Promise<Map<bigint | string, Cell>> {
  const key = collection.fields[primaryKeyIndex(collection)];
  const sources = new SearchSources(key);
  if (keys.length > 0 && (typeof keys[0] === "bigint") !== sources.isInteger)
    refuse(`primary key is ${sources.isInteger ? "int64" : "varchar"}, but IDs type mismatch: invalid parameter`);
  const list = keys.map((one) => (typeof one === "bigint" ? String(one) : JSON.stringify(one)));
  const order = rowsText({ schema: stored, timezone: "UTC", ttlField }, `${key.name} in [${list.join(",")}]`, {});
  const filter = await compileRowFilter(order, collection, turns);
  const found = await rows.select(filter, segments, signal);
  const budget = new AnswerBudget(Number.POSITIVE_INFINITY);
  const [columns] = await rows.take(found, { fields: [field], schema: stored }, { turns, signal, budget });
  const cells = new Map<bigint | string, TimedCell>();
  for (const [i, { part, rows: ofPart, keys: ofRows, timestamps }] of found.entries()) {
    const source = sources.addFound(part, ofPart, ofRows);
    for (let at = 0; at < ofPart.length; at++) {
      const [one, timestamp] = [sources.keyAt(source, at), timestampAt(timestamps, at)];
      if (timestamp >= (cells.get(one)?.timestamp ?? 0n)) cells.set(one, { ...cellOf(columns[i], at), timestamp });
    }
  }
  return cells;
}

function timestampAt(timestamps: bigint | Column, row: number): bigint {
  return typeof timestamps === "bigint"
    ? timestamps
    : Buffer.from(timestamps.data.buffer, timestamps.data.byteOffset).readBigInt64LE(8 * row);
}

function cellOf(column: Column, row: number): Cell {
  if (isNull(column, row)) return { bytes: new Uint8Array(column.kind === "fixed" ? column.width : 0), isNull: true };
  return { bytes: valueBytes(column, row), isNull: false };
}

function valueBytes(column: Column, row: number): Uint8Array {
  if (column.kind === "fixed") return column.data.slice(row * column.width, (row + 1) * column.width);
  return varValue(column as VarColumn, row).slice();
}
