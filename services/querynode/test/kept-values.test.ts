import { describe, expect, it } from "@jest/globals";
import { KeptValues } from "../src/cache/kept-values.ts";

/** A value of some bytes, and which have been freed. */
function world(budgetBytes: number) {
  const kept = new KeptValues(budgetBytes);
  const freed: string[] = [];
  const hold = (key: string, bytes = 10) =>
    kept.hold(key, { read: async () => key, size: () => bytes, free: (value) => freed.push(value) });
  return { kept, freed, hold };
}

describe("values that are kept", () => {
  it("go by the budget, the least recently used first, and are freed when nobody holds them", async () => {
    const { kept, freed, hold } = world(20);
    const first = await hold("a");
    (await hold("b"))[Symbol.dispose]();
    (await hold("c"))[Symbol.dispose]();
    expect([kept.usedBytes, kept.has("a"), freed]).toEqual([20, false, []]);
    const again = first.again();
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    expect(freed).toEqual([]);
    again[Symbol.dispose]();
    expect(freed).toEqual(["a"]);
  });

  it("are read anew when they have gone, beside one that is still held", async () => {
    const { freed, hold } = world(0);
    using first = await hold("a");
    using second = await hold("a");
    expect([first.value, second.value, freed]).toEqual(["a", "a", []]);
    first[Symbol.dispose]();
    expect(freed).toEqual(["a"]);
    second[Symbol.dispose]();
    expect(freed).toEqual(["a", "a"]);
  });

  it("let the least recently used go that is idle, and say when one becomes so", async () => {
    const { kept, freed, hold } = world(100);
    await kept.get(
      "plain",
      async () => 1,
      () => 1,
    );
    using held = await hold("a");
    expect(kept.dropIdle()).toBe(false);
    const released = kept.released.rung();
    held[Symbol.dispose]();
    await released;
    expect([kept.dropIdle(), freed, kept.usedBytes, kept.has("plain")]).toEqual([true, ["a"], 1, true]);
  });

  it("of a read that fails nothing is kept, and its holders hold nothing", async () => {
    const { kept } = world(100);
    const keeping = { read: async () => Promise.reject(new Error("gone")), size: () => 1 };
    await expect(kept.hold("a", keeping)).rejects.toThrow("gone");
    expect([kept.has("a"), kept.usedBytes]).toEqual([false, 0]);
  });
});
