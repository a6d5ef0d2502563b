import { expect, it } from "@jest/globals";
import type { InsertBatch } from "@sluice/columns";
import fc from "fast-check";
import { RowTimes } from "../src/sinks/row-times.ts";

const column = (values: readonly bigint[]) => ({
  ...{ kind: "fixed" as const, width: 8, validity: undefined },
  data: new Uint8Array(BigUint64Array.from(values).buffer),
});

function batchOf(timestamps: readonly bigint[]): InsertBatch {
  const storedRows = { rowIds: column(timestamps), timestamps: column(timestamps) };
  return { rowCount: timestamps.length, columns: [], sourceBytes: 0, storedRows };
}

function timesOf({ storedRows, rowCount }: InsertBatch): bigint[] {
  const { buffer, byteOffset } = storedRows!.timestamps.data;
  return [...new BigUint64Array(buffer, byteOffset, rowCount)];
}

it("times of rows stay, but for those that are later than the import, which are set back and counted", () => {
  const time = fc.oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(2n ** 40n - 3n, 2n ** 40n + 3n));
  fc.assert(
    fc.property(time, fc.array(time, { maxLength: 20 }), (latest, stamps) => {
      const times = new RowTimes(latest);
      const batch = batchOf(stamps);
      const isAhead = (stamp: bigint) => stamp > latest;
      expect(timesOf(times.bounded(batch))).toEqual(stamps.map((stamp) => (isAhead(stamp) ? latest : stamp)));
      expect(times.ahead).toBe(stamps.filter((stamp) => stamp > latest).length);
      expect(timesOf(batch)).toEqual(stamps);
    }),
  );
});

it("rows without times are left alone", () => {
  const batch = { rowCount: 1, columns: [], sourceBytes: 0 };
  expect(new RowTimes(1n).bounded(batch)).toEqual(batch);
});
