import { describe, expect, it } from "@jest/globals";
import type { Column } from "@sluice/columns";
import { DataType } from "@sluice/schema";
import fc from "fast-check";
import { BloomFilter, decodeStatsLog, encodeStatsLog, StatsBuilder } from "../src/index.ts";
import { hashBytes, hashInt64, hashKeys, hashWords } from "../src/stats/murmur3.ts";
import { bitsOf } from "./bits-of.ts";

function int64s(values: readonly bigint[]): Column {
  return { kind: "fixed", width: 8, data: new Uint8Array(BigInt64Array.from(values).buffer), validity: undefined };
}

function texts(values: readonly string[]): Column {
  const offsets = new Uint32Array(values.length + 1);
  for (const [i, value] of values.entries()) offsets[i + 1] = offsets[i] + Buffer.byteLength(value);
  return { kind: "var", offsets, data: new Uint8Array(Buffer.from(values.join(""))), validity: undefined };
}

const mask64 = (1n << 64n) - 1n;
const rotate = (value: bigint, bits: bigint) => ((value << bits) | (value >> (64n - bits))) & mask64;

/** MurmurHash3 x64 128 as its source has it, in bigints. */
function murmur3(data: Uint8Array): [bigint, bigint] {
  const [c1, c2] = [0x87c37b91114253d5n, 0x4cf5ad432745937fn];
  const mixK1 = (k: bigint) => (rotate((k * c1) & mask64, 31n) * c2) & mask64;
  const mixK2 = (k: bigint) => (rotate((k * c2) & mask64, 33n) * c1) & mask64;
  const word = (bytes: Uint8Array) => bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  const avalanche = (k: bigint) => {
    let mixed = ((k ^ (k >> 33n)) * 0xff51afd7ed558ccdn) & mask64;
    mixed = ((mixed ^ (mixed >> 33n)) * 0xc4ceb9fe1a85ec53n) & mask64;
    return mixed ^ (mixed >> 33n);
  };
  let [h1, h2] = [0n, 0n];
  let at = 0;
  for (; at + 16 <= data.length; at += 16) {
    h1 ^= mixK1(word(data.subarray(at, at + 8)));
    h1 = ((rotate(h1, 27n) + h2) * 5n + 0x52dce729n) & mask64;
    h2 ^= mixK2(word(data.subarray(at + 8, at + 16)));
    h2 = ((rotate(h2, 31n) + h1) * 5n + 0x38495ab5n) & mask64;
  }
  h2 ^= mixK2(word(data.subarray(at + 8)));
  h1 ^= mixK1(word(data.subarray(at, at + 8)));
  h1 ^= BigInt(data.length);
  h2 ^= BigInt(data.length);
  h1 = (h1 + h2) & mask64;
  h2 = (h2 + h1) & mask64;
  [h1, h2] = [avalanche(h1), avalanche(h2)];
  h1 = (h1 + h2) & mask64;
  return [h1, (h2 + h1) & mask64];
}

function joined(words: Int32Array): bigint[] {
  return [0, 1, 2, 3].map((i) => (BigInt(words[4 + i] >>> 0) << 32n) | BigInt(words[i] >>> 0));
}

describe("murmur3", () => {
  it("matches the published vector", () => {
    expect(murmur3(Buffer.from("hello"))).toEqual([0xcbd8a7b341bd9b02n, 0x5b1e906a48ae1d19n]);
  });

  it("in int32 pieces equals the definition, for both hashes of a key", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (data) => {
        const out = new Int32Array(hashWords);
        hashBytes(data, 0, data.length, out, 0);
        expect(joined(out)).toEqual([...murmur3(data), ...murmur3(Uint8Array.of(...data, 1))]);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  it("of many int64 in WebAssembly are those of each, wherever they lie", () => {
    const keys = fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { minLength: 1, maxLength: 20 });
    const places = fc.record({ keys, times: fc.integer({ min: 1, max: 100 }), skip: fc.integer({ min: 0, max: 20 }) });
    fc.assert(
      fc.property(places, ({ keys, times, skip }) => {
        const all = Array.from({ length: times }, () => keys).flat();
        const from = Math.min(skip, all.length - 1);
        const hashes = new Int32Array((all.length - from) * hashWords);
        hashKeys(int64s(all), from, all.length, hashes);
        const one = new Int32Array(hashWords);
        for (let row = from; row < all.length; row++) {
          hashInt64(Number(BigInt.asIntN(32, all[row])), Number(BigInt.asIntN(32, all[row] >> 32n)), one, 0);
          const at = (row - from) * hashWords;
          if (!one.every((word, i) => word === hashes[at + i])) throw new Error(`key ${all[row]} of row ${row}`);
        }
      }),
      { numRuns: 200, seed: 4 },
    );
  });

  it("of an int64 is that of its eight bytes", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const bytes = Buffer.alloc(8);
        bytes.writeBigInt64LE(value);
        const [direct, asBytes] = [new Int32Array(hashWords), new Int32Array(hashWords)];
        hashInt64(bytes.readInt32LE(0), bytes.readInt32LE(4), direct, 0);
        hashBytes(bytes, 0, 8, asBytes, 0);
        expect(direct).toEqual(asBytes);
      }),
      { numRuns: 2000, seed: 2 },
    );
  });
});

