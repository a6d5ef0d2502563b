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
  it("are found wherever one begins to look, and no others are", () => {
    const property = fc.property(
      fc.uniqueArray(int64, { maxLength: 80 }),
      fc.array(fc.tuple(int64, fc.nat({ max: 100 })), { maxLength: 40 }),
      (unordered, asked) => {
        const values = [...unordered].sort((a, b) => (a < b ? -1 : 1));
        const keys = keysOf(values);
        const ascending = new AscendingKeys();
        expect(ascending.takes(keys, keys.words)).toBe(true);
        const wanted = [...asked, ...values.map((value, i) => [value, (7 * i) % (values.length + 1)] as const)];
        const others = keysOf(wanted.map(([value]) => value));
        for (const [i, [value, from]] of wanted.entries())
          expect(ascending.rowOf(keys.words, others.words, 2 * i, from)).toBe(values.indexOf(value));
      },
    );
    fc.assert(property, { numRuns: 200 });
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
