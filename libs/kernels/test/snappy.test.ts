import { describe, expect, it } from "@jest/globals";
import { takeMemory } from "@sluice/async";
import fc from "fast-check";
import { decodeSnappyBlock } from "../src/snappy.ts";

// Blocks are put together element by element, so that what they stand for is known without another decoder.

type Element = { readonly literal: Uint8Array } | { readonly back: number; readonly length: number };

const element: fc.Arbitrary<Element> = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 90 }).map((literal) => ({ literal })),
  fc.record({ back: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.nat(4000)), length: fc.integer({ min: 1, max: 64 }) }),
);

function encoded(elements: readonly Element[]): { readonly block: number[]; readonly bytes: number[] } {
  const [block, bytes]: [number[], number[]] = [[], []];
  for (const one of elements)
    if ("literal" in one) {
      const { literal } = one;
      block.push(...(literal.length > 60 ? [60 << 2, literal.length - 1] : [(literal.length - 1) << 2]), ...literal);
      bytes.push(...literal);
    } else if (bytes.length > 0) {
      const offset = Math.min(bytes.length, Math.max(1, one.back));
      block.push(...copyElement(offset, one.length));
      for (let i = 0; i < one.length; i++) bytes.push(bytes[bytes.length - offset]);
    }
  return { block, bytes };
}

/** With an offset of as many bytes as it takes, and sometimes of four. */
function copyElement(offset: number, length: number): number[] {
  if (length >= 4 && length <= 11 && offset < 2048)
    return [1 | ((length - 4) << 2) | ((offset >>> 8) << 5), offset & 255];
  const isLong = offset % 5 === 0;
  return [(isLong ? 3 : 2) | ((length - 1) << 2), offset & 255, offset >>> 8, ...(isLong ? [0, 0] : [])];
}

const [input, memory] = [takeMemory(1 << 16), takeMemory(1 << 16)];
const AROUND = 64;

/** What the kernel makes of a block; nothing around its output is written. */
function decoded(block: readonly number[], size: number): number[] | undefined {
  input.fill(0xcc).set(block);
  memory.fill(0xee);
  const output = memory.subarray(AROUND, AROUND + size);
  const isWhole = decodeSnappyBlock(input.subarray(0, block.length), output);
  expect(isWhole).toBeDefined();
  expect(memory.subarray(0, AROUND).every((byte) => byte === 0xee)).toBe(true);
  expect(memory.subarray(AROUND + size, size + 2 * AROUND).every((byte) => byte === 0xee)).toBe(true);
  return isWhole ? [...output] : undefined;
}

describe("a block of Snappy in the thread's arena", () => {
  it("becomes the bytes that its elements stand for", () => {
    const property = fc.property(fc.array(element, { maxLength: 60, size: "max" }), (elements) => {
      const { block, bytes } = encoded(elements);
      expect(decoded(block, bytes.length)).toEqual(bytes);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it("is refused where it gives more or less than announced, and writes nowhere else whatever it says", () => {
    const damage = fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { maxLength: 3 });
    const property = fc.property(
      fc.array(element, { minLength: 1, maxLength: 30, size: "max" }),
      damage,
      fc.integer({ min: -40, max: 40 }),
      (elements, bytesChanged, by) => {
        const { block, bytes } = encoded(elements);
        const size = Math.max(0, bytes.length + by);
        if (size !== bytes.length) expect(decoded(block, size)).toBeUndefined();
        for (const { at, byte } of bytesChanged) if (block.length > 0) block[at % block.length] = byte;
        decoded(block, bytes.length);
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  it.each([
    ["a copy from before the start", [0x00, 97, 0x05, 0x02], 5],
    ["a copy from where it writes", [0x00, 97, 0x05, 0x00], 5],
    ["a literal of four gigabytes", [0xfc, 0xff, 0xff, 0xff, 0xff, 97], 100],
    ["an offset of four gigabytes", [0x00, 97, 0x03, 0xff, 0xff, 0xff, 0xff], 2],
    ["a literal without its length", [0xf4, 1], 100],
    ["a copy without its offset", [0x00, 97, 0x02, 1], 2],
  ])("is refused for %s", (_what, block, size) => expect(decoded(block, size)).toBeUndefined());

  it("is left alone elsewhere", () => {
    expect(decodeSnappyBlock(Uint8Array.of(0, 97), new Uint8Array(1))).toBeUndefined();
  });
});
