import { expect, it } from "@jest/globals";
import { Turns } from "@sluice/async";
import { fixed, longs } from "@sluice/columns/testing";
import { schema } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";
import type { SearchDeps } from "../src/search/search.ts";
import { vectorsOfKeys } from "../src/search/vectors-of-keys.ts";

const vector = field("v", DataType.FloatVector, { dim: 1 });
const ofRows = collection([field("id", DataType.Int64, { isPrimaryKey: true }), vector]);

/** Of key 1 in segments as they come: one of one time, and a merged one that says the time of each row. */
const parts = [
  { keys: longs(1n, 2n), timestamps: 20n, vectors: Float32Array.of(20, 2) },
  { keys: longs(1n, 1n, 3n), timestamps: longs(10n, 15n, 30n), vectors: Float32Array.of(10, 15, 3) },
];

async function vectors(order: readonly number[], keys: readonly bigint[]): Promise<number[]> {
  const chosen = order.map((i) => parts[i]);
  const part = { segmentId: 1n, insertLogs: [{ logIds: [2n] }] };
  const rows = {
    select: async () =>
      chosen.map(({ keys: data, timestamps, vectors: { length } }) => {
        return { part, rows: Uint32Array.from({ length }, (_, row) => row), keys: data, timestamps };
      }),
    take: async () => [chosen.map((one) => fixed(one.vectors, 4))],
  };
  const signal = AbortSignal.timeout(60_000);
  const deps = { rows, segments: [], turns: new Turns(signal), signal } as unknown as SearchDeps;
  const ids = schema.IDs.fromPartial({ idField: { $case: "intId", value: { data: [...keys] } } });
  const of = { schema: Buffer.alloc(0), ttlField: "", collection: ofRows, field: vector, text: undefined };
  const { queries } = await vectorsOfKeys(ids, of, deps);
  return [...(queries as { values: Float32Array }).values];
}

it("of several rows of a key the newest is searched for, however the segments follow each other", async () => {
  expect(await vectors([0, 1], [3n, 1n, 2n])).toEqual([3, 20, 2]);
  expect(await vectors([1, 0], [3n, 1n, 2n])).toEqual([3, 20, 2]);
  expect(await vectors([1], [1n])).toEqual([15]);
});
