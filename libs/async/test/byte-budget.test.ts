import { expect, it } from "@jest/globals";
import { ByteBudget } from "@sluice/async";

it("shares a budget: what is not there is refused, and what is given back is there again", () => {
  const budget = new ByteBudget(100);
  const [a, b] = [budget.open(), budget.open()];
  expect([a.resize(60), b.resize(50), b.resize(40), a.resize(61)]).toEqual([true, false, true, false]);
  expect([a.heldBytes, b.heldBytes, budget.heldBytes]).toEqual([60, 40, 100]);
  expect([a.resize(10), b.resize(90)]).toEqual([true, true]);
  b[Symbol.dispose]();
  b[Symbol.dispose]();
  expect([budget.heldBytes, b.resize(1), a.resize(100)]).toEqual([10, false, true]);
});
