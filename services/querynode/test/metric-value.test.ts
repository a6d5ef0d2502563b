import { expect, it, test } from "@jest/globals";
import { DataType } from "@sluice/schema";
import type { BucketMetric } from "../src/search/aggregation/levels.ts";
import { metricValue } from "../src/search/aggregation/metric-value.ts";
import type { Scalar } from "../src/search/compare-scalars.ts";

const MOST = 2n ** 63n - 1n;

test.each<[op: BucketMetric["op"], values: Scalar[], type: DataType | undefined, wanted: Scalar | undefined]>([
  ["count", [1n, null, 2n], DataType.Int64, 2n],
  ["sum", [MOST, 1n, -1n, null], DataType.Int64, MOST],
  ["sum", [1, 2], DataType.Int8, 3n],
  ["sum", [0.5, null, 2], DataType.Double, 2.5],
  ["avg", [MOST, MOST], DataType.Int64, Number(MOST)],
  ["avg", [1, 2], DataType.Int8, 1.5],
  ["min", [3, -2, null], undefined, -2],
  ["max", [1n, MOST], DataType.Int64, MOST],
  ["min", ["z", "é", "😀", "￮"], DataType.VarChar, "z"],
  ["max", ["z", "😀", "￮"], DataType.VarChar, "😀"],
  ["count", [null], DataType.VarChar, 0n],
  ["sum", [null], DataType.Int64, undefined],
  ["max", [], DataType.VarChar, undefined],
])("%s of %p", (op, values, type, wanted) => {
  expect(metricValue(op, values, type).value?.value).toBe(wanted);
});

it("a sum that is no Int64 is refused", () => {
  expect(() => metricValue("sum", [MOST, 1n], DataType.Int64)).toThrow("more than Int64 holds: ask for avg");
});
