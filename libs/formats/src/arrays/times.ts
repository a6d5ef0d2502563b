import { DataType } from "@sluice/schema";
import { formatTimestamptz, MAX_TIMESTAMPTZ, MIN_TIMESTAMPTZ, zoneMicros } from "@sluice/values";
import type { Conversion } from "../numbers/element-type.ts";

// datetime64: a count of some unit since 1970, without a zone. Source: NumPy, "Datetimes and Timedeltas".

/** NaT, which stands for none. */
export const NO_TIME = -(2n ** 63n);

/** Nanoseconds of a unit. Months and years have no fixed length, what is below a nanosecond no time needs. */
const nanos: Readonly<Record<string, bigint | undefined>> = {
  W: 604_800_000_000_000n,
  D: 86_400_000_000_000n,
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1000n,
  ns: 1n,
};

/** Of a count of units, such as `25s`, the nanoseconds of one; undefined for units of no fixed length. */
function nanosOf(unit: string): bigint | undefined {
  const [, count, single] = /^(\d{0,9})([A-Za-z]+)$/.exec(unit) ?? [];
  const one = single !== undefined && Object.hasOwn(nanos, single) ? nanos[single] : undefined;
  return one === undefined ? undefined : BigInt(count || 1) * one;
}

/** @param unit as in `datetime64[unit]`, also a multiple of one */
export function isKnownUnit(unit: string | undefined): boolean {
  return unit !== undefined && nanosOf(unit) !== undefined;
}

/** RFC 3339 without an offset, since a time has no zone here: as long as its unit needs. */
export function timeText(value: bigint, unit: string): string {
  const total = value * (nanosOf(unit) as bigint);
  const below = ((total % 1000n) + 1000n) % 1000n;
  const text = formatTimestamptz((total - below) / 1000n, "").slice(0, -1);
  if (below === 0n) return text;
  const [whole, fraction = ""] = text.split(".");
  return `${whole}.${fraction.padEnd(6, "0")}${String(below).padStart(3, "0")}`.replace(/0+$/, "");
}

/** Into a field; NaT never fits. Integers get the count as it stands. @param zone of the times; empty: UTC */
export function timeConversion(type: DataType, unit: string, zone: string): Conversion {
  return type === DataType.Timestamptz ? toMicros(nanosOf(unit) as bigint, zone) : toCount;
}

const toCount: Conversion = (from, start, count, target, at) => {
  for (let i = 0; i < count; i++) {
    const value = from.int64[start + i];
    if (value === NO_TIME) return i;
    target.int64[at + i] = value;
  }
  return -1;
};

function toMicros(unitNanos: bigint, zone: string): Conversion {
  const instantOf = zoneMicros(zone);
  return (from, start, count, target, at) => {
    for (let i = 0; i < count; i++) {
      if (from.int64[start + i] === NO_TIME) return i;
      const total = from.int64[start + i] * unitNanos;
      const micros = (total - (((total % 1000n) + 1000n) % 1000n)) / 1000n;
      if (micros < MIN_TIMESTAMPTZ || micros > MAX_TIMESTAMPTZ) return i;
      target.int64[at + i] = instantOf(micros);
    }
    return -1;
  };
}
