import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Damage } from "../src/damage.ts";
import { DeltaBinaryPackedDecoder } from "../src/encodings/delta-binary-packed.ts";
import { RleDecoder } from "../src/encodings/rle.ts";
import { PageHeader } from "../src/pages/page-header.ts";
import { ThriftReader } from "../src/thrift/compact-reader.ts";
import { LevelRuns } from "../src/writer/level-runs.ts";

// P2. Lengths and counts in a file are claims: no memory is allocated, and no time spent, on their word.

const seed = 20;

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

const zigzag = (value: bigint) => varint((value << 1n) ^ (value >> 63n));

/** Packs values of `width` bits, lowest bit first, into whole bytes. */
function pack(values: readonly bigint[], width: number): number[] {
  let bits = 0n;
  for (const [i, value] of values.entries()) bits |= BigInt.asUintN(width, value) << BigInt(i * width);
  return Array.from({ length: Math.ceil((values.length * width) / 8) }, (_, i) =>
    Number((bits >> BigInt(i * 8)) & 0xffn),
  );
}

describe("levels and indexes", () => {
  /** Runs of the hybrid encoding together with the values that they stand for. */
  const runs = (width: number) =>
    fc.array(
      fc.oneof(
        fc.record({ count: fc.integer({ min: 1, max: 40 }), value: fc.nat(2 ** Math.min(width, 31) - 1) }),
        fc
          .array(fc.nat(2 ** Math.min(width, 31) - 1), { minLength: 8, maxLength: 24 })
          .map((values) => values.slice(0, values.length - (values.length % 8))),
      ),
      { maxLength: 8 },
    );

  function encode(
    parts: readonly (readonly number[] | { count: number; value: number })[],
    width: number,
  ): { bytes: Uint8Array; values: number[] } {
    const bytes: number[] = [];
    const values: number[] = [];
    for (const part of parts) {
      if ("count" in part) {
        bytes.push(...varint(BigInt(part.count) << 1n), ...pack([BigInt(part.value)], Math.ceil(width / 8) * 8));
        values.push(...new Array(part.count).fill(part.value));
      } else {
        bytes.push(...varint((BigInt(part.length / 8) << 1n) | 1n), ...pack(part.map(BigInt), width));
        values.push(...part);
      }
    }
    return { bytes: Uint8Array.from(bytes), values };
  }

  test.each([1, 2, 3, 5, 8, 11, 17, 24, 27, 32])(
    "%i bits: reads, next and takeEqual agree with what was written",
    (width) => {
      fc.assert(
        fc.property(runs(width), fc.nat(7), (parts, offset) => {
          const { bytes, values } = encode(parts, width);
          const placed = new Uint8Array(offset + bytes.length + 3).fill(0xff);
          placed.set(bytes, offset);
          const decoder = new RleDecoder();
          const open = () => decoder.reset(placed, offset, offset + bytes.length, width);
          const out = new Int32Array(values.length);
          open();
          decoder.read(values.length, out, 0);
          expect(Array.from(out, (value) => value >>> 0)).toEqual(values);
          expect(() => decoder.next()).toThrow(Damage);
          open();
          for (let at = 0; at < values.length; ) {
            const run = values.slice(at).findIndex((value) => value !== values[at]);
            const expected = run < 0 ? values.length - at : run;
            expect(decoder.takeEqual(values[at] | 0, expected)).toBe(expected);
            at += expected;
            if (at < values.length) expect(decoder.takeEqual(values[at - 1] | 0, 5)).toBe(0);
          }
        }),
        { seed, numRuns: 60 },
      );
    },
  );

  test("copies of a row's runs are stepped over as if they were read", () => {
    const row = runs(1).filter((parts) => parts.length > 0);
    fc.assert(
      fc.property(row, fc.nat(5), fc.nat(7), runs(1), (parts, copies, limit, rest) => {
        const { bytes, values } = encode(
          [
            ...Array(copies + 1)
              .fill(parts)
              .flat(),
            ...rest,
          ],
          1,
        );
        const rowValues = encode(parts, 1).values.length;
        const decoder = new RleDecoder();
        decoder.reset(bytes, 0, bytes.length, 1);
        expect(decoder.takeCopies(0, limit)).toBe(0);
        const before = new Int32Array(rowValues);
        decoder.read(rowValues, before, 0);
        const taken = decoder.takeCopies(0, limit);
        expect(taken).toBeGreaterThanOrEqual(Math.min(copies, limit));
        expect(taken).toBeLessThanOrEqual(limit);
        const after = new Int32Array(values.length - rowValues * (taken + 1));
        decoder.read(after.length, after, 0);
        expect([
          ...Array(taken + 1)
            .fill([...before])
            .flat(),
          ...after,
        ]).toEqual(values);
        expect(() => decoder.next()).toThrow(Damage);
      }),
      { seed, numRuns: 200 },
    );
  });

  test("within a run there are no copies to step over", () => {
    const decoder = new RleDecoder();
    decoder.reset(Uint8Array.of(8, 1, 8, 1), 0, 4, 1);
    decoder.next();
    expect(decoder.place).toBe(-1);
    expect(decoder.takeCopies(0, 9)).toBe(0);
    expect(decoder.takeEqual(1, 3)).toBe(3);
    expect(decoder.place).toBe(2);
    expect(decoder.takeCopies(0, 9)).toBe(1);
  });

  test("P2: a run of two billion levels is one step", () => {
    const decoder = new RleDecoder();
    decoder.reset(Uint8Array.from([...varint(BigInt(2 ** 31 - 1) << 1n), 1]), 0, 6, 1);
    expect(decoder.takeEqual(1, 2 ** 31 - 1)).toBe(2 ** 31 - 1);
  });

  test("an empty run is damage, not an endless loop", () => {
    const decoder = new RleDecoder();
    decoder.reset(Uint8Array.from([0, 0, 0, 0]), 0, 4, 1);
    expect(() => decoder.next()).toThrow(Damage);
  });
});

