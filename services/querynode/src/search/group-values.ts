import { type Column, isNull, type VarColumn } from "@sluice/columns";
import { fieldData, type Parts } from "@sluice/fields";
import { type CollectionSchema, DataType } from "@sluice/schema";
import { closingQuote, decodeText, findPath, type JsonPath, jsonKindAt, skipValue } from "@sluice/values";
import { MAX_ANSWER_BYTES } from "../answer-fields.ts";
import { AnswerBudget } from "../segment-rows.ts";
import { takenRows } from "../take-rows.ts";
import type { GroupBy } from "./group-params.ts";
import type { SearchDeps } from "./search.ts";
import type { Hit } from "./top-hits.ts";

/** What is asked of the call whose hits are grouped. */
export interface GroupedCall {
  readonly order: { readonly schema: Buffer };
  readonly collection: CollectionSchema;
  readonly timezone: string;
  readonly deps: SearchDeps;
}

/** Equal for equal values only. @param path into values of JSON, where the column has such */
export function valueText(column: Column, row: number, path?: JsonPath): string {
  if (isNull(column, row)) return "null";
  if (column.kind === "var" && path) return jsonText(column, row, path);
  const [from, to] =
    column.kind === "fixed"
      ? [row * column.width, (row + 1) * column.width]
      : [column.offsets[row], column.offsets[row + 1]];
  return `=${latin1(column.data, from, to)}`;
}

/** A value that is missing is null; texts are the same however they are escaped, numbers as they are written. */
function jsonText({ data, offsets }: VarColumn, row: number, path: JsonPath): string {
  const end = offsets[row + 1];
  const at = findPath(data, offsets[row], end, path);
  const kind = at < 0 ? "null" : jsonKindAt(data, at);
  if (kind === "null") return "null";
  if (kind === "string") return `"${decodeText(data, at + 1, closingQuote(data, at + 1, end))}`;
  return `=${latin1(data, at, skipValue(data, at, end))}`;
}

function latin1(data: Uint8Array, from: number, to: number): string {
  return Buffer.from(data.buffer, data.byteOffset + from, to - from).toString("latin1");
}

/**
 * What hits are grouped by, one value a hit, as a field of JSON: those of a path.
 * @throws {StatusError} 1100 when they are more than an answer holds
 */
export async function groupValues(
  { order, collection, timezone, deps }: GroupedCall,
  hits: readonly Hit[],
  { field, name, path = [] }: GroupBy,
): Promise<Parts> {
  const { wanted, rows } = takenRows(deps.sources.pick(hits), deps.sources.parts.length);
  const about = { fields: [collection.fields[field]], schema: order.schema };
  const parts = deps.sources.parts.map((part, i) => ({ part, rows: wanted[i] }));
  const budget = new AnswerBudget(MAX_ANSWER_BYTES);
  const [columns]: Column[][] = await deps.rows.take(parts, about, { ...deps, budget });
  const values = columns.map((column, i) => valuesAt(column as VarColumn, wanted[i].length, path));
  const shown = { ...collection.fields[field], dataType: DataType.JSON, nullable: true, isDynamic: false };
  return fieldData(shown, { columns: values, rows, turns: deps.turns }, timezone, name);
}

/** The values of a path, those that are missing as null. */
function valuesAt(column: VarColumn, count: number, path: JsonPath): VarColumn {
  const { data, offsets } = column;
  const found = Array.from({ length: count }, (_, row) => {
    const end = offsets[row + 1];
    const at = isNull(column, row) ? -1 : findPath(data, offsets[row], end, path);
    return at < 0 || jsonKindAt(data, at) === "null" ? undefined : data.subarray(at, skipValue(data, at, end));
  });
  const ends = new Uint32Array(count + 1);
  for (const [row, value] of found.entries()) ends[row + 1] = ends[row] + (value?.length ?? 0);
  const validity = Uint8Array.from(found, (value) => (value ? 1 : 0));
  return { kind: "var", data: Buffer.concat(found.map((value) => value ?? new Uint8Array())), offsets: ends, validity };
}
