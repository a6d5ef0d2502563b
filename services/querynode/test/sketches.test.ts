import { describe, expect, it } from "@jest/globals";
import type { FixedColumn } from "@sluice/columns";
import { VectorSketches } from "@sluice/kernels/vectors";
import { DataType } from "@sluice/schema";
import fc from "fast-check";
import { type VectorBlock, VectorMemory } from "../src/cache/vector-memory.ts";
import { type Candidates, type CandidateTask, candidatesOf } from "../src/search/candidates.ts";
import { Kernels } from "../src/search/kernels.ts";
import { areSketched, type Sketches, sketchesBytes, sketchesIn } from "../src/search/sketches.ts";

const DIM = 67;
const ROWS = 3000;

const memory = new VectorMemory(16 << 20, 1);
/** That find columns and sketches where they lie, and that do not. */
const [inPlace, elsewhere] = [new Kernels(memory.rooms(0)), new Kernels()];

let state = 7;
const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647 - 0.5;
const values = Float32Array.from({ length: ROWS * DIM }, random);
const stored = {
  [DataType.FloatVector]: values,
  [DataType.Float16Vector]: Float16Array.from(values),
  [DataType.BFloat16Vector]: Uint16Array.from(new Uint32Array(values.buffer), (bits) => bits >>> 16),
};
type Stored = keyof typeof stored;

function columnOf(dataType: Stored): FixedColumn {
  const from = stored[dataType];
  const { bytes: data } = memory.take(from.byteLength) as VectorBlock;
  data.set(new Uint8Array(from.buffer));
  return { kind: "fixed", width: from.byteLength / ROWS, data, validity: undefined };
}

/** In memory that others have used. */
function newSketches(): Sketches {
  const { bytes } = memory.take(sketchesBytes(ROWS, DIM)) as VectorBlock;
  return sketchesIn(bytes.fill(1), ROWS, DIM);
}

/** By query, then row: of several queries no order among each other is promised. */
function inOrder(task: CandidateTask, kernels: Kernels) {
  const { queries, rows, scores } = candidatesOf(task, kernels);
  const found = Array.from(queries, (query, i) => [query, rows[i], scores[i]]);
  return found.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

/** Rows that were found and are not among the others, or whose score does not lie between the best and the worst that theirs may be. */
function missing(expected: ReturnType<typeof inOrder>, { queries, rows, scores, worst }: Candidates) {
  const left = new Map(
    Array.from(queries, (query, i) => [`${query}/${rows[i]}`, [scores[i], worst[i]].sort((a, b) => a - b)]),
  );
  return expected.filter(([query, row, score]) => {
    const [least, most] = left.get(`${query}/${row}`) ?? [Number.NaN, Number.NaN];
    return !(least <= score && score <= most);
  });
}

const columns = new Map(
  ([DataType.FloatVector, DataType.Float16Vector, DataType.BFloat16Vector] as const).map((dataType) => {
    const column = columnOf(dataType);
    return [dataType, { column, sketches: newSketches() }];
  }),
);

describe("a search with sketches", () => {
  it("finds what one without finds, bit by bit, whatever rows are chosen and however near they have to be", () => {
    const tasks = fc.record({
      dataType: fc.constantFrom(...columns.keys()),
      metric: fc.constantFrom("L2" as const, "IP" as const, "COSINE" as const),
      from: fc.nat(ROWS - 1),
      step: fc.constantFrom(1, 1, 1, 2, 50),
      shares: fc.array(fc.constantFrom(0, 0.001, 0.1, 0.9, 1), { minLength: 1, maxLength: 3 }),
      floor: fc.constantFrom(Number.NEGATIVE_INFINITY, 0),
    });
    fc.assert(
      fc.property(tasks, ({ dataType, metric, from, step, shares, floor }) => {
        const { column, sketches } = columns.get(dataType) ?? fail();
        const count = shares.length;
        const queries = { kind: "floats", count, values: Float32Array.from({ length: count * DIM }, random) } as const;
        const rows = Uint32Array.from({ length: Math.ceil((ROWS - from) / step) }, (_, i) => from + i * step);
        const task: CandidateTask = {
          ...{ comparison: { dataType: dataType as DataType, dim: DIM, queries, metric }, column, rows, floor },
          bounds: new Float64Array(count).fill(1e9),
        };
        const all = inOrder({ ...task, floor: Number.NEGATIVE_INFINITY }, elsewhere);
        const sign = metric === "L2" ? 1 : -1;
        const signed = shares.map((_, query) => all.flatMap((one) => (one[0] === query ? [sign * one[2]] : [])));
        const bounds = Float64Array.from(shares, (share, i) => {
          const ranked = signed[i].toSorted((a, b) => a - b);
          return ranked[Math.min(ranked.length - 1, Math.floor(share * ranked.length))];
        });
        const expected = inOrder({ ...task, bounds }, elsewhere);
        for (const kernels of [inPlace, elsewhere]) {
          expect(inOrder({ ...task, bounds, sketches }, kernels)).toEqual(expected);
          expect(inOrder({ ...task, bounds }, kernels)).toEqual(expected);
          expect(missing(expected, candidatesOf({ ...task, bounds, sketches, column: undefined }, kernels))).toEqual(
            [],
          );
        }
      }),
      { seed: 5, numRuns: 150 },
    );
  });

  it("makes those of rows that lie close together, a group at a time, and leaves others alone", () => {
    const { column } = columns.get(DataType.FloatVector) ?? fail();
    const sketches = newSketches();
    const queries = { kind: "floats", count: 1, values: new Float32Array(DIM) } as const;
    const search = (rows: readonly number[]) =>
      candidatesOf(
        {
          comparison: { dataType: DataType.FloatVector, dim: DIM, queries, metric: "L2" },
          ...{ column, sketches, rows: Uint32Array.from(rows), bounds: Float64Array.of(1), floor: 0 },
        },
        inPlace,
      );
    search([0, 500, 2999]);
    expect(sketches.made.indexOf(1)).toBe(-1);
    search([2990, 2991, 2993]);
    expect([sketches.made.indexOf(1), sketches.made.length]).toEqual([46, 47]);
    expect(sketches.data.length).toBe(ROWS * VectorSketches.widthOf(DIM));
  });

  it("has none of vectors that threads do not share, of short ones, and of other types", () => {
    const { column } = columns.get(DataType.FloatVector) ?? fail();
    const are = (dataType: DataType, dim: number, data = column.data) =>
      areSketched({ ...column, data }, { dataType, dim });
    expect(are(DataType.FloatVector, 64)).toBe(true);
    expect(are(DataType.FloatVector, 63)).toBe(false);
    expect(are(DataType.Int8Vector, 64)).toBe(false);
    expect(are(DataType.FloatVector, 64, column.data.slice())).toBe(false);
  });
});

function fail(): never {
  throw new Error("no such column");
}