test.each([1, 2, 3, 64, 65, 700])("levels of lists of %i elements are those of their elements, one by one", (items) => {
  for (const lists of [0, 1, 2, 3, 1000]) {
    const written = new LevelRuns();
    written.add(0, 2);
    written.addLists(lists, items);
    written.add(1, 5);
    const bytes = written.finish();
    const expected = [0, 0, ...Array.from({ length: lists * items }, (_, i) => Number(i % items > 0)), 1, 1, 1, 1, 1];
    const levels = new RleDecoder();
    levels.reset(bytes, 4, bytes.length, 1);
    expect(Array.from(expected, () => levels.next())).toEqual(expected);
    expect(() => levels.next()).toThrow(Damage);
  }
});

describe("DELTA_BINARY_PACKED", () => {
  /** One block of `values.length` values in four miniblocks of 32, differences of the full width. */
  function encode(values: readonly bigint[], bits: 32 | 64): Uint8Array {
    const bytes = [...varint(128n), ...varint(4n), ...varint(BigInt(values.length)), ...zigzag(values[0] ?? 0n)];
    for (let start = 1; start < values.length; start += 128) {
      const deltas = values
        .slice(start, start + 128)
        .map((value, i) => BigInt.asIntN(64, value - values[start + i - 1]));
      const least = deltas.toSorted((a, b) => Number(a > b) - Number(a < b))[0];
      bytes.push(...zigzag(least));
      const miniblocks = [0, 32, 64, 96].map((at) =>
        deltas.slice(at, at + 32).map((delta) => BigInt.asUintN(64, delta - least)),
      );
      const widths = miniblocks.map((block) =>
        bits === 64 && block.length > 0 ? 64 : Math.max(0, ...block.map((delta) => delta.toString(2).length)),
      );
      bytes.push(...widths);
      for (const [i, block] of miniblocks.entries()) {
        if (block.length > 0) bytes.push(...pack([...block, ...new Array(32 - block.length).fill(0n)], widths[i]));
      }
    }
    return Uint8Array.from(bytes);
  }

  test("int64 over its whole range", () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { minLength: 1, maxLength: 300 }),
        (values) => {
          const bytes = encode(values, 64);
          const decoder = new DeltaBinaryPackedDecoder(8);
          decoder.reset(bytes, 0, bytes.length);
          const out = new BigInt64Array(values.length);
          const half = values.length >> 1;
          decoder.read(half, new Uint8Array(out.buffer), 0);
          decoder.read(values.length - half, new Uint8Array(out.buffer), half * 8);
          expect(Array.from(out)).toEqual(values);
          decoder.reset(bytes, 0, bytes.length);
          expect(decoder.skipAll()).toBe(bytes.length);
        },
      ),
      { seed, numRuns: 60 },
    );
  });

  test("int32 with differences wider than 32 bits, as DuckDB writes them", () => {
    const values = [-(2n ** 31n), 2n ** 31n - 1n, -(2n ** 31n), 5n, 2n ** 31n - 1n];
    const bytes = encode(values, 32);
    const decoder = new DeltaBinaryPackedDecoder(4);
    decoder.reset(bytes, 0, bytes.length);
    const out = new Int32Array(values.length);
    decoder.read(values.length, new Uint8Array(out.buffer), 0);
    expect(Array.from(out, BigInt)).toEqual(values);
    expect(() => decoder.read(1, new Uint8Array(4), 0)).toThrow(Damage);
  });

  test("P2: four billion values in no bits end with the bytes", () => {
    const bytes = Uint8Array.from([
      ...varint(128n),
      ...varint(4n),
      ...varint(2n ** 32n - 1n),
      ...zigzag(0n),
      ...zigzag(0n),
      0,
      0,
      0,
      0,
    ]);
    const decoder = new DeltaBinaryPackedDecoder(4);
    decoder.reset(bytes, 0, bytes.length);
    expect(() => decoder.skipAll()).toThrow(Damage);
  });
});

describe("headers", () => {
  test("P2: a list of four billion elements ends with the bytes", () => {
    const reader = new ThriftReader();
    const bytes = Uint8Array.from([0x19, 0xf5, ...varint(2n ** 32n - 1n), 1, 2, 3, 0]);
    reader.reset(bytes, 0, bytes.length);
    expect(() => reader.skipStruct()).toThrow(Damage);
  });

  test("structures that nest without end are refused", () => {
    const reader = new ThriftReader();
    const bytes = new Uint8Array(100_000).fill(0x1c);
    reader.reset(bytes, 0, bytes.length);
    expect(() => reader.skipStruct()).toThrow("nest too deeply");
  });

  test("a page without sizes is refused", () => {
    expect(() => new PageHeader().decode(Uint8Array.from([0x15, 0x00, 0x00]), 0, 3)).toThrow(Damage);
  });
});
