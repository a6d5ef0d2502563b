import { expect, it } from "@jest/globals";
import { shown } from "../src/show/tables.ts";

it.each([
  [[Math.fround(0.1), Math.fround(1 / 3), -2.5], "[0.1,0.33333334,-2.5]"],
  [Math.fround(1e-20), "1e-20"],
  [1 / 3, "0.3333333333333333"],
  [16_777_216, "16777216"],
  [2 ** 53, "9007199254740992"],
  [{ a: 9007199254740993n }, '{"a":"9007199254740993"}'],
  [null, ""],
])("%p is shown as %p", (value, text) => {
  expect(shown(value)).toBe(text);
});
