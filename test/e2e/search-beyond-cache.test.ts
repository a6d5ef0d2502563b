import { readFile } from "node:fs/promises";
import { beforeAll, expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { npyBytes, useRestCalls, useServer } from "../support/index.ts";

// Vectors are more than the cache holds: sketches stay, and of the rest few rows are read. Answers are those of a model that looks at
// every row, from the first search on.

const DIM = 256;
const ROWS = 160_000;
const VECTOR_BYTES = 4 * DIM * ROWS;
/** Sketches of all rows, and of the vectors a thirtieth. */
const CACHE_BYTES = 48 << 20;

const fixture = useServer({ cacheSize: `${CACHE_BYTES}`, workerMemory: "64MB" });
const rest = useRestCalls(fixture);

let state = 11;
const next = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647 - 0.5;
const vectors = new Float32Array(ROWS * DIM).map(next);
/** Some are equally near: keys decide. */
for (let row = 1000; row < ROWS; row += 1000) vectors.copyWithin(row * DIM, 500 * DIM, 501 * DIM);

beforeAll(async () => {
  const { client, files } = fixture;
  await client.createCollection({
    ...{ name: "large", shards: 2 },
    fields: [
      { name: "id", type: DataType.Int64, key: true },
      { name: "vector", type: DataType.FloatVector, dim: DIM },
    ],
  });
  const ids = BigInt64Array.from({ length: ROWS }, (_, i) => BigInt(i));
  const paths = [
    await files.write("large/id.npy", npyBytes("<i8", [ROWS], ids)),
    await files.write("large/vector.npy", npyBytes("<f4", [ROWS, DIM], vectors)),
  ];
  await client.importAndWait("large", paths);
}, 120_000);

const near = (row: number) => Array.from(vectors.subarray(row * DIM, (row + 1) * DIM), (value) => value * 0.9);

/** Keys of the nearest rows. @param isWanted of a key */
function nearest(query: readonly number[], limit: number, isWanted: (row: number) => boolean): number[] {
  const found: { row: number; distance: number }[] = [];
  for (let row = 0; row < ROWS; row++) {
    if (!isWanted(row)) continue;
    let distance = 0;
    for (let i = 0; i < DIM; i++) distance += (vectors[row * DIM + i] - query[i]) ** 2;
    if (found.length < limit || distance < found[limit - 1].distance) {
      found.push({ row, distance });
      found.sort((a, b) => a.distance - b.distance || a.row - b.row);
      found.length = Math.min(found.length, limit);
    }
  }
  return found.map(({ row }) => row);
}

async function search(query: readonly number[], filter: string): Promise<{ id: number; distance: number }[]> {
  return await rest.data("entities/search", {
    ...{ collectionName: "large", annsField: "vector", data: [query], limit: 50, filter, outputFields: ["id"] },
  });
}

const readBytes = async () =>
  Number(/rchar: (\d+)/.exec(await readFile(`/proc/${fixture.server.pid}/io`, "utf8"))?.[1]);

it.each([
  ["all rows", "", () => true],
  ["every other row", "id % 2 == 0", (row: number) => row % 2 === 0],
  ["a few rows", "id < 3000", (row: number) => row < 3000],
])(
  "searches beyond the cache answer what the first one does, and read little: %s",
  async (_, filter, isWanted) => {
    const query = near(500);
    const expected = nearest(query, 50, isWanted);
    const first = await search(query, filter);
    expect(first.map(({ id }) => Number(id))).toEqual(expected);
    for (let round = 0; round < 3; round++) expect(await search(query, filter)).toEqual(first);
    const before = await readBytes();
    const other = await search(near(1234), filter);
    expect((await readBytes()) - before).toBeLessThan(VECTOR_BYTES / 128);
    expect(other.map(({ id }) => Number(id))).toEqual(nearest(near(1234), 50, isWanted));
  },
  60_000,
);

it("after a delete, and with the vectors themselves", async () => {
  const [{ id }] = await search(near(777), "");
  expect(Number(id)).toBe(777);
  await rest.data("entities/delete", { collectionName: "large", filter: "id == 777" });
  const hits = await search(near(777), "");
  expect(hits.map((hit) => Number(hit.id))).toEqual(nearest(near(777), 50, (row) => row !== 777));
  const [row] = await rest.data("entities/query", {
    ...{ collectionName: "large", filter: "id == 4321", outputFields: ["vector"] },
  });
  expect(row.vector.map(Math.fround)).toEqual(Array.from(vectors.subarray(4321 * DIM, 4322 * DIM)));
}, 60_000);
