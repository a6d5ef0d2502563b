import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { ARENA_SCRATCH_BYTES, giveMemory, isPooled, pooledMemory, takeMemory } from "../src/index.ts";
import { MemoryArena } from "../src/memory-arena.ts";

const MIB = 1 << 20;

describe("an arena", () => {
  it("gives parts that do not meet, at pages, and has all of itself again in the end", () => {
    const sizes = fc.array(fc.record({ bytes: fc.integer({ min: 1, max: MIB }), isGiven: fc.boolean() }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(sizes, (steps) => {
        const arena = MemoryArena.open(4 * MIB);
        if (!arena) throw new Error("no memory");
        const taken: Uint8Array<ArrayBuffer>[] = [];
        for (const { bytes, isGiven } of steps) {
          const part = arena.take(bytes);
          if (part) taken.push(part);
          if (isGiven && taken.length > 0) arena.give(taken.splice(bytes % taken.length, 1)[0]);
          expectApart(taken);
        }
        for (const part of taken) arena.give(part);
        expect(arena.take(4 * MIB - ARENA_SCRATCH_BYTES)).toBeDefined();
      }),
      { numRuns: 30 },
    );
  });

  it("takes pages that were never used last, whatever the order in which parts come back", () => {
    const arena = MemoryArena.open(8 * MIB);
    if (!arena) throw new Error("no memory");
    const [first, second, third] = [MIB, 2 * MIB, MIB].map((bytes) => arena.take(bytes) as Uint8Array<ArrayBuffer>);
    arena.give(second);
    arena.give(first);
    expect(arena.take(3 * MIB)?.byteOffset).toBe(first.byteOffset);
    arena.give(third);
    expect(arena.take(MIB)?.byteOffset).toBe(third.byteOffset);
  });

  it("refuses what it has no room for", () => {
    expect(MemoryArena.open(2 * MIB)?.take(MIB + 1)).toBeUndefined();
  });
});

describe("memory of the pool", () => {
  it("lies in the thread's arena while that has room, and elsewhere afterwards", () => {
    const taken = Array.from({ length: 18 }, () => takeMemory(8 * MIB));
    expect(taken.slice(0, 15).every((bytes) => isPooled(bytes) && bytes.buffer === pooledMemory()?.buffer)).toBe(true);
    expect(isPooled(taken[17])).toBe(false);
    for (const bytes of taken) giveMemory(bytes);
  });

  it("of other sizes makes room", () => {
    const whole = takeMemory(100 * MIB);
    expect(isPooled(whole)).toBe(true);
    giveMemory(whole);
  });

  it("lies in the arena from 32 KiB on", () => {
    expect([isPooled(takeMemory(1 << 15)), isPooled(takeMemory((1 << 15) - 1))]).toEqual([true, false]);
  });
});

function expectApart(parts: readonly Uint8Array[]): void {
  const sorted = parts.toSorted((a, b) => a.byteOffset - b.byteOffset);
  for (const [i, { byteOffset }] of sorted.entries()) {
    expect(byteOffset % 4096).toBe(0);
    const before = sorted[i - 1];
    expect(byteOffset).toBeGreaterThanOrEqual(before ? before.byteOffset + before.length : ARENA_SCRATCH_BYTES);
  }
}
