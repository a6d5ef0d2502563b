import { excerpt, StatusError, statusCodes } from "@sluice/errors";

/** Zones that have been asked for: a formatter takes a quarter of a millisecond to make. Bounded, since a zone has many spellings. */
const MOST_KNOWN = 1024;
const known = new Set<string>();

/** @throws {StatusError} 1100 unless the zone is one of the IANA database, such as `Asia/Shanghai` or `UTC` */
export function checkTimezone(zone: string): void {
  if (known.has(zone)) return;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    if (known.size < MOST_KNOWN) known.add(zone);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const reason = `unknown or invalid IANA Time Zone ID: ${excerpt(zone)}: invalid parameter`;
    throw new StatusError(statusCodes.invalidParameter, reason, { cause });
  }
}