describe("BloomFilter", () => {
  it("sets the bits of the format's vectors", () => {
    const numbers = BloomFilter.likeServer(3, 0.05);
    numbers.addColumn(int64s([1n, 2n, 3n]), 3);
    expect([numbers.bitCount, numbers.hashCount, bitsOf(numbers)]).toEqual([19, 5, "AAAAAAAAABMAAAAAAAZ7uQ=="]);
    const words = BloomFilter.likeServer(2, 0.05);
    words.addColumn(texts(["a", "bb"]), 2);
    expect([words.bitCount, words.hashCount, bitsOf(words)]).toEqual([13, 5, "AAAAAAAAAA0AAAAAAAAGnw=="]);
  });

  it("is written in pieces as it would be at once", () => {
    const filter = BloomFilter.withCapacity(20_000);
    filter.addColumn(int64s(Array.from({ length: 20_000 }, (_, i) => BigInt(i))), 20_000);
    const text = bitsOf(filter) ?? "";
    const bytes = Buffer.from(text, "base64url");
    expect([bytes.length, bytes.readBigUInt64BE(0)]).toEqual([8 + filter.bitCount / 8, BigInt(filter.bitCount)]);
    expect(text).toBe(bytes.toString("base64url").padEnd(filter.encodedLength, "="));
    expect(bitsOf(BloomFilter.decode(filter.bitCount, filter.hashCount, text))).toBe(text);
  });

  it("is empty at first, in memory that another one gave back too", () => {
    const first = BloomFilter.withCapacity(700_000);
    first.addColumn(int64s([7n]), 1);
    first.release();
    expect(BloomFilter.withCapacity(700_000).mayContain(7n)).toBe(false);
  });

  it("knows every key, in any size, after writing and reading", () => {
    const keys = fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(keys, fc.boolean(), (values, isServers) => {
        const filter = isServers
          ? BloomFilter.likeServer(values.length, 0.001)
          : BloomFilter.withCapacity(values.length);
        filter.addColumn(int64s(values), values.length);
        const read = BloomFilter.decode(filter.bitCount, filter.hashCount, bitsOf(filter) ?? "");
        expect(values.every((key) => filter.mayContain(key) && read.mayContain(key))).toBe(true);
        expect(bitsOf(read)).toBe(bitsOf(filter));
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  it("keeps its rate of false positives, also when made for more keys and shrunk", () => {
    const keys = Array.from({ length: 2000 }, (_, i) => BigInt(i) * 1_000_003n);
    const direct = BloomFilter.withCapacity(keys.length);
    const large = BloomFilter.withCapacity(1_000_000);
    for (const filter of [direct, large]) filter.addColumn(int64s(keys), keys.length);
    const shrunk = large.shrunkFor(keys.length);
    expect(shrunk.bitCount).toBeLessThan(100_000);
    for (const filter of [direct, shrunk]) {
      expect(keys.every((key) => filter.mayContain(key))).toBe(true);
      const wrong = Array.from({ length: 20_000 }, (_, i) => BigInt(-1 - i)).filter((key) => filter.mayContain(key));
      expect(wrong.length).toBeLessThan(20_000 * 0.003);
    }
  });

  it("refuses bits that do not match their number", () => {
    expect(() => BloomFilter.decode(19, 5, "AAAAAAAAABMAAAAA")).toThrow(/does not match/);
    expect(() => BloomFilter.decode(20, 5, "AAAAAAAAABMAAAAAAAZ7uQ==")).toThrow(/does not match/);
    expect(() => BloomFilter.decode(0, 5, "AAAAAAAAABMAAAAAAAZ7uQ==")).toThrow(/does not match/);
  });
});

describe("a filter of megabytes", () => {
  it("gets from the kernel the bits that it gets from hashes", () => {
    const keys = int64s(Array.from({ length: 2000 }, (_, i) => BigInt.asIntN(64, BigInt(i) * 0x9e3779b97f4a7c15n)));
    const hashes = new Int32Array(2000 * hashWords);
    hashKeys(keys, 0, 2000, hashes);
    const [large, twin] = [BloomFilter.withCapacity(1_000_000), BloomFilter.withCapacity(1_000_000)];
    large.addColumn(keys, 2000);
    twin.addHashes(hashes, 2000);
    const encoded = [large, twin].map((filter) => {
      const text = Buffer.alloc(filter.encodedLength);
      filter.encodeInto(text, 0);
      filter.release();
      return text;
    });
    expect(encoded[0].equals(encoded[1])).toBe(true);
  });
});

describe("StatsBuilder", () => {
  it.each([
    ["few keys", 1000, 10],
    ["many keys, in a filter made for more", 50_000, 4_000_000],
    ["more keys than expected", 50_000, 10],
    ["so many keys that a filter takes them, and is shrunk", 140_000, 400_000],
  ])("has bounds and all of %s", (_what, count, capacity) => {
    const builder = new StatsBuilder(100, DataType.Int64, capacity);
    const keys = Array.from({ length: count }, (_, i) => BigInt.asIntN(64, BigInt(i + 1) * 0x9e3779b97f4a7c15n));
    for (let at = 0; at < count; at += 7000) {
      const part = keys.slice(at, at + 7000);
      builder.add(int64s(part), part.length);
    }
    const stats = builder.finish();
    const sorted = keys.toSorted((a, b) => (a < b ? -1 : 1));
    expect([stats.minPk, stats.maxPk, builder.keyCount]).toEqual([sorted[0], sorted.at(-1), count]);
    expect(keys.every((key, i) => i % 7 > 0 || stats.bloom?.mayContain(key))).toBe(true);
    expect(encodeStatsLog(stats).length).toBeLessThan(count * 8 + 1000);
  });

  it("orders text by its bytes, not by its UTF-16 units", () => {
    const builder = new StatsBuilder(100, DataType.VarChar, 10);
    builder.add(texts(["b", "😀", "\uffee", "", "a"]), 5);
    builder.add(texts(["c"]), 1);
    expect(builder.finish()).toMatchObject({ minPk: "", maxPk: "😀", pkType: DataType.VarChar });
  });

  it("has no statistics of nothing", () => {
    expect(() => new StatsBuilder(100, DataType.Int64, 10).finish()).toThrow(/no keys/);
  });
});

describe("stats log", () => {
  it("keeps int64 exact and escapes text as Go does", () => {
    const bloom = BloomFilter.likeServer(1, 0.05);
    const log = { fieldId: 100, pkType: DataType.Int64, minPk: -(2n ** 63n), maxPk: 2n ** 63n - 1n, bloom };
    expect(Buffer.from(encodeStatsLog(log)).toString()).toContain(
      '"pkType":5,"maxPk":9223372036854775807,"minPk":-9223372036854775808}',
    );
    expect(decodeStatsLog(encodeStatsLog(log))[0]).toMatchObject({ minPk: log.minPk, maxPk: log.maxPk });
    const text = { ...log, pkType: DataType.VarChar, minPk: "<a&b>", maxPk: '漢\u2028"' };
    expect(Buffer.from(encodeStatsLog(text)).toString()).toContain(
      '"maxPk":"漢\\u2028\\"","minPk":"\\u003ca\\u0026b\\u003e"',
    );
    expect(decodeStatsLog(encodeStatsLog(text))[0]).toMatchObject({ minPk: text.minPk, maxPk: text.maxPk });
  });

  it("reads kinds of filters that it does not know as perhaps", () => {
    const blocked = '{"fieldID":100,"max":0,"min":0,"bfType":4,"bf":{"k":14,"b":[]},"pkType":5,"maxPk":9,"minPk":1}';
    expect(decodeStatsLog(Buffer.from(blocked))).toEqual([
      { fieldId: 100, pkType: DataType.Int64, minPk: 1n, maxPk: 9n, bloom: undefined },
    ]);
  });

  it.each([
    ["", /no JSON/],
    ["{}", /no integer fieldID/],
    ['{"fieldID":100,"pkType":5,"maxPk":"a","minPk":"b"}', /as bound of its keys/],
    ['{"fieldID":100,"pkType":5,"maxPk":1,"minPk":1,"bf":{"m":1}}', /odd bloom filter/],
  ])("refuses %j", (text, reason) => {
    expect(() => decodeStatsLog(Buffer.from(text))).toThrow(reason);
  });
});
