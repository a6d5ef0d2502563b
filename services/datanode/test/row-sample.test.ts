import { expect, it } from "@jest/globals";
import { type Column, type FixedColumn, views } from "@sluice/columns";
import { RowSample } from "../src/tasks/row-sample.ts";

const numbers = (first: number, count: number): Column => {
  const data = new Uint8Array(BigInt64Array.from({ length: count }, (_, i) => BigInt(first + i)).buffer);
  return { kind: "fixed", width: 8, data, validity: undefined };
};

/** The rows that are kept of ten batches of ten. */
function sampled(size: number, random?: () => number): number[] {
  const sample = new RowSample(size, random);
  for (let first = 0; first < 100; first += 10) sample.add([undefined, numbers(first, 10)], 10);
  return [...sample.parts()].flatMap(({ columns, rowCount }) =>
    Array.from(views.int64(columns[1] as FixedColumn, rowCount), Number),
  );
}

it("keeps every row where there are not more than are wanted, and none where none is", () => {
  expect(sampled(100).sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(sampled(0)).toEqual([]);
});

it("keeps as many different rows as are wanted, each as likely as any other", () => {
  const counts = new Array<number>(100).fill(0);
  for (let round = 0; round < 2000; round++) {
    const rows = sampled(10);
    expect(new Set(rows).size).toBe(10);
    for (const row of rows) counts[row]++;
  }
  // 200 expected, with a deviation of 13.4.
  for (const count of counts) expect(Math.abs(count - 200)).toBeLessThan(80);
});
