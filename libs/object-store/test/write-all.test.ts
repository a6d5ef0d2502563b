import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { writeAll } from "../src/local/write-all.ts";

describe("writeAll", () => {
  it("goes on where a write stopped short, in every way", async () => {
    const sizes = fc.array(fc.nat(20), { maxLength: 40 });
    const steps = fc.infiniteStream(fc.integer({ min: 1, max: 30 }));
    await fc.assert(
      fc.asyncProperty(sizes, steps, async (lengths, accepted) => {
        let next = 0;
        const pieces = lengths.map((length) => Uint8Array.from({ length }, () => next++ % 256));
        const written: number[] = [];
        const total = await writeAll(pieces, async (batch, position) => {
          expect(position).toBe(written.length);
          const bytes = Buffer.concat(batch);
          expect(bytes.length).toBeGreaterThan(0);
          const count = Math.min(bytes.length, accepted.next().value);
          written.push(...bytes.subarray(0, count));
          return count;
        });
        expect(total).toBe(next);
        expect(written).toEqual([...Buffer.concat(pieces)]);
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it("gives the system at most 1024 pieces at once", async () => {
    const pieces = Array.from({ length: 3000 }, () => Uint8Array.of(1));
    const batches: number[] = [];
    await writeAll(pieces, async (batch) => {
      batches.push(batch.length);
      return batch.length;
    });
    expect(batches).toEqual([1024, 1024, 952]);
  });

  it("fails when nothing is written, and stops for its signal", async () => {
    await expect(writeAll([Uint8Array.of(1)], async () => 0)).rejects.toThrow("wrote 0 bytes");
    const abort = new AbortController();
    const stopping = async () => {
      abort.abort(new Error("stopped"));
      return 1;
    };
    await expect(writeAll([Uint8Array.of(1, 2)], stopping, abort.signal)).rejects.toThrow("stopped");
  });
});
