import { describe, expect, it } from "@jest/globals";
import { KeptValues } from "../src/cache/kept-values.ts";

/** A value of some bytes, and which have been freed. */
function world(budgetBytes: number, passingBytes = 0) {
  const kept = new KeptValues(budgetBytes, passingBytes);
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

  it("stay, a part of them, when more than there is room for are used again and again", async () => {
    const { kept, freed, hold } = world(60);
    const keys = Array.from("abcdefghij");
    const useAll = async () => {
      const found = keys.map((key) => kept.has(key));
      for (const key of keys) (await hold(key))[Symbol.dispose]();
      return found.filter(Boolean).length;
    };
    expect([await useAll(), await useAll(), await useAll(), await useAll()]).toEqual([0, 6, 6, 6]);
    expect([kept.usedBytes, kept.hasSeen("a"), kept.hasSeen("z")]).toEqual([60, true, false]);
    // The same ones: of the others each was freed each time.
    expect(["g", "f", "j"].map((key) => freed.includes(key))).toEqual([false, false, false]);
  });

  it("pass when they take nobody's place, and are there until others pass", async () => {
    const { kept, freed, hold } = world(20, 20);
    const use = async (keys: string) => {
      for (const key of keys) (await hold(key))[Symbol.dispose]();
      return Array.from("abcdef").filter((key) => kept.has(key));
    };
    expect(await use("abcdef")).toEqual(["e", "f"]);
    expect(await use("abcd")).toEqual(["c", "d", "e", "f"]);
    expect([kept.usedBytes, freed.slice(4)]).toEqual([40, ["a", "b"]]);
    expect([kept.dropIdle(), kept.has("c"), kept.usedBytes]).toEqual([true, false, 30]);
  });

  it("go when others are used instead, from the second time on", async () => {
    const { kept, hold } = world(20);
    const use = async (keys: string) => {
      for (const key of keys) (await hold(key))[Symbol.dispose]();
      return Array.from("abxyz").filter((key) => kept.has(key));
    };
    expect(await use("ab")).toEqual(["a", "b"]);
    expect(await use("xyz")).toEqual(["y", "z"]);
    expect(await use("abab")).toEqual(["a", "b"]);
  });

  it("make room for what stands in for them, however lately they were used", async () => {
    const { kept, hold } = world(30);
    const stand = async (key: string) => {
      const keeping = { read: async () => key, size: () => 10, standsIn: true };
      (await kept.hold(key, keeping))[Symbol.dispose]();
      return Array.from("abcxyz").filter((one) => kept.has(one));
    };
    for (const key of "abc") (await hold(key))[Symbol.dispose]();
    kept.spare("c");
    expect([await stand("x"), kept.hasSeen("c")]).toEqual([["a", "b", "x"], true]);
    expect([await stand("y"), kept.wouldKeep("a", 1)]).toEqual([["b", "x", "y"], false]);
    kept.spare("y");
    expect(kept.wouldKeep("a", 10)).toBe(true);
  });

  it("drive nobody out when they have no room at all", async () => {
    const { kept, hold } = world(20, 50);
    for (const [key, bytes] of [
      ["a", 10],
      ["b", 21],
    ] as const)
      (await hold(key, bytes))[Symbol.dispose]();
    expect([kept.has("a"), kept.has("b"), kept.usedBytes]).toEqual([true, true, 31]);
  });

  it("say before they are read whether they would stay", async () => {
    const { kept, hold } = world(20);
    for (const key of "abc") (await hold(key))[Symbol.dispose]();
    expect([kept.wouldKeep("z", 20), kept.wouldKeep("z", 21)]).toEqual([true, false]);
    // Others have been used since.
    expect([kept.wouldKeep("a", 1), kept.has("a")]).toEqual([false, false]);
    const roomy = new KeptValues(100);
    expect(roomy.wouldKeep("a", 100)).toBe(true);
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

  it("go at once when nobody will ask for them again, and are freed when nobody holds them", async () => {
    const { kept, freed, hold } = world(20, 20);
    const held = await hold("a");
    (await hold("b"))[Symbol.dispose]();
    kept.forget("a");
    kept.forget("b");
    kept.forget("c");
    expect([[...kept.keys()], kept.usedBytes, freed, kept.hasSeen("b")]).toEqual([[], 0, ["b"], false]);
    held[Symbol.dispose]();
    expect(freed).toEqual(["b", "a"]);
  });

  it("stay while they are read, whatever is said of them", async () => {
    const { kept, hold } = world(20);
    const reading = hold("a");
    kept.forget("a");
    (await reading)[Symbol.dispose]();
    expect([[...kept.keys()], kept.usedBytes]).toEqual([["a"], 10]);
  });
});
