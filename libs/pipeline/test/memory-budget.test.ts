import { describe, expect, it } from "@jest/globals";
import { MemoryBudget } from "@sluice/pipeline";
import fc from "fast-check";

describe("MemoryBudget", () => {
  it("is first come, first served: small requests do not overtake a large one", async () => {
    const budget = new MemoryBudget(100);
    const order: string[] = [];
    const reserve = async (bytes: number, name: string) => {
      const held = await budget.reserve(bytes);
      order.push(name);
      return held;
    };
    const first = await budget.reserve(60);
    const large = reserve(80, "large");
    const small = reserve(10, "small");
    expect(budget.waiting).toBe(2);
    first[Symbol.dispose]();
    using _large = await large;
    using _small = await small;
    expect(order).toEqual(["large", "small"]);
    expect(budget.usedBytes).toBe(90);
  });

  it("gives back once", async () => {
    const budget = new MemoryBudget(100);
    const held = await budget.reserve(60);
    held[Symbol.dispose]();
    held[Symbol.dispose]();
    expect(budget.usedBytes).toBe(0);
  });

  it("lets the next one through when a waiting request is aborted", async () => {
    const budget = new MemoryBudget(100);
    using _held = await budget.reserve(60);
    const abort = new AbortController();
    const large = budget.reserve(80, abort.signal);
    const small = budget.reserve(10);
    abort.abort(new Error("cancelled"));
    await expect(large).rejects.toThrow("cancelled");
    using _small = await small;
    expect(budget.usedBytes).toBe(70);
  });

  it("refuses what never fits, and an aborted request", async () => {
    const budget = new MemoryBudget(100);
    await expect(budget.reserve(101)).rejects.toThrow("101 bytes are needed, the whole budget has 100");
    await expect(budget.reserve(-1)).rejects.toThrow(RangeError);
    await expect(budget.reserve(1, AbortSignal.abort(new Error("no")))).rejects.toThrow("no");
    expect(() => new MemoryBudget(0)).toThrow(RangeError);
  });

  it("never grants more than it has, and all requests come through", async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(sizes, async (requests) => {
        const budget = new MemoryBudget(100);
        await Promise.all(
          requests.map(async (bytes) => {
            using _held = await budget.reserve(bytes);
            expect(budget.usedBytes).toBeLessThanOrEqual(100);
            await new Promise((resolve) => setImmediate(resolve));
          }),
        );
        expect([budget.usedBytes, budget.waiting]).toEqual([0, 0]);
      }),
      { seed: 42, numRuns: 30 },
    );
  });
});
