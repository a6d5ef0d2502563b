import { expect, it } from "@jest/globals";
import { Turns } from "@sluice/async";
import { compileFilter } from "@sluice/query";
import { columnsOf, everyKind } from "./collection.ts";

// Rows that follow one another are narrowed by kernels, few ones by plain loops: both are asked about the same rows.
const edges = [0, 1, -1, 5, 127, -128, 32_767, 2 ** 31 - 1];
const rows = Array.from({ length: 300 }, (_, id) => {
  const value = edges[(id * 7) % edges.length];
  const isNull = id % 11 === 0;
  return {
    ...{ id: BigInt(id), i8: value % 128, i16: value % 32_768, i32: value, plain: BigInt(value) * 2n ** 31n },
    ...{ i64: isNull ? null : BigInt(value), f: value / 3, d: id % 13 === 0 ? Number.NaN : value / 3 },
  };
});
const columns = columnsOf(everyKind, rows);

it.each([
  ...["i8 == 5", "i8 > 200", "i8 != 1", "i16 >= 127", "not (i16 == -1)", "i32 in [1, 5]", "-1 <= i32 < 127"],
  ...[
    "id < 100",
    "id >= 250 or id == 7",
    "plain > 2147483648",
    "plain != 0",
    "i64 > 0",
    "not (i64 > 0)",
    "i64 is null",
  ],
  ...[
    "f > 0.3",
    "f == 1.6666666",
    "not (f < 1)",
    "d < 0.5",
    "not (d < 0.5)",
    "d >= 0 and f <= 1",
    "id % 3 == 1 and i8 > 0",
  ],
])("%s: all rows at once are those that are found one by one", async (text) => {
  const filter = compileFilter(text, everyKind);
  const oneByOne = rows.flatMap((_, row) => [...filter.evaluate(columns, rows.length, Uint32Array.of(row))]);
  expect([...filter.evaluate(columns, rows.length)]).toEqual(oneByOne);
  const inTurns = await filter.evaluateInTurns(columns, rows.length, new Turns(new AbortController().signal));
  expect([...inTurns]).toEqual(oneByOne);
});
