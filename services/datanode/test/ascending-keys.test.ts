import { describe, expect, it } from "@jest/globals";
import type { Column } from "@sluice/columns";
import fc from "fast-check";
import { AscendingKeys } from "../src/tasks/merge/ascending-keys.ts";
import { mergeKeys } from "../src/tasks/merge/merge-keys.ts";

const int64 = fc.oneof(
  fc.bigInt({ min: -20n, max: 20n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: 2n ** 32n - 5n, max: 2n ** 32n + 5n }),
);

function keysOf(values: readonly (bigint | null)[]) {
  const numbers = BigInt64Array.from(values, (value) => value ?? 0n);
  const validity = Uint8Array.from(values, (value) => (value === null ? 0 : 1));
  const column: Column = { kind: "fixed", width: 8, data: new Uint8Array(numbers.buffer), validity };
  return mergeKeys(column, values.length);
}

describe("keys that ascend", () => {
  const sorted = fc.uniqueArray(int64, { maxLength: 80 }).map((values) => values.sort((a, b) => (a < b ? -1 : 1)));

  it("are found in whatever order, and no others are", () => {
    const property = fc.property(
      sorted,
      fc.array(fc.option(int64, { freq: 9 }), { maxLength: 40 }),
      (values, others) => {
        const keys = keysOf(values);
        const ascending = new AscendingKeys();
        expect(ascending.takes(keys, keys.words)).toBe(true);
        for (const asked of [others, values, [...others, ...values].reverse()]) {
          const rows = new Int32Array(asked.length);
          expect(ascending.find(keys.words, keysOf(asked), rows)).toBe(asked.length);
          expect([...rows]).toEqual(asked.map((value) => values.indexOf(value as bigint)));
        }
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  it("are given up when they are asked for in another order, unless told to go on", () => {
    const values = Array.from({ length: 5000 }, (_, i) => BigInt(3 * i + (i % 2)));
    const asked = values.map((_, i) => values[(i * 2477) % values.length]);
    const [keys, others] = [keysOf(values), keysOf(asked)];
    const ascending = new AscendingKeys();
    ascending.takes(keys, keys.words);
    const rows = new Int32Array(asked.length);
    const done = ascending.find(keys.words, others, rows);
    expect(done).toBeLessThan(asked.length);
    ascending.isPatient = true;
    expect(ascending.find(keys.words, others, rows, done)).toBe(asked.length);
    expect([...rows]).toEqual(asked.map((_, i) => (i * 2477) % values.length));
  });

  it("are taken batch by batch, nulls passed over, until one does not go on", () => {
    const property = fc.property(
      fc.array(fc.array(fc.option(fc.bigInt({ min: -9n, max: 60n })), { maxLength: 4 }), { maxLength: 8 }),
      (batches) => {
        const ascending = new AscendingKeys();
        const taken: bigint[] = [];
        for (const batch of batches) {
          const values = batch.filter((value) => value !== null);
          const all = [...taken, ...values];
          const isInOrder = all.every((value, i) => i === 0 || all[i - 1] < value);
          const before = keysOf(taken).words;
          expect(ascending.takes(keysOf(batch), before)).toBe(isInOrder);
          if (!isInOrder) return;
          taken.push(...values);
          expect(ascending.count).toBe(taken.length);
        }
      },
    );
    fc.assert(property, { numRuns: 200 });
  });
});
