import { expect, test } from "@jest/globals";
import type { Column } from "@sluice/columns";
import { deletedKeys } from "@sluice/columns";
import { DataType } from "@sluice/schema";
import fc from "fast-check";

const texts = (keys: readonly string[]): Column => {
  const offsets = new Uint32Array(keys.length + 1);
  for (const [i, key] of keys.entries()) offsets[i + 1] = offsets[i] + Buffer.byteLength(key);
  return { kind: "var", offsets, data: new Uint8Array(Buffer.from(keys.join(""))), validity: undefined };
};
const longs = (keys: readonly bigint[]): Column => ({
  ...{ kind: "fixed", width: 8, validity: undefined },
  data: new Uint8Array(BigInt64Array.from(keys).buffer),
});

test.each([
  ["integers", DataType.Int64, (n: number) => BigInt(n) * 0x1_0000_0001n - 7n, longs],
  ["texts", DataType.VarChar, (n: number) => `ü${n % 100}:${n}`, texts],
] as const)("deleted %s are found with their newest delete, however many they are", (_what, type, keyOf, columnOf) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(6000), fc.bigInt(1n, 1000n)), { maxLength: 3000 }), (deletes) => {
      const [found, wanted] = [deletedKeys(type), new Map<number, bigint>()];
      for (const [n, stamp] of deletes) {
        found.add(keyOf(n), stamp);
        if (stamp > (wanted.get(n) ?? 0n)) wanted.set(n, stamp);
      }
      const numbers = Array.from({ length: 6001 }, (_, n) => n);
      const column = (columnOf as (keys: unknown[]) => Column)(numbers.map((n) => keyOf(n)));
      expect(found.size).toBe(wanted.size);
      expect(numbers.map((n) => found.timestampOf(column, n))).toEqual(numbers.map((n) => wanted.get(n)));
    }),
    { numRuns: 20 },
  );
});
