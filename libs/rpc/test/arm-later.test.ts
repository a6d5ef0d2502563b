import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "@jest/globals";
import { armLater } from "../src/arm-later.ts";

function late() {
  return {
    hasEnded: false,
    armed: 0,
    arm() {
      this.armed++;
    },
  };
}

it("what has not ended by the end of a turn is armed, once", async () => {
  const [young, ended, other] = [late(), late(), late()];
  for (const one of [young, ended]) armLater(one);
  ended.hasEnded = true;
  expect([young.armed, ended.armed]).toEqual([0, 0]);
  await nextTurn();
  armLater(other);
  await nextTurn();
  expect([young.armed, ended.armed, other.armed]).toEqual([1, 0, 1]);
});
