import { describe, expect, it, test } from "@jest/globals";
import { refusal, select, truth } from "../collection.ts";

/** Truth per row, as `TFU`. */
type Case = [text: string, truths: string];

describe("§2.11 Timestamptz", () => {
  const at = (text: string) => ({ ts: BigInt(Date.parse(text)) * 1000n });
  const rows = [at("2025-06-01T23:59:59.999Z"), at("2025-06-02T00:00:00Z"), at("2025-06-02T08:00:00Z"), {}];
  test.each<Case>([
    ["ts >= ISO '2025-06-02T00:00:00Z'", "FTTU"],
    ["ISO '2025-06-02T00:00:00Z' <= ts", "FTTU"],
    ["ts == iso '2025-06-02 08:00:00+08:00'", "FTFU"],
    ["ts != ISO '2025-06-02 08:00:00+08'", "TFTU"],
    ["ISO '2025-06-02T00:00:00Z' <= ts < ISO '2025-06-02T08:00:00Z'", "FTFU"],
    ["ts + INTERVAL 'PT8H' == ISO '2025-06-02T08:00:00Z'", "FTFU"],
    ["ts - INTERVAL 'P1DT8H' == ISO '2025-06-01T00:00:00Z'", "FFTU"],
    ["ts is not null", "TTTF"],
  ])("%s", (text, truths) => {
    expect(truth(text, rows)).toBe(truths);
  });

  it("reads text without offset in the request's zone, else the collection's", () => {
    expect(truth("ts == ISO '2025-06-02T08:00:00'", rows, { timezone: "Asia/Shanghai" })).toBe("FTFU");
    expect(truth("ts == ISO '2025-06-02T08:00:00'", rows)).toBe("FFTU");
    expect(() => select("ts == ISO '2025-06-02'", rows, { timezone: "Mars/Olympus" })).toThrow(
      "unknown or invalid IANA Time Zone ID: Mars/Olympus",
    );
  });

  it("adds months as a calendar does, without clamping", () => {
    const days = ["2024-01-31", "2023-01-31", "2024-02-29", "1600-12-31", "0100-01-31", "9999-12-31"];
    for (const day of days) {
      for (const [interval, y, m, d] of [
        ["P1M", 0, 1, 0],
        ["P1Y", 1, 0, 0],
        ["P13M5D", 0, 13, 5],
        ["P400Y", 400, 0, 0],
      ] as const) {
        const start = new Date(`${day}T12:34:56.789Z`);
        const moved = (sign: 1 | -1) => {
          const end = new Date(start);
          end.setUTCFullYear(
            start.getUTCFullYear() + sign * y,
            start.getUTCMonth() + sign * m,
            start.getUTCDate() + sign * d,
          );
          return end;
        };
        if (moved(1).getUTCFullYear() > 9999 || moved(-1).getUTCFullYear() < 1) continue;
        const row = { ts: BigInt(start.getTime()) * 1000n + 123n };
        const same = (end: Date) => end.toISOString().replace("Z", "123Z");
        expect(truth(`ts + INTERVAL '${interval}' == ISO '${same(moved(1))}'`, [row])).toBe("T");
        expect(truth(`ts - INTERVAL '${interval}' == ISO '${same(moved(-1))}'`, [row])).toBe("T");
      }
    }
  });

  test.each<[text: string, cause: string | RegExp]>([
    ["ts > ISO 'yesterday'", "invalid timestamp string: 'yesterday'. Does not match any known format at column 5"],
    ["i64 > ISO '2025-06-02'", "field 'i64' is not a timestamptz datatype at column 0"],
    ["color > ISO '2025-06-02'", "field 'color' is not a timestamptz datatype at column 0"],
    ["i64 + INTERVAL 'P1D' > ISO '2025-06-02'", "field 'i64' is not a timestamptz datatype at column 0"],
    ["ts + INTERVAL 'P1W' > ISO '2025-06-02'", "invalid interval string: 'P1W' at column 5"],
    ["ts + INTERVAL 'P' > ISO '2025-06-02'", "invalid interval string: 'P' at column 5"],
    ["ts + INTERVAL 'P1DT' > ISO '2025-06-02'", "invalid interval string: 'P1DT' at column 5"],
    ["ts * INTERVAL 'P1D' > ISO '2025-06-02'", "an interval can only be added or subtracted at column 0"],
    ["ts + INTERVAL 'P1D' > 5", "comparisons between Timestamptz and Int64 are not supported at column 0"],
    ["ts > ISO '2025-06-02T00:00:00+15:00'", /^UTC offset|^invalid timestamp/],
    ["s == INTERVAL 'P1D'", "INTERVAL text can only be used with a timestamptz field at column 5"],
    ["ts", "predicate is not a boolean expression: ts, data type: Timestamptz at column 0"],
  ])("%s is refused", (text, cause) => {
    const actual = refusal(text);
    if (typeof cause === "string") expect(actual).toBe(cause);
    else expect(actual).toMatch(cause);
  });
});
