import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { packZstd } from "../src/codecs/zstd-packer.ts";

const params = { [constants.ZSTD_c_compressionLevel]: 1 };

function expectTheSame(bytes: Uint8Array): void {
  const packed = Buffer.from(packZstd(bytes));
  expect(packed.equals(zstdCompressSync(bytes, { params, pledgedSrcSize: bytes.length }))).toBe(true);
  expect(zstdDecompressSync(packed).equals(bytes)).toBe(true);
}

describe("zstd in a context that is kept", () => {
  it("gives, frame after frame, what a new context gives", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.integer({ min: 1, max: 300 }), (bytes, times) =>
        expectTheSame(Buffer.concat(new Array(times).fill(bytes))),
      ),
      { numRuns: 60 },
    );
  });

  it("does so for what does not shrink, and beyond what it keeps", () => {
    const noise = Uint32Array.from({ length: 300_000 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) ^ (i << 13));
    const bytes = new Uint8Array(noise.buffer);
    for (const length of [1 << 20, (1 << 20) + 1, bytes.length, 77]) expectTheSame(bytes.subarray(0, length));
  });
});
