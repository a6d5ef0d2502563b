const DAY = 86_400;
/** Days whose offset is remembered for each zone: half a century. */
const CACHED_DAYS = 1 << 15;
/** Seconds since 1970 at the ends of what `Date` holds. */
const DATE_LIMIT = 8_640_000_000_000;

/**
 * Offsets of an IANA zone from UTC, by the ICU data of the runtime. A day on which the offset does not change is asked for
 * once.
 */
export class TimeZone {
  static readonly #zones = new Map<string, TimeZone>();
  readonly #format: Intl.DateTimeFormat;
  /** Day since 1970 -> offset that holds all day, or NaN on a day of transition. */
  readonly #days = new Map<number, number>();

  private constructor(name: string) {
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  }

  /** @throws {RangeError} when there is no such zone */
  static of(name: string): TimeZone {
    const known = TimeZone.#zones.get(name);
    if (known) return known;
    const zone = TimeZone.#open(name);
    TimeZone.#zones.set(name, zone);
    return zone;
  }

  static #open(name: string): TimeZone {
    try {
      return new TimeZone(name);
    } catch (cause) {
      throw new RangeError(`unknown or invalid IANA Time Zone ID: ${name}`, { cause });
    }
  }

  /** Seconds that local time is ahead of UTC at an instant (seconds since 1970). */
  offsetAt(seconds: number): number {
    const instant = Math.min(DATE_LIMIT - 2 * DAY, Math.max(2 * DAY - DATE_LIMIT, seconds));
    const day = Math.floor(instant / DAY);
    const known = this.#days.get(day) ?? this.#learn(day);
    return Number.isNaN(known) ? this.#ask(instant) : known;
  }

  /**
   * The instant of a local time, both in seconds since 1970. Where the clock is set back, the first of the two; where it is
   * set forward over it, as if it had not been: the result shows a later local time.
   */
  instantOf(local: number): number {
    const before = this.offsetAt(local - DAY);
    if (this.offsetAt(local - before) === before) return local - before;
    const after = this.offsetAt(local + DAY);
    return this.offsetAt(local - after) === after ? local - after : local - before;
  }

  #learn(day: number): number {
    if (this.#days.size >= CACHED_DAYS) this.#days.clear();
    const first = this.#ask(day * DAY);
    const offset = this.#ask((day + 1) * DAY) === first ? first : Number.NaN;
    this.#days.set(day, offset);
    return offset;
  }

  #ask(instant: number): number {
    const parts: Record<string, string> = {};
    for (const { type, value } of this.#format.formatToParts(instant * 1000)) parts[type] = value;
    const year = parts.era.startsWith("B") ? 1 - Number(parts.year) : Number(parts.year);
    const days = daysSinceEpoch(year, Number(parts.month), Number(parts.day));
    const local = days * DAY + Number(parts.hour) * 3600 + Number(parts.minute) * 60 + Number(parts.second);
    return local - Math.floor(instant);
  }
}

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar; month and day from 1. */
export function daysSinceEpoch(year: number, month: number, day: number): number {
  // Counted from 1 March of a year divisible by 400, so that the leap day ends a cycle.
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}

/** The date of a day since 1970-01-01. */
export function dateOfDay(daySinceEpoch: number): { year: number; month: number; day: number } {
  const shifted = daySinceEpoch + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const part = Math.floor((5 * dayOfYear + 2) / 153);
  const month = part < 10 ? part + 3 : part - 9;
  return {
    year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * part + 2) / 5) + 1,
  };
}
