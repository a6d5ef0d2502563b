import { expect, it } from "@jest/globals";
import { bytesText, countText, durationText, timeText, valueText } from "../page/format.ts";
import { leftOutText, listedRowsText, paceText, percentOf, rowsText, tookText } from "../page/jobs/job-texts.ts";
import { placeText } from "../page/jobs/place-text.ts";

it("figures are as short as they can be told apart", () => {
  expect([0, 1023, 1536, 5 << 20, 300 << 20, 2 ** 41].map(bytesText)).toEqual([
    ...["0 B", "1023 B", "1.5 KiB", "5.0 MiB", "300 MiB", "2.0 TiB"],
  ]);
  expect([0, 440, 9_999, 59_400, 61_000, 3_840_000].map(durationText)).toEqual([
    ...["0.0 s", "0.4 s", "10.0 s", "59 s", "1 min 1 s", "1 h 4 min"],
  ]);
  expect(countText(1234567)).toBe("1,234,567");
});

it("a time that is not yet is no time", () => {
  expect(timeText("")).toBe("–");
  expect(timeText("2026-11-28T12:00:00Z")).toMatch(/^2026-11-2[789] \d\d:\d\d:00$/);
});

it("values take one line, cut where they get long", () => {
  expect(valueText([1, 2])).toBe("[1,2]");
  expect(valueText("x".repeat(100), 5)).toBe("xxxx…");
  expect(valueText(undefined)).toBe("");
});

it("rows say how many there will be while that is not known", () => {
  expect(rowsText({ importedRows: 5, totalRows: 5 })).toBe("5");
  expect(rowsText({ importedRows: 5, totalRows: 7 })).toBe("5 of 7");
  const dryRun = { importedRows: 0, checkedRows: 3, totalRows: 9, totalRowsEstimated: true };
  expect([rowsText(dryRun), listedRowsText(dryRun)]).toEqual(["3 of about 9", "3 of about 9 checked"]);
  expect(listedRowsText({ importedRows: 5, totalRows: 5 })).toBe("5");
  // Those that were left out are not still to come.
  expect(rowsText({ importedRows: 4, rejectedRows: 1, duplicateRows: 2, totalRows: 7 })).toBe("4");
  expect(leftOutText({ importedRows: 4, rejectedRows: 1, duplicateRows: 2, totalRows: 7 })).toBe(
    "1 rejected, 2 duplicates",
  );
});

it("a failed job shows how far it had come", () => {
  expect(percentOf({ state: "Importing", progress: 40 })).toBe(40);
  expect(percentOf({ state: "Failed", progress: 0, progressAtFailure: 10 })).toBe(10);
});

it("the pace names what is known of it, and what it waits for", () => {
  const job = {
    jobId: "1",
    collectionName: "c",
    state: "Importing",
    progress: 3,
    importedRows: 0,
    totalRows: 9,
  } as const;
  const times = { createTime: "2026-11-28T12:00:00Z", completeTime: "" };
  expect(paceText({ ...job, ...times })).toBe("");
  expect(paceText({ ...job, ...times, rowsPerSecond: 1200, remainingSeconds: 75 })).toBe(
    "1,200 rows/s, 1 min 15 s left",
  );
  expect(paceText({ ...job, ...times, waitsFor: "a free worker" })).toBe("waits for a free worker");
  expect(tookText(times, Date.parse("2026-11-28T12:02:00Z"))).toBe("2 min 0 s");
  expect(tookText({ ...times, completeTime: times.createTime }, 0)).toBe("less than 1 s");
});

it("a place is told as far as it is known", () => {
  expect(placeText({ file: "a.jsonl", row: 0, line: 1, field: "v", byteOffset: 1024 })).toBe(
    'a.jsonl, row 0, line 1, field "v", byte 1,024',
  );
  expect(placeText({})).toBe("");
});
