import { describe, expect, it } from "@jest/globals";
import { formatTimestamptz, localTime, parseTimestamptz } from "@sluice/values";
import fc from "fast-check";

const MICROS_PER_MS = 1000n;

describe("timestamptz", () => {
  it.each([
    ["2025-05-30T23:46:05Z", "", 1748648765000000n],
    ["2025-05-30 23:46:05", "", 1748648765000000n],
    ["2025-05-31T07:46:05+08:00", "", 1748648765000000n],
    ["2025-05-31 07:46:05+08", "Europe/Berlin", 1748648765000000n],
    ["2025-05-31T07:46:05", "Asia/Shanghai", 1748648765000000n],
    ["2025-05-31 13:16:05.5+13:30", "", 1748648765500000n],
    ["2025-05-30T20:16:05.1234567-03:30", "", 1748648765123456n],
    ["1969-12-31T23:59:59.9999999Z", "", -1n],
    ["1970-01-01T00:00:00.000001Z", "", 1n],
    ["2024-02-29T00:00:00Z", "", 1709164800000000n],
    ["0000-01-01T00:00:00Z", "", -62167219200000000n],
    ["9999-12-31T23:59:59.999999Z", "", 253402300799999999n],
  ])("reads %s in zone %p", (text, zone, micros) => {
    expect(parseTimestamptz(text, zone)).toBe(micros);
  });

  it.each([
    ["an overlap takes the first", "2025-10-26 02:30:00", "Europe/Berlin", "2025-10-26T02:30:00+02:00"],
    ["a gap shifts forward", "2025-03-30 02:30:00", "Europe/Berlin", "2025-03-30T03:30:00+02:00"],
    ["a gap of half an hour", "2025-10-05 02:10:00", "Australia/Lord_Howe", "2025-10-05T02:40:00+11:00"],
    ["the other hemisphere", "2025-01-15 12:00:00", "America/Santiago", "2025-01-15T12:00:00-03:00"],
    ["a day that was left out", "2011-12-30 12:00:00", "Pacific/Apia", "2011-12-31T12:00:00+14:00"],
    ["an hour before a transition", "2025-03-30 01:59:59.999999", "Europe/Berlin", "2025-03-30T01:59:59.999999+01:00"],
    ["summer time", "2025-07-01 00:00:00", "Europe/London", "2025-07-01T00:00:00+01:00"],
    ["no offset in winter", "2025-12-01 00:00:00", "Europe/London", "2025-12-01T00:00:00Z"],
  ])("%s", (_, text, zone, shown) => {
    expect(formatTimestamptz(parseTimestamptz(text, zone), zone)).toBe(shown);
  });

  it.each([
    [1748648765000000n, "", "2025-05-30T23:46:05Z"],
    [1748648765120000n, "UTC", "2025-05-30T23:46:05.12Z"],
    [-1n, "", "1969-12-31T23:59:59.999999Z"],
    [0n, "Asia/Kathmandu", "1970-01-01T05:30:00+05:30"],
    [-62135596800000000n, "", "0001-01-01T00:00:00Z"],
    // Local mean time was 53 minutes and 28 seconds ahead: the minute is shown, the instant is exact.
    [-5364665608000000n, "Europe/Berlin", "1799-12-31T23:59:32+00:53"],
  ])("shows %s in %p as %s", (micros, zone, text) => {
    expect(formatTimestamptz(micros, zone)).toBe(text);
    expect(parseTimestamptz(text, "")).toBe(micros);
  });

  it.each([
    [1748648765000120n, "", [2025, 5, 30, 23, 46, 5, 120]],
    [-1n, "UTC", [1969, 12, 31, 23, 59, 59, 999999]],
    [0n, "Asia/Kathmandu", [1970, 1, 1, 5, 30, 0, 0]],
    // To the second, as no offset has to be written.
    [-5364665608000000n, "Europe/Berlin", [1800, 1, 1, 0, 0, 0, 0]],
  ])("a clock shows %s in %p as %j", (micros, zone, parts) => {
    const { year, month, day, hour, minute, second, microsecond } = localTime(micros, zone);
    expect([year, month, day, hour, minute, second, microsecond]).toEqual(parts);
  });

  it("agrees with Date on UTC and offsets", () => {
    const instant = fc.integer({ min: Date.UTC(1000, 0, 1), max: Date.UTC(9998, 0, 1) });
    const offsets = fc.integer({ min: -12 * 60, max: 14 * 60 });
    const same = (ms: number, minutes: number) => {
      const micros = BigInt(ms) * MICROS_PER_MS;
      const shown = formatTimestamptz(micros, "");
      expect(Date.parse(shown)).toBe(ms);
      const magnitude = `${String(Math.floor(Math.abs(minutes) / 60)).padStart(2, "0")}:${String(Math.abs(minutes) % 60).padStart(2, "0")}`;
      const local = new Date(ms + minutes * 60_000)
        .toISOString()
        .replace("Z", `${minutes < 0 ? "-" : "+"}${magnitude}`);
      expect(parseTimestamptz(local, "")).toBe(micros);
    };
    fc.assert(fc.property(instant, offsets, same), { seed: 61, numRuns: 2_000 });
  });

  it("what is shown in a zone reads back as the same instant", () => {
    const micros = fc.bigInt({ min: -62135596800000000n, max: 253402200000000000n });
    const zones = fc.constantFrom(
      "Europe/Berlin",
      "America/New_York",
      "Asia/Kolkata",
      "Pacific/Apia",
      "Africa/Monrovia",
      "America/St_Johns",
    );
    const same = (value: bigint, zone: string) =>
      expect(parseTimestamptz(formatTimestamptz(value, zone), "")).toBe(value);
    fc.assert(fc.property(micros, zones, same), { seed: 62, numRuns: 1_000 });
  });

  it.each([
    "",
    "now",
    "2025-05-30",
    "2025-13-01T00:00:00Z",
    "2025-02-29T00:00:00Z",
    "2025-05-30T24:00:00Z",
    "2025-05-30T23:60:00Z",
    "2025-05-30T23:59:60Z",
    "2025-05-30T23:46:05.Z",
    "2025-05-30T23:46:05+8",
    "2025-05-30T23:46:05+08:60",
    "2025-5-30T23:46:05Z",
    " 2025-05-30T23:46:05Z",
    "2025-05-30T23:46:05 Z",
  ])("refuses %p", (text) =>
    expect(() => parseTimestamptz(text, "")).toThrow(
      `invalid timestamp string: '${text}'. Does not match any known format`,
    ),
  );

  it.each([
    ["+15:00", 15],
    ["-13", -13],
    ["+14:30", 14],
    ["-12:30", -12],
  ])("refuses the offset %s", (offset, hour) => {
    expect(() => parseTimestamptz(`2025-05-30T23:46:05${offset}`, "")).toThrow(
      `UTC offset hour ${hour} is out of the valid range [-12, 14]`,
    );
  });

  it("refuses zones that do not exist", () => {
    const message = "unknown or invalid IANA Time Zone ID: Mars/Base";
    expect(() => parseTimestamptz("2025-05-30T23:46:05", "Mars/Base")).toThrow(message);
    expect(() => formatTimestamptz(0n, "Mars/Base")).toThrow(message);
  });
});
