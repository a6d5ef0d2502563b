import { expect, it } from "@jest/globals";
import { sharedRows } from "../src/jobs/backups/replaced-segments.ts";

// Row ids of Milvus: by its clock, and of two shards between each other.
const at = 2n ** 58n;
const ids = (...rows: number[]) => BigInt64Array.from(rows, (row) => at + BigInt(row));

it("segments are alike whose first rows hold the first row of another one", () => {
  const replaced = [ids(1, 3, 5, 7), ids(2, 4, 6), ids(10, 12)];
  expect(sharedRows(replaced)).toEqual([]);
  expect(sharedRows([...replaced, ids(1, 3, 5, 7)])).toEqual([[0, 3]]);
  expect(sharedRows([...replaced, ids(5, 7, 10, 12)])).toEqual([[0, 2, 3]]);
  expect(sharedRows([...replaced, ids(12), ids(4, 6)])).toEqual([
    [2, 3],
    [1, 4],
  ]);
});

it("numbers of rows in a file are nobody's own, and a segment without ids is like none", () => {
  expect(sharedRows([BigInt64Array.of(0n, 1n), BigInt64Array.of(0n), ids(), ids()])).toEqual([]);
});

it("a thousand segments are compared in a moment", () => {
  const many = Array.from({ length: 1000 }, (_, i) => ids(...Array.from({ length: 1024 }, (_, k) => i + 2000 * k)));
  const began = process.cpuUsage();
  expect(sharedRows(many)).toEqual([]);
  expect(process.cpuUsage(began).user / 1000).toBeLessThan(5000);
});
