import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, jest } from "@jest/globals";
import { collectAfterStart } from "@sluice/cluster";

const heapBytes = () => 50 << 20;

it("collects once the thread has nothing to do, and then no more", async () => {
  const collected = Promise.withResolvers<void>();
  const collect = jest.fn(() => collected.resolve());
  using _ = collectAfterStart({ quietMs: 200, collect, heapBytes });
  await collected.promise;
  await sleep(500);
  expect(collect).toHaveBeenCalledTimes(1);
});

it("leaves a thread that has work to V8", async () => {
  const collect = jest.fn();
  using _ = collectAfterStart({ quietMs: 5, collect, heapBytes });
  const endMs = performance.now() + 300;
  while (performance.now() < endMs) {
    busyFor(20);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(collect).not.toHaveBeenCalled();
});

it("leaves a large heap to V8, and collects nothing once it is disposed of", async () => {
  const collect = jest.fn();
  using _ = collectAfterStart({ quietMs: 20, collect, heapBytes: () => 500 << 20 });
  collectAfterStart({ quietMs: 20, collect, heapBytes })[Symbol.dispose]();
  await sleep(300);
  expect(collect).not.toHaveBeenCalled();
});

function busyFor(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}
