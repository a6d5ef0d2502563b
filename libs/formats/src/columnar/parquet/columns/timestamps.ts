import type { LeafType } from "@sluice/parquet";
import { formatTimestamptz, MAX_TIMESTAMPTZ, MIN_TIMESTAMPTZ, zoneMicros } from "@sluice/values";
import type { Conversion } from "../../../numbers/element-type.ts";
import type { ElementRule } from "../../../numbers/elements.ts";
import type { NumberViews } from "../../../numbers/number-kind.ts";

// TIMESTAMP: milli-, micro- or nanoseconds since 1970 in INT64; in INT96, nanoseconds of the day (8 bytes) and the Julian day.
// Not adjusted to UTC, it is a local time of a zone that the file does not know. Source: parquet-format, LogicalTypes.md.

const JULIAN_DAY_OF_1970 = 2_440_588n;
const DAY_MICROS = 86_400_000_000n;
const DAY_NANOS = 86_400_000_000_000n;

type Read = (from: NumberViews, index: number) => bigint;

/** For a Timestamptz field: microseconds, those below cut off; a DATE is its midnight. @param zone of local times; empty: UTC */
export function timestampRule(type: LeafType, zone: string): ElementRule {
  const read = microsOf(type);
  const instantOf = type.isUtc ? (micros: bigint) => micros : zoneMicros(zone);
  const convert: Conversion = (from, start, count, target, at) => {
    for (let i = 0; i < count; i++) {
      const micros = read(from, start + i);
      if (micros < MIN_TIMESTAMPTZ || micros > MAX_TIMESTAMPTZ) return i;
      target.int64[at + i] = instantOf(micros);
    }
    return -1;
  };
  return { to: "int64", convert, check: undefined };
}

/** For an integer field: the number as it stands, in the unit of the column; of INT96, nanoseconds. */
export function rawTimestamps(type: LeafType): ElementRule {
  if (type.unit !== "int96") return { to: "int64", convert: undefined, check: undefined };
  const convert: Conversion = (from, start, count, target, at) => {
    for (let i = 0; i < count; i++) {
      const nanos = int96Nanos(from, start + i);
      if (BigInt.asIntN(64, nanos) !== nanos) return i;
      target.int64[at + i] = nanos;
    }
    return -1;
  };
  return { to: "int64", convert, check: undefined };
}

/** RFC 3339, with `Z` where it is an instant, digits down to the unit. */
export function timestampText(type: LeafType, from: NumberViews, index: number): string {
  return instantText(microsOf(type)(from, index), nanosBelow(type, from, index), type.isUtc === true);
}

/** @param nanos those below the microsecond */
export function instantText(micros: bigint, nanos: bigint, isUtc: boolean): string {
  const text = formatTimestamptz(micros, "").slice(0, -1);
  return `${withNanos(text, nanos)}${isUtc ? "Z" : ""}`;
}

function withNanos(text: string, nanos: bigint): string {
  if (nanos === 0n) return text;
  const [whole, fraction = ""] = text.split(".");
  return `${whole}.${fraction.padEnd(6, "0")}${String(nanos).padStart(3, "0")}`.replace(/0+$/, "");
}

/** Nanoseconds below the microsecond. */
function nanosBelow(type: LeafType, from: NumberViews, index: number): bigint {
  if (type.unit !== "ns" && type.unit !== "int96") return 0n;
  const nanos = type.unit === "ns" ? from.int64[index] : int96Nanos(from, index);
  return ((nanos % 1000n) + 1000n) % 1000n;
}

function microsOf({ unit, kind }: LeafType): Read {
  if (kind === "date") return ({ int32 }, i) => BigInt(int32[i]) * DAY_MICROS;
  if (unit === "ms") return ({ int64 }, i) => int64[i] * 1000n;
  if (unit === "us") return ({ int64 }, i) => int64[i];
  if (unit === "ns") return ({ int64 }, i) => floorDivide(int64[i], 1000n);
  return (from, i) => floorDivide(int96Nanos(from, i), 1000n);
}

function int96Nanos({ uint32, int32 }: NumberViews, index: number): bigint {
  const ofDay = BigInt(uint32[index * 3]) + (BigInt(int32[index * 3 + 1]) << 32n);
  return (BigInt(uint32[index * 3 + 2]) - JULIAN_DAY_OF_1970) * DAY_NANOS + ofDay;
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

/** Of a DATE: days since 1970. */
export function dateText(days: number): string {
  return formatTimestamptz(BigInt(days) * DAY_MICROS, "").split("T")[0];
}

/** Of a TIME. */
export function timeText({ unit }: LeafType, from: NumberViews, index: number): string {
  return unit === "ms" ? clockText(BigInt(from.int32[index]), 3) : clockText(from.int64[index], unit === "us" ? 6 : 9);
}

/**
 * Hours, minutes, seconds and what is behind them. What lies outside of a day, where fastparquet writes durations as times, keeps
 * its hours and its sign. @param scale digits of a second that `value` counts
 */
export function clockText(value: bigint, scale: number): string {
  const perSecond = 10n ** BigInt(scale);
  const size = value < 0n ? -value : value;
  const seconds = size / perSecond;
  const parts = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map((part) => String(part).padStart(2, "0"));
  const fraction = String(size % perSecond)
    .padStart(scale, "0")
    .replace(/0+$/, "");
  return `${value < 0n ? "-" : ""}${parts.join(":")}${fraction === "" ? "" : `.${fraction}`}`;
}
