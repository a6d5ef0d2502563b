import type { Turns } from "@sluice/async";
import { type Column, isNull, type VarColumn, views } from "@sluice/columns";
import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { fieldData, type Parts, type Rows } from "@sluice/fields";
import { DataType, type FieldSchema } from "@sluice/schema";
import { encodeArrayCell, type LocalTime, localTime } from "@sluice/values";
import { isGiven } from "./given.ts";

/** A part of a time that is shown for itself. */
export type TimePart = keyof LocalTime;

const known: ReadonlySet<string> = new Set<TimePart>([
  ...(["year", "month", "day", "hour", "minute", "second", "microsecond"] as const),
]);

/** How the times of an answer are shown. */
export interface ShownTimes {
  /** IANA zone; empty: UTC. */
  readonly timezone: string;
  /** Of each time a list of these; none: its text. */
  readonly timeParts: readonly TimePart[];
}

/** What `time_fields` asks for: names with commas or blanks between them. @throws {StatusError} 1100, in Milvus's words */
export function timePartsOf(params: ReadonlyMap<string, string>): readonly TimePart[] {
  const text = params.get("time_fields") ?? "";
  if (!isGiven(text)) return [];
  const names = text.split(/[, ]+/).filter((name) => name !== "");
  return names.map((name) => {
    const part = name.toLowerCase();
    if (known.has(part)) return part as TimePart;
    throw new StatusError(
      statusCodes.invalidParameter,
      `unsupported field for extraction: ${excerpt(name)}, fields should be seprated by ',' or ' ' (year, month, day, hour, minute, second, microsecond): invalid parameter`,
    );
  });
}

/** `fieldData`; of times, where parts of them are asked for, an array of these. */
export async function shownData(
  field: FieldSchema,
  rows: Rows & { readonly turns: Turns },
  { timezone, timeParts }: ShownTimes,
  name?: string,
): Promise<Parts> {
  if (field.dataType !== DataType.Timestamptz || timeParts.length === 0) return fieldData(field, rows, timezone, name);
  const columns: Column[] = [];
  for (const column of rows.columns) columns.push(await partsColumn(column, { timezone, timeParts }, rows.turns));
  const shown = { ...field, dataType: DataType.Array, elementType: DataType.Int64 };
  return fieldData(shown, { ...rows, columns }, timezone, name);
}

/** Times as cells of an array, those that are null as empty ones. */
async function partsColumn(times: Column, { timezone, timeParts }: ShownTimes, turns: Turns): Promise<VarColumn> {
  if (times.kind !== "fixed") throw new Error("times have a fixed width");
  const count = Math.floor(times.data.length / times.width);
  const micros = views.int64(times, count);
  const cells: Uint8Array[] = [];
  for (let row = 0; row < count; row++) {
    const local = isNull(times, row) ? undefined : localTime(micros[row], timezone);
    cells.push(encodeArrayCell(DataType.Int64, local ? timeParts.map((part) => BigInt(local[part])) : []));
    if (turns.isDue) await turns.next();
  }
  const offsets = new Uint32Array(count + 1);
  for (let row = 0; row < count; row++) offsets[row + 1] = offsets[row] + cells[row].length;
  return { kind: "var", offsets, data: Buffer.concat(cells), validity: times.validity };
}
