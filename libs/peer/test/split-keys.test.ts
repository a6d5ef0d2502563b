import { expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { field } from "@sluice/schema/testing";
import fc from "fast-check";
import { splitKeys } from "../src/index.ts";

const INT64 = field("id", DataType.Int64, { isPrimaryKey: true });
const TEXT = field("id", DataType.VarChar, { isPrimaryKey: true });

const bytes = (text: string) => Buffer.from(text);
const sums = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);

it("ranges of int64 keys cover each key once, and have about as many rows each", async () => {
  const keys = fc.uniqueArray(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { minLength: 1, maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(keys, fc.integer({ min: 1, max: 8 }), async (all, parts) => {
      const countUpTo = async (upTo: string) => all.filter((key) => key <= BigInt(upTo)).length;
      const ranges = await splitKeys(INT64, all.length, parts, countUpTo);
      const rowsOf = ranges.map(({ keys: { after, upTo } }) =>
        all.filter(
          (key) => (after === undefined || key > BigInt(after)) && (upTo === undefined || key <= BigInt(upTo)),
        ),
      );
      expect(rowsOf.map(({ length }) => length)).toEqual(ranges.map(({ rowCount }) => rowCount));
      expect(new Set(rowsOf.flat()).size).toBe(all.length);
      expect(Math.max(...ranges.map(({ rowCount }) => rowCount))).toBeLessThanOrEqual(
        2 * Math.ceil(all.length / parts) + 2,
      );
    }),
    { numRuns: 40 },
  );
});

it("ranges of texts cover each key once, whatever characters they have", async () => {
  const keys = fc.uniqueArray(fc.string({ unit: "binary", maxLength: 30 }), { minLength: 1, maxLength: 100 });
  await fc.assert(
    fc.asyncProperty(keys, fc.integer({ min: 1, max: 5 }), async (all, parts) => {
      const isIn = (key: string, after: string | undefined, upTo: string | undefined) =>
        (after === undefined || bytes(key).compare(bytes(after)) > 0) &&
        (upTo === undefined || bytes(key).compare(bytes(upTo)) <= 0);
      const countUpTo = async (upTo: string) => all.filter((key) => isIn(key, undefined, upTo)).length;
      const ranges = await splitKeys(TEXT, all.length, parts, countUpTo);
      expect(sums(ranges.map(({ rowCount }) => rowCount))).toBe(all.length);
      const found = ranges.flatMap(({ keys: { after, upTo } }) => all.filter((key) => isIn(key, after, upTo)));
      expect(found.length).toBe(all.length);
    }),
    { numRuns: 25 },
  );
});

it("keys that lie close together cost fewer counts than twice the bits of a key for all borders", async () => {
  let counts = 0;
  const countUpTo = async (upTo: string) => {
    counts++;
    return Number(BigInt(upTo) < 0n ? 0n : BigInt(upTo) >= 1_000_000n ? 1_000_000n : BigInt(upTo));
  };
  const ranges = await splitKeys(INT64, 1_000_000, 8, countUpTo);
  expect([ranges.length, counts < 100]).toEqual([8, true]);
});
