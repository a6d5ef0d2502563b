// Points in time: int64 microseconds since 1970 UTC; the offset of the text is not kept. Rules: around-import §6.

const pattern = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?\s*(Z|z|[+-]\d{2}(?::?\d{2})?)?$/;
const MIN_OFFSET_HOURS = -12;
const MAX_OFFSET_HOURS = 14;

/**
 * RFC 3339, also with a blank instead of `T` and offsets such as `+08`; without an offset it is local time in `zone`, an
 * IANA name. Digits beyond microseconds are cut. @throws {RangeError} in Milvus's words
 */
export function parseTimestamptz(text: string, zone: string): bigint {
  const match = pattern.exec(text);
  const localMs = match ? utcOf(match) : undefined;
  if (!match || localMs === undefined) throw new RangeError(`invalid timestamp string: '${text}'. Does not match any known format`);
  const micros = BigInt((match[7] ?? "").padEnd(6, "0").slice(0, 6));
  const offsetMs = match[8] === undefined ? zoneOffsetMs(localMs, zone) : textOffsetMs(match[8]);
  return BigInt(localMs - offsetMs) * 1000n + micros;
}

/** Milliseconds of the fields taken as UTC; undefined when one is out of range, such as 30 February. */
function utcOf([, year, month, day, hour, minute, second]: RegExpExecArray): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second));
  const isSame = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) && date.getUTCHours() === Number(hour);
  return isSame && Number(minute) < 60 && Number(second) < 60 ? date.getTime() : undefined;
}

function textOffsetMs(text: string): number {
  if (text.toUpperCase() === "Z") return 0;
  const sign = text[0] === "-" ? -1 : 1;
  const hours = sign * Number(text.slice(1, 3));
  const minutes = sign * Number(text.slice(3).replace(":", "") || 0);
  const total = hours * 60 + minutes;
  if (total < MIN_OFFSET_HOURS * 60 || total > MAX_OFFSET_HOURS * 60 || Math.abs(minutes) > 59) {
    throw new RangeError(`UTC offset hour ${hours} is out of the valid range [${MIN_OFFSET_HOURS}, ${MAX_OFFSET_HOURS}]`);
  }
  return total * 60_000;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** @throws {RangeError} for an unknown zone, in Milvus's words */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  try {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
      era: "short",
    });
    formats.set(zone, format);
    return format;
  } catch (error) {
    throw new RangeError(`unknown or invalid IANA Time Zone ID: ${zone}`, { cause: error });
  }
}

/** How far the zone's clocks are ahead of UTC at a moment. */
function offsetAtMs(utcMs: number, zone: string): number {
  if (zone === "UTC") return 0;
  const parts = Object.fromEntries(formatOf(zone).formatToParts(utcMs).map(({ type, value }) => [type, value]));
  const year = parts.era === "BC" ? 1 - Number(parts.year) : Number(parts.year);
  const local = new Date(0);
  local.setUTCFullYear(year, Number(parts.month) - 1, Number(parts.day));
  local.setUTCHours(Number(parts.hour), Number(parts.minute), Number(parts.second));
  return local.getTime() - Math.floor(utcMs / 1000) * 1000;
}

/** Offset of a local time. In a gap the clock shifts forward; of an overlap the first occurrence counts. */
function zoneOffsetMs(localMs: number, zone: string): number {
  const before = offsetAtMs(localMs - 86_400_000, zone);
  const after = offsetAtMs(localMs + 86_400_000, zone);
  if (before === after) return before;
  return offsetAtMs(localMs - before, zone) === before ? before : offsetAtMs(localMs - after, zone) === after ? after : before;
}

/** RFC 3339 in `zone`; up to six digits of a second, trailing zeros cut; `Z` for UTC. @throws {RangeError} */
export function formatTimestamptz(micros: bigint, zone: string): string {
  const ms = Number((micros - (((micros % 1000n) + 1000n) % 1000n)) / 1000n);
  const offsetMs = offsetAtMs(ms, zone);
  const local = new Date(ms + offsetMs).toISOString().replace(/\.\d+Z$/, "");
  const fraction = String(((micros % 1_000_000n) + 1_000_000n) % 1_000_000n).padStart(6, "0").replace(/0+$/, "");
  return `${local}${fraction && `.${fraction}`}${offsetText(offsetMs, zone)}`;
}

function offsetText(offsetMs: number, zone: string): string {
  if (zone === "UTC") return "Z";
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  const pad = (value: number) => String(value).padStart(2, "0");
  return `${offsetMs < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}
