import { describe, expect, it } from "@jest/globals";
import { forEachConcurrent, mapConcurrent } from "@sluice/async";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("mapConcurrent", () => {
  it.each([1, 2, 5, 100])("runs at most %i calls and yields in source order", async (limit) => {
    let running = 0;
    let most = 0;
    const results = mapConcurrent(Array(30).keys(), limit, async (item) => {
      most = Math.max(most, ++running);
      for (let i = 0; i <= (item * 7) % 5; i++) await turn();
      running--;
      return item * 2;
    });
    expect(await Array.fromAsync(results)).toEqual(Array.from({ length: 30 }, (_, i) => i * 2));
    expect(most).toBeLessThanOrEqual(limit);
    expect(most).toBe(Math.min(limit, 30));
  });

  it("of items with weights, runs as many as the limit takes; a heavier one alone", async () => {
    const weights = [3, 3, 3, 20, 1, 9, 5, 5, 1];
    let [used, most] = [0, 0];
    const run = async (weight: number) => {
      most = Math.max(most, (used += weight));
      if (weight > 10) expect(used).toBe(weight);
      await turn();
      used -= weight;
      return weight;
    };
    expect(await Array.fromAsync(mapConcurrent(weights, 10, run, (weight) => weight))).toEqual(weights);
    expect(most).toBe(20);
  });

  it("fails with the first failure in order, and waits for the calls that run", async () => {
    let running = 0;
    const all = mapConcurrent([0, 1, 2, 3, 4, 5], 3, async (item, signal) => {
      running++;
      try {
        if (item === 1) throw new Error("one");
        for (let i = 0; i < 5 && !signal.aborted; i++) await turn();
        return item;
      } finally {
        running--;
      }
    });
    await expect(Array.fromAsync(all)).rejects.toThrow("one");
    expect(running).toBe(0);
  });

  it("aborts what runs when the loop is left", async () => {
    const aborted: number[] = [];
    for await (const _ of mapConcurrent([0, 1, 2], 3, async (item, signal) => {
      if (item > 0) await new Promise((resolve) => signal.addEventListener("abort", resolve));
      if (signal.aborted) aborted.push(item);
    })) {
      break;
    }
    expect(aborted).toEqual([1, 2]);
  });

  it("refuses a limit below 1", async () => {
    await expect(Array.fromAsync(mapConcurrent([1], 0, async (x) => x))).rejects.toThrow("limit of at least 1, got 0");
  });

  it("forEachConcurrent waits for all", async () => {
    const done: number[] = [];
    await forEachConcurrent([3, 2, 1], 3, async (turns) => {
      for (let i = 0; i < turns; i++) await turn();
      done.push(turns);
    });
    expect(done).toEqual([1, 2, 3]);
  });
});
