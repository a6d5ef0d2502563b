import { describe, expect, it } from "@jest/globals";
import { giveMemory, HeldMemory, isPooled, takeMemory } from "@sluice/async";

const MIB = 1 << 20;

describe("memory that is used again", () => {
  it("is given to who asks for as much, once", () => {
    const first = takeMemory(2 * MIB);
    giveMemory(first);
    expect(placeOf(takeMemory(2 * MIB))).toBe(placeOf(first));
    expect(placeOf(takeMemory(2 * MIB))).not.toBe(placeOf(first));
  });

  it("is not kept when it is small", () => {
    const small = takeMemory(100);
    giveMemory(small);
    expect(takeMemory(100)).not.toBe(small);
  });

  it("is kept outside of the arena up to a limit, the newest first", () => {
    const pooled = Array.from({ length: 31 }, () => takeMemory(4 * MIB)).filter(isPooled);
    const many = Array.from({ length: 14 }, () => new Uint8Array(8 * MIB));
    for (const bytes of many) giveMemory(bytes);
    const taken = Array.from({ length: 14 }, () => takeMemory(8 * MIB));
    expect(taken.slice(0, 13).every((bytes, i) => bytes === many[13 - i])).toBe(true);
    expect(many.includes(taken[13])).toBe(false);
    for (const bytes of pooled) giveMemory(bytes);
  });

  it("is held for a reader, which may give some of it back before the rest", () => {
    const held = new HeldMemory();
    const [first, second] = [held.take(MIB), held.take(MIB)];
    held.give(first);
    const other = takeMemory(MIB);
    expect(placeOf(other)).toBe(placeOf(first));
    held.give(first);
    held[Symbol.dispose]();
    expect(placeOf(takeMemory(MIB))).toBe(placeOf(second));
    expect(placeOf(takeMemory(MIB))).not.toBe(placeOf(first));
  });
});

function placeOf({ byteOffset }: Uint8Array): number {
  return byteOffset;
}
