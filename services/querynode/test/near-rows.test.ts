import { afterAll, describe, expect, it } from "@jest/globals";
import type { FixedColumn } from "@sluice/columns";
import { DataType } from "@sluice/schema";
import fc from "fast-check";
import { type VectorBlock, VectorMemory } from "../src/cache/vector-memory.ts";
import { type Candidates, type CandidateTask, candidatesOf } from "../src/search/candidates.ts";
import { keeper, limitsOf } from "../src/search/kept-hits.ts";
import { Kernels } from "../src/search/kernels.ts";
import { isDistance, powerOf } from "../src/search/metrics.ts";
import { NearRows } from "../src/search/near-rows.ts";
import { ScoreThreads } from "../src/search/score-threads.ts";
import type { Search } from "../src/search/search.ts";
import type { SearchSources } from "../src/search/search-sources.ts";
import { type Sketches, sketchesBytes, sketchesIn } from "../src/search/sketches.ts";
import { type TieOrder, TopHits } from "../src/search/top-hits.ts";

const DIM = 64;
const ROWS = 700;
const SOURCES = 4;
const PIECE = 300;

const memory = new VectorMemory(16 << 20, 1);
const kernels = new Kernels(memory.rooms(0));
const threads = new ScoreThreads(() => memory, 1);
afterAll(() => threads[Symbol.asyncDispose]());

let state = 3;
const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647 - 0.5;

interface Source {
  readonly column: FixedColumn;
  readonly sketches: Sketches;
}

const all = Uint32Array.from({ length: ROWS }, (_, row) => row);
const comparison = (metric: "L2" | "IP" | "COSINE", queries: Float32Array): CandidateTask["comparison"] => ({
  ...{ dataType: DataType.FloatVector, dim: DIM, metric },
  queries: { kind: "floats", count: queries.length / DIM, values: queries },
});

/** Some vectors stand there several times: their scores are equal. */
const sources = Array.from({ length: SOURCES }, (): Source => {
  const { bytes: data } = memory.take(4 * DIM * ROWS) as VectorBlock;
  const vectors = new Float32Array(data.buffer, data.byteOffset, DIM * ROWS).map(random);
  for (let row = 0; row < ROWS; row += 7) vectors.copyWithin(row * DIM, 3 * DIM, 4 * DIM);
  data.set(new Uint8Array(vectors.buffer));
  const column: FixedColumn = { kind: "fixed", width: 4 * DIM, data, validity: undefined };
  const { bytes } = memory.take(sketchesBytes(ROWS, DIM)) as VectorBlock;
  const sketches = sketchesIn(bytes, ROWS, DIM);
  // All are made.
  candidatesOf(
    {
      comparison: comparison("L2", vectors.slice(0, DIM)),
      column,
      sketches,
      rows: all,
      bounds: Float64Array.of(1),
      floor: 0,
    },
    kernels,
  );
  return { column, sketches };
});

/** No two rows have one key. */
const byPlace: TieOrder = {
  compareKeys: (sourceA, rowA, sourceB, rowB) => sourceA - sourceB || rowA - rowB,
  comparePlaces: () => 0,
};

interface Ranking {
  readonly metric: "L2" | "IP" | "COSINE";
  readonly limit: number;
  readonly queries: Float32Array;
  readonly roundDecimal?: number | undefined;
  readonly radius?: number | undefined;
  readonly rangeFilter?: number | undefined;
  /** Whether the vectors of a source are not in memory. */
  readonly areGone: readonly boolean[];
  /** Source behind which those that wait are compared already; none beyond the last. */
  readonly comparedBehind?: number;
}

/** The hits of each query, and how many rows were read for them. */
async function ranked(ranking: Ranking) {
  const { metric, limit, queries, roundDecimal, radius, rangeFilter, areGone, comparedBehind } = ranking;
  const search = { params: { metric, roundDecimal, radius, rangeFilter }, after: undefined } as Search;
  const { floor, ceiling } = limitsOf(search);
  const keep = keeper(search, {} as SearchSources);
  const tops = Array.from(
    { length: queries.length / DIM },
    () => new TopHits(limit, isDistance(metric), powerOf(roundDecimal), byPlace),
  );
  const asked = comparison(metric, queries);
  const bounds = () => Float64Array.from(tops, ({ bound }, query) => Math.min(bound, near.bound(query), ceiling));
  const take = (found: Candidates, source: number) => {
    for (const [i, query] of found.queries.entries()) {
      const score = keep(found.scores[i], source, found.rows[i]);
      if (Number.isNaN(score)) continue;
      tops[query].add(score, source, found.rows[i]);
      near.see(query, score);
    }
  };
  const near: NearRows = new NearRows(search, limit, tops, { comparison: asked, floor, bounds, take, threads });
  let readRows = 0;
  for (const [source, { column, sketches }] of sources.entries()) {
    const pick = async (rows: Uint32Array): Promise<FixedColumn> => {
      readRows += rows.length;
      const data = new Uint8Array(rows.length * 4 * DIM);
      for (const [i, row] of rows.entries())
        data.set(column.data.subarray(row * 4 * DIM, (row + 1) * 4 * DIM), i * 4 * DIM);
      return { ...column, data };
    };
    for (let first = 0; first < ROWS; first += PIECE) {
      const task = { comparison: asked, rows: all.subarray(first, first + PIECE), bounds: bounds(), floor };
      if (areGone[source])
        await near.add(candidatesOf({ ...task, column: undefined, sketches }, kernels), source, pick);
      else take(candidatesOf({ ...task, column }, kernels), source);
    }
    if (source === comparedBehind) await near.compare();
  }
  await near.compare();
  return { hits: tops.map((top) => top.sorted()), readRows };
}

describe("rows whose vectors are not in memory", () => {
  it("are hits where they would be if all vectors were", async () => {
    const rankings = fc.record({
      metric: fc.constantFrom("L2" as const, "IP" as const, "COSINE" as const),
      limit: fc.constantFrom(1, 5, 40, 150),
      count: fc.constantFrom(1, 2),
      roundDecimal: fc.constantFrom(undefined, undefined, 0, 1, 3),
      range: fc.constantFrom("none" as const, "none" as const, "radius" as const, "both" as const),
      areGone: fc.array(fc.boolean(), { minLength: SOURCES, maxLength: SOURCES }),
      comparedBehind: fc.nat(SOURCES),
    });
    await fc.assert(
      fc.asyncProperty(rankings, async ({ count, range, ...ranking }) => {
        const queries = Float32Array.from({ length: count * DIM }, random);
        const plain = { ...ranking, queries, areGone: ranking.areGone.map(() => false) };
        const { hits } = await ranked(plain);
        const [{ score: best }, { score: worst }] = [hits[0][0], hits[0][hits[0].length - 1]];
        const limits = {
          ...(range !== "none" && { radius: (best + worst) / 2 }),
          ...(range === "both" && { rangeFilter: (3 * best + worst) / 4 }),
        };
        const expected = await ranked({ ...plain, ...limits });
        expect(expected.readRows).toBe(0);
        expect((await ranked({ ...ranking, queries, ...limits })).hits).toEqual(expected.hits);
      }),
      { seed: 9, numRuns: 200 },
    );
  });

  it("are read one by one where they are among the best, or nearly: not those that the first bounds leave", async () => {
    const queries = Float32Array.from({ length: DIM }, random);
    const { readRows } = await ranked({ metric: "L2", limit: 20, queries, areGone: [true, true, true, true] });
    expect(readRows).toBeGreaterThanOrEqual(20);
    expect(readRows).toBeLessThan(40);
  });
});
