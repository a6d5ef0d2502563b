import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, jest } from "@jest/globals";
import { collectAfterStart } from "@sluice/cluster";

it("collects once, and only when the thread has nothing to do", async () => {
  const collect = jest.fn();
  using _ = collectAfterStart(20, collect);
  const endMs = performance.now() + 100;
  while (performance.now() < endMs) {
    busyFor(15);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(collect).not.toHaveBeenCalled();
  while (collect.mock.calls.length === 0) await sleep(5);
  await sleep(100);
  expect(collect).toHaveBeenCalledTimes(1);
});

it("collects nothing more once it is disposed of", async () => {
  const collect = jest.fn();
  collectAfterStart(5, collect)[Symbol.dispose]();
  await sleep(30);
  expect(collect).not.toHaveBeenCalled();
});

function busyFor(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}
