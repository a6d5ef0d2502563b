import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { type RowCounts, shareRows, totalRows } from "../src/index.ts";

const task = (counts: Partial<RowCounts>): RowCounts => ({
  state: "running",
  sizeBytes: 1000,
  processedBytes: 0,
  rowCount: 0,
  ...counts,
});

describe("rows of a job's sources", () => {
  it.each<[what: string, tasks: RowCounts[], rows: number, isEstimate: boolean]>([
    ["counted at the end", [task({ state: "persisted", rowCount: 7, announcedRows: 9 })], 7, false],
    ["announced by a footer", [task({ rowCount: 3, processedBytes: 500, announcedRows: 9 })], 9, false],
    [
      "announced while only some parts of a source are counted",
      [task({ state: "persisted", rowCount: 6, announcedRows: 5 }), task({ announcedRows: 4 })],
      9,
      false,
    ],
    ["projected from bytes", [task({ rowCount: 3, processedBytes: 500 })], 6, true],
    ["not known before anything is read", [task({ state: "pending" })], 0, true],
    ["not known before there are tasks", [], 0, true],
    ["as dense as other files", [task({ state: "persisted", rowCount: 10, processedBytes: 1000 }), task({})], 20, true],
    ["never fewer than were read", [task({ rowCount: 5, processedBytes: 2000 })], 5, true],
  ])("are %s", (_what, tasks, rows, isEstimate) => {
    expect(totalRows(tasks)).toEqual({ rows, isEstimate });
  });

  it("are shared among the parts of a source without one being lost", () => {
    fc.assert(
      fc.property(fc.nat(1e9), fc.array(fc.nat(1e9), { minLength: 1, maxLength: 20 }), (rows, sizes) => {
        const shares = shareRows(rows, sizes);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(rows);
        expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
