import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { ReadAhead } from "../../src/arrays/read-ahead.ts";

const MIB = 1 << 20;
const bytes = Uint8Array.from({ length: 3 * MIB }, (_, i) => (i * 2654435761) >>> 13);

/** The bytes as a file that ends at `length`, and where it was read. */
function fileOf(length = bytes.length) {
  const reads: number[] = [];
  const readInto = async (position: number, target: Uint8Array) => {
    reads.push(position);
    const part = bytes.subarray(position, Math.min(length, position + target.length));
    target.set(part);
    return part.length;
  };
  return { reads, readInto };
}

describe("a part of a file that is read ahead", () => {
  it("is that part, in pieces of any size, at any places", async () => {
    const pieces = fc.array(fc.tuple(fc.nat(2 * MIB), fc.nat(MIB + 9)), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.nat(MIB), async (wanted, start) => {
        const end = start + 2 * MIB;
        using ahead = new ReadAhead(fileOf(), start, end);
        for (const [at, size] of wanted) {
          const target = new Uint8Array(size);
          const count = await ahead.readInto(start + at, target);
          expect(count).toBe(Math.min(size, end - start - at));
          expect(Buffer.compare(target.subarray(0, count), bytes.subarray(start + at, start + at + count))).toBe(0);
        }
      }),
      { numRuns: 50, seed: 3 },
    );
  });

  it("is read a mebibyte at a time, and not beyond its end", async () => {
    const file = fileOf();
    using ahead = new ReadAhead(file, 10, 10 + MIB + 5000);
    const target = new Uint8Array(1000);
    for (let at = 10; at < 10 + MIB + 5000; at += 1000) await ahead.readInto(at, target);
    expect(file.reads).toEqual([10, 10 + MIB]);
    expect(await ahead.readInto(10 + MIB + 5000, target)).toBe(0);
    expect(file.reads).toHaveLength(2);
  });

  it("ends where a file does that has become shorter", async () => {
    using ahead = new ReadAhead(fileOf(1500), 0, 4000);
    const target = new Uint8Array(1000);
    expect(await ahead.readInto(0, target)).toBe(1000);
    expect(await ahead.readInto(1000, target)).toBe(500);
  });

  it("is read again after a failure", async () => {
    const { readInto } = fileOf();
    let failures = 1;
    const flaky = {
      readInto: async (...to: Parameters<typeof readInto>) =>
        failures-- > 0 ? Promise.reject(new Error("away")) : readInto(...to),
    };
    using ahead = new ReadAhead(flaky, 0, 4000);
    const target = new Uint8Array(1000);
    await expect(ahead.readInto(0, target)).rejects.toThrow("away");
    expect(await ahead.readInto(0, target)).toBe(1000);
    expect(Buffer.compare(target, bytes.subarray(0, 1000))).toBe(0);
  });
});
