import { excerpt } from "@sluice/errors";
import { DataType, type FieldSchema } from "@sluice/schema";

// Programs of the sciences keep times and floats as numbers of another meaning, which stands in the attributes of an array; xarray does so
// by itself. Source: CF Conventions 1.11, §2.5.1 (missing data), §4.4 (time coordinates), §8.1 (packed data); xarray 2026.9.0.

/** What an array says of itself. */
export type Attributes = Readonly<Record<string, unknown>>;

/** The attributes that are looked at. */
export const cfAttributes = [
  ...["units", "calendar", "scale_factor", "add_offset"],
  ...["_FillValue", "missing_value"],
  // netCDF has no truth values: xarray writes numbers, and says so here.
  "dtype",
] as const;

/** Nothing that is trimmed can be matched in more ways than one: these texts are a stranger's. */
const SINCE = /^(\w+)\s+since\s+(\S.*)$/;
/** The beginning of NumPy's times, however it is written. */
const EPOCH = /^1970-0?1-0?1([ T]0?0:0?0(:0?0(\.0+)?)?)?\s*(Z|UTC|\+00:?00)?$/;
/** Calendars in which every day of today is the day that it is. */
const CALENDARS: readonly unknown[] = [undefined, "standard", "gregorian", "proleptic_gregorian"];
/** Units of a count by NumPy's names. */
const unitNames: Readonly<Record<string, string | undefined>> = {
  ...{ days: "D", hours: "h", minutes: "m", seconds: "s" },
  ...{ milliseconds: "ms", microseconds: "us", nanoseconds: "ns" },
};

/**
 * The type of the numbers by NumPy's name: times where integers of 64 bits count from 1970 on, other numbers stay what they are.
 * @param refuse makes an error of what is wrong with the array, given as the end of a sentence
 * @throws what `refuse` makes where its numbers are not its values
 */
export function descrBy(attributes: Attributes, name: string, descr: string, refuse: (why: string) => Error): string {
  const packing = packingOf(attributes);
  const inXarray = `ds["${excerpt(name)}"].encoding`;
  if (packing) throw refuse(`${packing}: call ${inXarray}.clear() in xarray and write it again`);
  const [, unit, start] = SINCE.exec(String(attributes.units).trim()) ?? [];
  if (unit === undefined) return descr;
  const code = EPOCH.test(start) && CALENDARS.includes(attributes.calendar) ? unitNames[unit] : undefined;
  if (code !== undefined) return /^[<>]i8$/.test(descr) ? `${descr[0]}M8[${code}]` : descr;
  const said = `counts '${excerpt(String(attributes.units))}'${calendarOf(attributes)}, where times count from 1970 on`;
  throw refuse(`${said}: set ${inXarray} = {"units": "microseconds since 1970-01-01"} in xarray and write it again`);
}

/** Whether numbers stand for truth values, where these are wanted. */
export function areTruths({ dtype }: Attributes, descr: string, field: FieldSchema | undefined): boolean {
  const wanted = field?.dataType === DataType.Array ? field.elementType : field?.dataType;
  return dtype === "bool" && descr === "|i1" && (wanted === undefined || wanted === DataType.Bool);
}

function calendarOf({ calendar }: Attributes): string {
  return CALENDARS.includes(calendar) ? "" : ` by the calendar '${excerpt(String(calendar))}'`;
}

function packingOf({ scale_factor: scale = 1, add_offset: offset = 0 }: Attributes): string | undefined {
  if (Number(scale) === 1 && Number(offset) === 0) return undefined;
  return `is packed (scale_factor ${excerpt(String(scale))}, add_offset ${excerpt(String(offset))}), which is not undone`;
}

/** Numbers that stand for no value; NaN, which never is a number, is none of them. */
export function missingBy({ _FillValue: fill, missing_value: missing }: Attributes): readonly (number | bigint)[] {
  return [fill, missing].flat().flatMap(asNumber);
}

/** Floats of zarr 3 are written as text by xarray: the base64 of a double. */
function asNumber(value: unknown): (number | bigint)[] {
  if (typeof value === "bigint") return [value];
  const bytes = typeof value === "string" ? Buffer.from(value, "base64") : undefined;
  const isDouble = bytes?.length === 8 && bytes.toString("base64") === value;
  const number = isDouble ? bytes.readDoubleLE() : value;
  return typeof number === "number" && !Number.isNaN(number) ? [number] : [];
}
