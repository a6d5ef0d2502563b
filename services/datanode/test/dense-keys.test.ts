import { describe, expect, it } from "@jest/globals";
import type { Column } from "@sluice/columns";
import fc from "fast-check";
import { DenseKeys } from "../src/tasks/merge/dense-keys.ts";
import { KeyIndex } from "../src/tasks/merge/key-index.ts";
import { mergeKeys } from "../src/tasks/merge/merge-keys.ts";

const LIMIT = 1 << 16;
/** Around which keys lie: where halves and signs change, and at both ends. */
const centres = [0n, 2n ** 32n, -(2n ** 32n), 2n ** 31n, 2n ** 53n, 2n ** 63n - 40n, -(2n ** 63n) + 40n];
const near = fc.tuple(fc.constantFrom(...centres), fc.bigInt(-39n, 39n)).map(([centre, by]) => centre + by);
const any = fc.oneof(near, fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n));
const batchesOf = (key: fc.Arbitrary<bigint>) =>
  fc.array(fc.array(fc.option(key, { freq: 9 }), { maxLength: 12 }), { maxLength: 6 });

function keysOf(values: readonly (bigint | null)[]) {
  const numbers = BigInt64Array.from(values, (value) => value ?? 0n);
  const validity = Uint8Array.from(values, (value) => (value === null ? 0 : 1));
  const column: Column = { kind: "fixed", width: 8, data: new Uint8Array(numbers.buffer), validity };
  return mergeKeys(column, values.length);
}

describe("an index of integer keys", () => {
  const oneCentre = fc
    .constantFrom(...centres)
    .chain((centre) => batchesOf(fc.bigInt(-39n, 39n).map((by) => centre + by)));

  it.each([
    ["that lie together", oneCentre],
    ["that lie anywhere", batchesOf(any)],
  ])("says what a map says, of keys %s", (_what, batches) => {
    fc.assert(
      fc.property(batches, fc.array(any, { maxLength: 10 }), fc.boolean(), fc.nat(100), (all, asked, isNewer, rows) => {
        const index = new KeyIndex({ perKey: 2, limitBytes: LIMIT, expectedRows: rows, isNewer });
        const model = new Map<bigint, number>();
        const put: bigint[] = [];
        for (const batch of all) {
          const keys = keysOf(batch);
          const words = new Uint32Array(2 * (put.length + batch.length));
          words.set(keysOf(put).words);
          const known = { words, count: put.length };
          expect(index.expects(keys, known)).toBe(true);
          const kept = new Uint32Array(batch.length);
          const repeated: number[] = [];
          const count = index.putAll(keys, known, kept, (row) => repeated.push(row));
          const [expectedKept, expectedRepeated]: [number[], number[]] = [[], []];
          for (const [row, key] of batch.entries()) {
            if (key === null) continue;
            if (model.has(key)) expectedRepeated.push(row);
            if (model.has(key) && !isNewer) continue;
            expectedKept.push(row);
            model.set(key, put.push(key) - 1);
          }
          expect([...kept.subarray(0, Number(count))]).toEqual(expectedKept);
          expect(repeated).toEqual(expectedRepeated);
          expect(words.subarray(0, 2 * put.length)).toEqual(keysOf(put).words);
        }
        const wanted = [...asked, ...put];
        const own = keysOf(put).words;
        const found = new Int32Array(wanted.length);
        index.find(own, keysOf(wanted), found, 0);
        expect([...found]).toEqual(wanted.map((key) => model.get(key) ?? -1));
      }),
      { numRuns: 200 },
    );
  });
});

describe("places of keys", () => {
  it("are kept for keys close together alone, within their memory", () => {
    const dense = new DenseKeys(4 * 100);
    expect(dense.covers(keysOf([5n, 60n]), 20)).toBe(true);
    expect(dense.covers(keysOf([200n]), 20)).toBe(false);
    expect(dense.covers(keysOf([2n ** 63n - 1n]), 2 ** 40)).toBe(false);
    expect(dense.covers(keysOf([null, 64n]), 20)).toBe(true);
  });

  it("are none for keys of another kind", () => {
    const texts: Column = { kind: "var", offsets: Uint32Array.of(0, 1), data: Buffer.from("a"), validity: undefined };
    expect(new DenseKeys(LIMIT).covers(mergeKeys(texts, 1), 100)).toBe(false);
  });
});
