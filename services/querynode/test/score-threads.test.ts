import { afterAll, describe, expect, it } from "@jest/globals";
import type { FixedColumn, VarColumn } from "@sluice/columns";
import { DataType } from "@sluice/schema";
import { encodeVectorArrayCell } from "@sluice/values";
import { type VectorBlock, VectorMemory } from "../src/cache/vector-memory.ts";
import { type Candidates, type CandidateTask, candidatesOf } from "../src/search/candidates.ts";
import { Kernels } from "../src/search/kernels.ts";
import * as listScorers from "../src/search/list-scorers.ts";
import { ScoreThreads } from "../src/search/score-threads.ts";
import { sketchesBytes, sketchesIn } from "../src/search/sketches.ts";

const DIM = 64;
const ROWS = 40_000;
const LISTS = 8_000;

const memory = new VectorMemory(32 << 20, 2);

function shared(byteLength: number, value: (i: number) => number): Uint8Array {
  const { bytes } = memory.take(byteLength) as VectorBlock;
  for (let i = 0; i < byteLength; i++) bytes[i] = value(i);
  return bytes;
}

/** Numbers that repeat, so that there are ties. */
const numbers = new Uint8Array(Float32Array.from({ length: ROWS * DIM }, (_, i) => (i * 2_654_435_761) % 11).buffer);
const inShared = shared(numbers.length, (i) => numbers[i]);
const column: FixedColumn = { kind: "fixed", width: 4 * DIM, validity: undefined, data: inShared };
/** The same, in memory that no kernel works in. */
const elsewhere = new Uint8Array(new SharedArrayBuffer(numbers.length));
elsewhere.set(numbers);
const sketches = sketchesIn(
  shared(sketchesBytes(ROWS, DIM), () => 7),
  ROWS,
  DIM,
);
const queries = Float32Array.from({ length: 3 * DIM }, (_, i) => i % 7);
/** Rows of two vectors each. */
const lists: VarColumn = (() => {
  const cells = Array.from({ length: LISTS }, (_, i) =>
    encodeVectorArrayCell(DataType.FloatVector, DIM, numbers.subarray(2 * i * 4 * DIM, 2 * (i + 1) * 4 * DIM)),
  );
  const offsets = Uint32Array.from({ length: cells.length + 1 }, (_, i) => i * cells[0].length);
  const all = Buffer.concat(cells);
  return { kind: "var", offsets, data: shared(all.length, (i) => all[i]), validity: undefined };
})();
const everyThird = Uint32Array.from({ length: ROWS / 4 }, (_, i) => 3 * i);

/** By query, then row: with sketches of several queries no order among each other is promised. As bytes, since they are many. */
function inOrder({ queries, rows, scores }: Candidates): Buffer {
  const order = Uint32Array.from(queries.keys()).sort((a, b) => queries[a] - queries[b] || rows[a] - rows[b]);
  const words = Float64Array.from(
    { length: 3 * order.length },
    (_, i) => [queries, rows, scores][i % 3][order[Math.floor(i / 3)]],
  );
  return Buffer.from(words.buffer);
}

const task = (more: Partial<CandidateTask> = {}): CandidateTask => ({
  comparison: {
    ...{ dataType: DataType.FloatVector, dim: DIM, metric: "L2" },
    queries: { kind: "floats", count: 3, values: queries },
  },
  column,
  rows: Uint32Array.from({ length: ROWS }, (_, i) => i),
  bounds: Float64Array.of(500, 600, Number.POSITIVE_INFINITY),
  floor: 300,
  ...more,
});

