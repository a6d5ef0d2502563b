import { describe, expect, it } from "@jest/globals";
import { aborted, Serial, Slots, sleep } from "@sluice/async";

describe("Serial", () => {
  it("runs work in the order of the calls, one at a time, past work that fails", async () => {
    const serial = new Serial();
    const log: string[] = [];
    const work = (name: string) => async () => {
      log.push(`${name} begins`);
      await sleep(1);
      log.push(`${name} ends`);
      if (name === "b") throw new Error("b failed");
      return name;
    };
    const results = await Promise.allSettled(["a", "b", "c"].map((name) => serial.run(work(name))));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(log).toEqual(["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]));
  });
});

describe("Slots", () => {
  it("let so many at once, in the order in which they ask", async () => {
    const slots = new Slots(2);
    let running = 0;
    let most = 0;
    const order: number[] = [];
    await Promise.all(
      [0, 1, 2, 3, 4].map(async (i) => {
        using _slot = await slots.take();
        order.push(i);
        most = Math.max(most, ++running);
        await sleep(1);
        running--;
      }),
    );
    expect(most).toBe(2);
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });
});

describe("waits", () => {
  it("end with their signal, and never throw", async () => {
    const abort = new AbortController();
    const waits = Promise.all([sleep(60_000, abort.signal), aborted(abort.signal)]);
    abort.abort(new Error("over"));
    await waits;
    await sleep(60_000, abort.signal);
    await aborted(abort.signal);
  });

  it("last as long as they are told to", async () => {
    const startedMs = performance.now();
    await sleep(20);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(19);
  });
});
