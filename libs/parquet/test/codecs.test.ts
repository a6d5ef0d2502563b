import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import { Decompressor } from "../src/codecs/decompress.ts";
import { Damage } from "../src/damage.ts";

// P2. Lengths and counts in a file are claims: no memory is allocated on their word.

const decompressor = new Decompressor();
const decompress = (
  codec: "SNAPPY" | "LZ4" | "LZ4_RAW" | "GZIP" | "ZSTD" | "BROTLI" | "LZO",
  input: readonly number[] | Uint8Array,
  size: number,
) => Buffer.from(decompressor.decompress(codec, Uint8Array.from(input), size)).toString("latin1");

describe("snappy", () => {
  test.each<[what: string, input: number[], expected: string]>([
    ["a literal", [3, 0x08, 97, 98, 99], "abc"],
    ["a copy that overlaps itself", [7, 0x04, 97, 98, 0x05, 0x02], "ababab".padEnd(7, "a")],
    ["a copy with an offset of two bytes", [6, 0x08, 97, 98, 99, 0x0a, 0x03, 0x00], "abcabc"],
    ["a copy with an offset of four bytes", [6, 0x08, 97, 98, 99, 0x0b, 0x03, 0x00, 0x00, 0x00], "abcabc"],
    ["a literal whose length takes a byte", [61, 0xf0, 60, ...new Array(61).fill(120)], "x".repeat(61)],
  ])("%s", (_what, input, expected) => {
    expect(decompress("SNAPPY", input, expected.length)).toBe(expected);
  });

  test.each<[what: string, input: number[], size: number]>([
    ["another length than the header's", [3, 0x08, 97, 98, 99], 4],
    ["a copy from before the start", [4, 0x00, 97, 0x05, 0x02], 4],
    ["a copy from where it writes", [4, 0x00, 97, 0x05, 0x00], 4],
    ["a literal beyond the input", [9, 0x20, 97], 9],
    ["a literal beyond the output", [2, 0x08, 97, 98, 99], 2],
    ["an end in the middle", [5, 0x00, 97], 5],
    ["P2: a gigabyte from nothing", [0x80, 0x80, 0x80, 0x80, 0x04, 0], 1 << 30],
  ])("refuses %s", (_what, input, size) => {
    expect(() => decompress("SNAPPY", input, size)).toThrow(Damage);
  });
});

describe("lz4", () => {
  const block = [0x32, 97, 98, 99, 0x03, 0x00, 0x10, 100]; // abc, then six bytes from three back, then d
  test("a raw block", () => expect(decompress("LZ4_RAW", block, 10)).toBe("abcabcabcd"));
  test("with Hadoop's sizes in front", () =>
    expect(decompress("LZ4", [0, 0, 0, 10, 0, 0, 0, block.length, ...block], 10)).toBe("abcabcabcd"));
  test("two blocks with Hadoop's sizes", () => {
    const framed = [0, 0, 0, 10, 0, 0, 0, block.length, ...block];
    expect(decompress("LZ4", [...framed, ...framed], 20)).toBe("abcabcabcdabcabcabcd");
  });
  test("a raw block under the old name", () => expect(decompress("LZ4", block, 10)).toBe("abcabcabcd"));
  test("an LZ4 frame whose blocks look back into earlier ones, as Arrow writes them", () => {
    const digits = Buffer.from("0123456789abcdef");
    const stored = [16, 0, 0, 0x80, ...digits];
    // Eight bytes from sixteen back, then five as they are.
    const linked = [9, 0, 0, 0, 0x04, 16, 0, 0x50, ...Buffer.from("ABCDE")];
    const frame = [0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0xc0, ...stored, ...linked, 0, 0, 0, 0];
    expect(decompress("LZ4", frame, 29)).toBe("0123456789abcdef01234567ABCDE");
    frame[7 + stored.length + 5] = 17;
    expect(() => decompress("LZ4", frame, 29)).toThrow(Damage);
  });
  test("an LZ4 frame", () => {
    const frame = [0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0xc0, block.length, 0, 0, 0, ...block, 0, 0, 0, 0];
    expect(decompress("LZ4", frame, 10)).toBe("abcabcabcd");
  });
  test.each<[what: string, input: number[], size: number]>([
    ["an offset of nothing", [0x10, 97, 0x00, 0x00, 0x00], 9],
    ["an offset before the start", [0x10, 97, 0x09, 0x00, 0x00], 9],
    ["literals beyond the input", [0xf0, 200, 97], 300],
    ["another length than the header's", block, 11],
    ["P2: a gigabyte from nothing", block, 1 << 30],
  ])("refuses %s", (_what, input, size) => {
    expect(() => decompress("LZ4_RAW", input, size)).toThrow(Damage);
  });
});

describe("node's codecs", () => {
  test("several zstd frames in one page", () => {
    const frames = Buffer.concat([
      zstdCompressSync(Buffer.from("abc")),
      zstdCompressSync(Buffer.alloc(0)),
      zstdCompressSync(Buffer.from("def")),
    ]);
    expect(decompress("ZSTD", frames, 6)).toBe("abcdef");
    expect(() => decompress("ZSTD", frames, 5)).toThrow(Damage);
    expect(() => decompress("ZSTD", frames, 7)).toThrow(Damage);
    expect(() => decompress("ZSTD", frames.subarray(0, frames.length - 1), 6)).toThrow(Damage);
  });

  test("P2: a page of endless empty frames ends soon", () => {
    const frame = zstdCompressSync(Buffer.alloc(0));
    const frames = Buffer.concat([zstdCompressSync(Buffer.from("abc")), ...new Array(500_000).fill(frame)]);
    const start = process.cpuUsage();
    expect(() => decompress("ZSTD", frames, 3)).toThrow(Damage);
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(5000);
  });

  test("P2: more than the header says is not built", () => {
    expect(() => decompress("GZIP", gzipSync(Buffer.alloc(50 << 20)), 10)).toThrow(Damage);
  });

  test("an empty page needs no codec", () => expect(decompress("GZIP", [], 0)).toBe(""));

  test("an unknown codec is named", () =>
    expect(() => decompress("LZO", [1], 1)).toThrow("codec LZO is not supported"));
});