describe("threads that compare vectors", () => {
  const threads = new ScoreThreads(() => memory, 2);
  afterAll(() => threads[Symbol.asyncDispose]());

  it.each([
    ["all rows", task()],
    ["some rows", task({ rows: everyThird })],
    ["rows of another memory", task({ column: { ...column, data: elsewhere } })],
    ["rows that have sketches", task({ sketches, bounds: Float64Array.of(1200, 1300, 1400) })],
    [
      "some that have, of another memory",
      task({
        sketches,
        rows: everyThird,
        bounds: Float64Array.of(1200, 1300, 1400),
        column: { ...column, data: elsewhere },
      }),
    ],
    ["rows from the middle", task({ rows: task().rows.subarray(1000, 30_000) })],
    ["products", task({ comparison: { ...task().comparison, metric: "IP" }, floor: -1500 })],
    [
      "cosines",
      task({
        comparison: { ...task().comparison, metric: "COSINE" },
        bounds: Float64Array.of(-0.5, -0.6, 0),
        floor: -1,
      }),
    ],
    [
      "bits",
      task({
        column: { ...column, width: DIM / 8 },
        comparison: {
          ...{ dataType: DataType.BinaryVector, dim: DIM, metric: "HAMMING" },
          queries: { kind: "bits", count: 1, values: [Uint8Array.from({ length: DIM / 8 }, (_, i) => i)] },
        },
        bounds: Float64Array.of(20),
        floor: 0,
      }),
    ],
    [
      "lists of vectors",
      task({
        column: lists,
        rows: task().rows.subarray(0, LISTS),
        comparison: {
          ...{ dataType: DataType.FloatVector, dim: DIM, metric: "L2" },
          queries: {
            kind: "lists",
            count: 2,
            ends: Uint32Array.of(2, 3),
            vectors: { kind: "floats", count: 3, values: queries },
          },
        },
        bounds: Float64Array.of(2400, 1200),
        floor: 300,
      }),
    ],
    [
      "counts of terms",
      task({
        column: {
          ...{ kind: "var", validity: undefined, data: inShared },
          offsets: Uint32Array.from({ length: ROWS + 1 }, (_, i) => 8 * 24 * i),
        } satisfies VarColumn,
        comparison: {
          ...{ dataType: DataType.SparseFloatVector, dim: 0, metric: "BM25" },
          bm25: { k1: 1.2, b: 0.75, averageLength: 40 },
          queries: {
            kind: "sparse",
            count: 1,
            values: [{ indices: new Uint32Array(new Float32Array([3, 5]).buffer), values: Float64Array.of(1.5, 2) }],
          },
        },
        bounds: Float64Array.of(Number.POSITIVE_INFINITY),
        floor: Number.NEGATIVE_INFINITY,
      }),
    ],
    [
      "sparse vectors",
      task({
        column: {
          ...{
            kind: "var",
            validity: undefined,
            data: shared(8 * ROWS, (i) => (i % 8 === 6 ? 128 : i % 8 === 7 ? 63 : 0)),
          },
          offsets: Uint32Array.from({ length: ROWS + 1 }, (_, i) => 8 * i),
        } satisfies VarColumn,
        comparison: {
          ...{ dataType: DataType.SparseFloatVector, dim: DIM, metric: "IP" },
          queries: { kind: "sparse", count: 1, values: [{ indices: Uint32Array.of(0), values: Float32Array.of(2) }] },
        },
        bounds: Float64Array.of(0),
        floor: -3,
      }),
    ],
  ])("find the candidates that are found without them: %s", async (_, one) => {
    const found = await threads.candidates(one);
    const expected = candidatesOf({ ...one, sketches: undefined }, new Kernels(), listScorers);
    expect(inOrder(found).equals(inOrder(expected))).toBe(true);
    expect(found.rows.length).toBeGreaterThan(0);
  });

  it("fail a task that ends its thread, and go on with another one", async () => {
    const queries = { kind: "floats", count: 3, values: undefined as never } as const;
    const broken = task({ comparison: { ...task().comparison, queries } });
    await expect(threads.candidates(broken)).rejects.toThrow("undefined");
    expect(inOrder(await threads.candidates(task())).equals(inOrder(candidatesOf(task(), new Kernels())))).toBe(true);
  });

  it("get tasks of some milliseconds, however many queries there are and however long vectors", () => {
    const rows = (dim: number, count: number) =>
      ScoreThreads.taskRows({ ...task().comparison, dim, queries: { kind: "floats", count, values: queries } });
    expect([rows(128, 1), rows(128, 100), rows(2, 1000), rows(32_768, 16_384)]).toEqual([131_072, 1310, 524, 1]);
  });
});
