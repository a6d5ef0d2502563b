import { excerpt } from "@sluice/errors";
import type { ElementText } from "./data-types.ts";
import type { ZarrArray } from "./metadata.ts";
import { unsupported } from "./unsupported.ts";

// Programs of the sciences keep times and floats as numbers of another meaning, which stands in the attributes of an array; xarray does so
// by itself. Source: CF Conventions 1.11, §4.4 (time coordinates), §8.1 (packed data); xarray 2026.9.0.

/** What an array says of itself, in JSON. */
export type Attributes = Readonly<Record<string, unknown>>;

const SINCE = /^\s*(\w+)\s+since\s+(.+?)\s*$/;
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
 * The array, with times for elements where it counts from 1970 on.
 * @throws {ImportError} `unsupported` where its numbers are not its values
 */
export function asAttributesSay(array: ZarrArray, attributes: Attributes): ZarrArray {
  checkPacking(array.name, attributes);
  const [, unit, start] = SINCE.exec(String(attributes.units)) ?? [];
  if (unit === undefined) return array;
  const name = EPOCH.test(start) && CALENDARS.includes(attributes.calendar) ? unitNames[unit] : undefined;
  if (name !== undefined) return { ...array, elements: timesOf(array.elements, name) };
  const said = `counts '${excerpt(String(attributes.units))}'${calendarOf(attributes)}, where times count from 1970 on`;
  const cure = `ds["${excerpt(array.name)}"].encoding = {"units": "microseconds since 1970-01-01"}`;
  throw unsupported(array.name, `${said}: set ${cure} in xarray and write it again`);
}

/** Other numbers than those of 64 bits stay what they are. */
function timesOf(elements: ElementText, unit: string): ElementText {
  if (elements === "text" || !/^[<>]i8$/.test(elements.descr)) return elements;
  return { descr: `${elements.descr[0]}M8[${unit}]` };
}

function calendarOf({ calendar }: Attributes): string {
  return CALENDARS.includes(calendar) ? "" : ` by the calendar '${excerpt(String(calendar))}'`;
}

function checkPacking(name: string, { scale_factor: scale = 1, add_offset: offset = 0 }: Attributes): void {
  if (Number(scale) === 1 && Number(offset) === 0) return;
  const why = `is packed (scale_factor ${excerpt(String(scale))}, add_offset ${excerpt(String(offset))}), which is not undone`;
  throw unsupported(name, `${why}: call ds["${excerpt(name)}"].encoding.clear() in xarray and write it again`);
}
