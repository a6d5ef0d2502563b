import { canonicalGeometry } from "@sluice/values";
import { analyzerOf } from "../analyzer.ts";
import type { CalendarInterval, Predicate } from "../plan.ts";
import { RunFinder } from "../run-finder.ts";
import { equalBytes } from "./byte-set.ts";
import { dropNulls, fixedColumn, type Selector } from "./selector.ts";
import { bytesSelector } from "./strings.ts";

type Leaf<Kind> = Extract<Predicate, { kind: Kind }>;

/** At least so many of the query's tokens occur. A query without tokens matches nothing. */
export function textMatchSelector({ field, tokens, atLeast }: Leaf<"textMatch">, wanted: boolean): Selector {
  const analyze = analyzerOf(field.schema);
  const sought = new Set(tokens);
  const test = (data: Uint8Array, start: number, end: number) => {
    if (sought.size < atLeast) return false;
    const found = new Set<string>();
    for (const token of analyze(textOf(data, start, end))) {
      if (sought.has(token) && found.add(token).size >= atLeast) return true;
    }
    return false;
  };
  return bytesSelector(field, test, wanted);
}

/** The tokens occur one behind the other. */
export function phraseSelector({ field, tokens }: Leaf<"phrase">, wanted: boolean): Selector {
  const analyze = analyzerOf(field.schema);
  const numbers = new Map(tokens.map((token, number) => [token, number]));
  const numberOf = (token: string) => numbers.get(token) ?? -1;
  const finder = new RunFinder(tokens.map(numberOf));
  const test = (data: Uint8Array, start: number, end: number) => {
    if (tokens.length === 0) return false;
    const found = analyze(textOf(data, start, end)).map(numberOf);
    return finder.find(found, 0, found.length) >= 0;
  };
  return bytesSelector(field, test, wanted);
}

function textOf(data: Uint8Array, start: number, end: number): string {
  return Buffer.from(data.buffer, data.byteOffset + start, end - start).toString("utf8");
}

export function sameGeometrySelector({ field, wkb }: Leaf<"sameGeometry">, wanted: boolean): Selector {
  const test = (data: Uint8Array, start: number, end: number) =>
    equalBytes(data, start, end, wkb) || (end - start === wkb.length && isSameGeometry(data.subarray(start, end), wkb));
  return bytesSelector(field, test, wanted);
}

function isSameGeometry(cell: Uint8Array, wkb: Uint8Array): boolean {
  // Byte order and type: most rows differ there or in their size, and need no canonical form.
  for (let i = 0; i < 5; i++) if (cell[i] !== wkb[i]) return false;
  return Buffer.compare(canonicalGeometry(cell), wkb) === 0;
}

const DAY_MICROS = 86_400_000_000n;
const DAY_MS = 86_400_000;

/** A Timestamptz moved by months and years, whose length depends on where it starts. */
export function calendarSelector({ field, interval, low, high }: Leaf<"calendar">, wanted: boolean): Selector {
  return (batch, rows, count) => {
    const column = fixedColumn(batch, field);
    const micros = new BigInt64Array(column.data.buffer, column.data.byteOffset, batch.rowCount);
    const known = dropNulls(column, rows, count);
    let kept = 0;
    for (let i = 0; i < known; i++) {
      const row = rows[i];
      const moved = addInterval(micros[row], interval);
      if ((moved >= low && moved <= high) === wanted) rows[kept++] = row;
    }
    return kept;
  };
}

/** In UTC, normalised without clamping: 31 January plus a month is 2 or 3 March. */
function addInterval(micros: bigint, { months, days, micros: rest }: CalendarInterval): bigint {
  const timeOfDay = ((micros % DAY_MICROS) + DAY_MICROS) % DAY_MICROS;
  const date = civilFromDays(Number((micros - timeOfDay) / DAY_MICROS));
  const moved = daysFromCivil(date.year, date.month + months) + date.day - 1 + days;
  return BigInt(moved) * DAY_MICROS + timeOfDay + rest;
}

interface CivilDate {
  readonly year: number;
  /** From 0. */
  readonly month: number;
  /** From 1. */
  readonly day: number;
}

/** The Gregorian calendar repeats after 400 years, and `Date` knows fewer years than int64 microseconds can express. */
const CYCLE_DAYS = 146_097;

function civilFromDays(days: number): CivilDate {
  const cycles = Math.floor(days / CYCLE_DAYS);
  const date = new Date((days - cycles * CYCLE_DAYS) * DAY_MS);
  return { year: date.getUTCFullYear() + 400 * cycles, month: date.getUTCMonth(), day: date.getUTCDate() };
}

/** Days from 1 January 1970 to the first of the month; months beyond the year count into other years. */
function daysFromCivil(year: number, month: number): number {
  const full = year + Math.floor(month / 12);
  const cycles = Math.floor((full - 1970) / 400);
  return cycles * CYCLE_DAYS + Date.UTC(full - 400 * cycles, ((month % 12) + 12) % 12, 1) / DAY_MS;
}
