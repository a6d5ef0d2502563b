import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { Decompressor } from "../src/codecs/decompress.ts";
import { ZstdEngine } from "../src/codecs/zstd-engine.ts";

const MAX_FRAMES = 100;

function frame(content: Uint8Array, withChecksum: boolean): Buffer {
  return zstdCompressSync(content, { params: { [constants.ZSTD_c_checksumFlag]: withChecksum ? 1 : 0 } });
}

/** What a new engine makes of it; undefined where it leaves it to others. */
function decoded(input: Uint8Array, size: number): Buffer | undefined {
  const output = Buffer.alloc(size, 7);
  return ZstdEngine.open()?.decode(input, output, MAX_FRAMES) ? output : undefined;
}

describe("the engine behind node:zlib", () => {
  const contents = fc.array(fc.uint8Array({ maxLength: 3000 }), { minLength: 1, maxLength: 4 });

  it("is there in this Node", () => expect(ZstdEngine.open()).toBeInstanceOf(ZstdEngine));

  it("gives what was compressed, in one frame or in several", () => {
    const engine = ZstdEngine.open();
    fc.assert(
      fc.property(contents, fc.boolean(), (parts, withChecksum) => {
        const whole = Buffer.concat(parts);
        const output = Buffer.alloc(whole.length);
        expect(engine?.decode(Buffer.concat(parts.map((part) => frame(part, withChecksum))), output, MAX_FRAMES)).toBe(
          true,
        );
        expect(output.equals(whole)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("leaves to others what is cut short, damaged, of another size, or followed by anything else", () => {
    const change = fc.constantFrom("cut", "flip", "shorter", "longer", "more");
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 500 }), change, fc.nat(), (content, what, at) => {
        const good = frame(content, true);
        const bytes = Buffer.from(good);
        if (what === "flip") bytes[at % bytes.length] ^= 1 + (at % 255);
        const input =
          what === "cut"
            ? bytes.subarray(0, at % bytes.length)
            : what === "more"
              ? Buffer.concat([bytes, Buffer.of(1 + (at % 200))])
              : bytes;
        const size = content.length + { cut: 0, flip: 0, more: 0, shorter: -1, longer: 1 }[what];
        const output = decoded(input, size);
        // A bit of a header may mean nothing: then all others agree that it is the content.
        if (output) expect([what, output.equals(zstdDecompressSync(input))]).toEqual(["flip", true]);
      }),
      { numRuns: 150 },
    );
  });

  it("leaves frames without end and greater windows to others", () => {
    expect(decoded(Buffer.concat(Array.from({ length: 200 }, () => frame(Buffer.of(), false))), 0)).toBeUndefined();
    const wide = { params: { [constants.ZSTD_c_windowLog]: 25, [constants.ZSTD_c_contentSizeFlag]: 0 } };
    expect(decoded(zstdCompressSync(Buffer.alloc(9 << 20), wide), 9 << 20)).toBeUndefined();
  });
});

describe("pages under zstd", () => {
  it("are read after damaged ones as before, and damage has its words", () => {
    const pages = new Decompressor();
    const content = Buffer.from("content ".repeat(100));
    const good = frame(content, true);
    expect(() => pages.decompress("ZSTD", good.subarray(0, -3), content.length)).toThrow(/zstd/);
    expect(Buffer.from(pages.decompress("ZSTD", good, content.length)).equals(content)).toBe(true);
    expect(() => pages.decompress("ZSTD", good, content.length + 1)).toThrow(/expected 801 bytes, got 800/);
    expect(Buffer.from(pages.decompress("ZSTD", good, content.length)).equals(content)).toBe(true);
  });
});
