import { writeFile } from "node:fs/promises";
import { beforeAll, expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { memoryOf, npyBytes, useRestCalls, useServer } from "../support/index.ts";

// Vectors that do not fit the cache are read anew by each search. What they lie in is used again, however many searches there are
// and whatever the collector thinks of it.

const DIM = 1024;
const ROWS = 1 << 16;
/** A fourth of the vectors. */
const CACHE_BYTES = 64 << 20;
/** The cache and the least that threads need beside it, code, answers, and what a heap has grown to. */
const MAX_GROWTH_BYTES = 400 << 20;
const ROUNDS = 8;

const fixture = useServer({ workers: 2, cacheSize: `${CACHE_BYTES}`, workerMemory: "64MB" });
const rest = useRestCalls(fixture);

beforeAll(async () => {
  const { client, files } = fixture;
  await client.createCollection({
    ...{ name: "wide", shards: 2 },
    fields: [
      { name: "id", type: DataType.Int64, key: true },
      { name: "vector", type: DataType.FloatVector, dim: DIM },
    ],
  });
  const ids = BigInt64Array.from({ length: ROWS }, (_, i) => BigInt(i));
  // Of each row the first number is its key, so that answers are known: 2^24 is the last whole number that floats have.
  const vectors = new Float32Array(ROWS * DIM).map((_, i) => (i % DIM === 0 ? i / DIM : (i % 251) / 1024));
  const paths = [
    await files.write("wide/id.npy", npyBytes("<i8", [ROWS], ids)),
    await files.write("wide/vector.npy", npyBytes("<f4", [ROWS, DIM], vectors)),
  ];
  await client.importAndWait("wide", paths);
}, 120_000);

it("searches take the memory of the cache, although the vectors are four times as many", async () => {
  const { pid } = fixture.server;
  const idle = await memoryOf(pid, "VmRSS");
  await writeFile(`/proc/${pid}/clear_refs`, "5"); // The peak counts from now on.
  for (let round = 0; round < ROUNDS; round++) {
    const near = (at: number) => Array.from({ length: DIM }, (_, i) => (i === 0 ? at : 0));
    const search = (at: number, filter = "", outputFields: readonly string[] = ["id"]) =>
      rest.data("entities/search", {
        ...{ collectionName: "wide", annsField: "vector", data: [near(at)], limit: 3, filter, outputFields },
      });
    const [all, some, whole] = await Promise.all([
      search(1000 * round),
      search(60_000, "id < 100"),
      search(-5, "id % 2 == 1", ["id", "vector"]),
    ]);
    expect(all.map(({ id }: { id: number }) => Math.abs(Number(id) - 1000 * round) <= 2)).toEqual([true, true, true]);
    expect(some.map(({ id }: { id: number }) => Number(id))).toEqual([99, 98, 97]);
    expect(
      whole.map(({ id, vector }: { id: number; vector: number[] }) => [
        Number(id),
        ...vector.slice(0, 2).map(Math.fround),
      ]),
    ).toEqual([1, 3, 5].map((id) => [id, id, ((id * DIM + 1) % 251) / 1024]));
  }
  expect((await memoryOf(pid, "VmHWM")) - idle).toBeLessThan(MAX_GROWTH_BYTES);
}, 120_000);
