import { excerpt } from "@sluice/errors";
import { dateOfDay, daysSinceEpoch, TimeZone } from "./time-zone.ts";

/** The first and the last microsecond that a text can give: of the years 0 and 9999. */
export const MIN_TIMESTAMPTZ = -62_167_219_200_000_000n;
/** Inclusive. */
export const MAX_TIMESTAMPTZ = 253_402_300_799_999_999n;

const pattern = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d(?::\d\d)?)?$/;
const DAY = 86_400;
const MICROS = 1_000_000n;
const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Microseconds since 1970 UTC of an RFC 3339 text; a blank may stand for `T`, an offset may be `+08`. Without offset it is
 * local time of `zone` (empty: UTC). Digits below a microsecond are cut. Offsets reach from -12:00 to +14:00.
 * @throws {RangeError} with Milvus's wording
 */
export function parseTimestamptz(text: string, zone: string): bigint {
  const match = pattern.exec(text);
  if (!match) throw unknownFormat(text);
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  const [fraction = "", offset] = match.slice(7);
  const isLeapDay = month === 2 && day === 29 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const isDate = month >= 1 && month <= 12 && day >= 1 && (day <= monthDays[month - 1] || isLeapDay);
  if (!isDate || hour > 23 || minute > 59 || second > 59) throw unknownFormat(text);
  const local = daysSinceEpoch(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
  const seconds = offset === undefined ? zoneInstant(local, zone) : local - offsetSeconds(offset, text);
  return BigInt(seconds) * MICROS + BigInt(fraction.slice(0, 6).padEnd(6, "0"));
}

function zoneInstant(local: number, zone: string): number {
  return isUtc(zone) ? local : TimeZone.of(zone).instantOf(local);
}

/** What instants the local times of a zone (empty: UTC) are; both in microseconds since 1970. @throws {RangeError} no such zone */
export function zoneMicros(zone: string): (local: bigint) => bigint {
  if (isUtc(zone)) return (local) => local;
  return (local) => {
    const fraction = ((local % MICROS) + MICROS) % MICROS;
    return BigInt(zoneInstant(Number((local - fraction) / MICROS), zone)) * MICROS + fraction;
  };
}

function offsetSeconds(offset: string, text: string): number {
  if (offset === "Z") return 0;
  const hours = Number(offset.slice(0, 3));
  const minutes = Number(offset.slice(4) || 0);
  if (minutes > 59) throw unknownFormat(text);
  const seconds = hours * 3600 + (offset[0] === "-" ? -minutes : minutes) * 60;
  if (seconds < -12 * 3600 || seconds > 14 * 3600) {
    throw new RangeError(`UTC offset hour ${hours} is out of the valid range [-12, 14]`);
  }
  return seconds;
}

/** A time as a clock of a zone shows it; month and day from 1. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly microsecond: number;
}

/** What a clock of a zone (empty: UTC) shows at a time. @throws {RangeError} when there is no such zone */
export function localTime(micros: bigint, zone: string): LocalTime {
  return shownBy(micros, (seconds) => offsetAt(seconds, zone));
}

function shownBy(micros: bigint, offsetOf: (seconds: number) => number): LocalTime {
  const fraction = ((micros % MICROS) + MICROS) % MICROS;
  const seconds = Number((micros - fraction) / MICROS);
  const local = seconds + offsetOf(seconds);
  const dayIndex = Math.floor(local / DAY);
  const secondOfDay = local - dayIndex * DAY;
  return {
    ...dateOfDay(dayIndex),
    hour: Math.floor(secondOfDay / 3600),
    minute: Math.floor(secondOfDay / 60) % 60,
    second: secondOfDay % 60,
    microsecond: Number(fraction),
  };
}

/** Seconds that a zone is ahead of UTC. */
function offsetAt(seconds: number, zone: string): number {
  return isUtc(zone) ? 0 : TimeZone.of(zone).offsetAt(seconds);
}

/**
 * RFC 3339 text of a time in a zone (empty: UTC): up to six fraction digits, trailing zeros cut, `Z` where the offset is 0.
 * Offsets of whole minutes only, as the format wants; an older one with seconds is shown to the minute, the instant exact.
 * @throws {RangeError} when there is no such zone
 */
export function formatTimestamptz(micros: bigint, zone: string): string {
  let offset = 0;
  const { year, month, day, hour, minute, second, microsecond } = shownBy(micros, (seconds) => {
    offset = Math.trunc(offsetAt(seconds, zone) / 60);
    return offset * 60;
  });
  const date = `${year < 0 ? "-" : ""}${digits(Math.abs(year), 4)}-${digits(month)}-${digits(day)}`;
  const time = `${digits(hour)}:${digits(minute)}:${digits(second)}`;
  const tail = microsecond === 0 ? "" : `.${digits(microsecond, 6).replace(/0+$/, "")}`;
  return `${date}T${time}${tail}${offsetText(offset)}`;
}

function offsetText(minutes: number): string {
  if (minutes === 0) return "Z";
  const magnitude = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${digits(Math.floor(magnitude / 60))}:${digits(magnitude % 60)}`;
}

function digits(value: number, count = 2): string {
  return String(value).padStart(count, "0");
}

function isUtc(zone: string): boolean {
  return zone === "" || zone === "UTC";
}

function unknownFormat(text: string): RangeError {
  return new RangeError(`invalid timestamp string: '${excerpt(text)}'. Does not match any known format`);
}
