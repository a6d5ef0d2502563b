import { excerpt, StatusError, statusCodes } from "@sluice/errors";

/** @throws {StatusError} 1100 unless the zone is one of the IANA database, such as `Asia/Shanghai` or `UTC` */
export function checkTimezone(zone: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const reason = `unknown or invalid IANA Time Zone ID: ${excerpt(zone)}: invalid parameter`;
    throw new StatusError(statusCodes.invalidParameter, reason, { cause });
  }
}
