import { describe, expect, it } from "@jest/globals";
import {
  lengthsOf,
  sketchedCosine,
  sketchedDistance,
  sketchedProduct,
  sketchedQuery,
  VectorDistances,
  VectorSketches,
} from "@sluice/kernels/vectors";
import fc from "fast-check";

const kernel = new VectorDistances();
const { sketches } = kernel;

const bytesOf = (values: ArrayBufferView) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
const rowsTo = (count: number) => Uint32Array.from({ length: count }, (_, i) => i);
/** Sums of every fourth place. */
function inFourSums(values: readonly number[]): number {
  const sums = [0, 0, 0, 0];
  for (const [i, value] of values.entries()) sums[i & 3] += value;
  return sums[0] + sums[1] + (sums[2] + sums[3]);
}

/** Ties go to the even number. */
function nearest(value: number): number {
  const below = Math.floor(value);
  const isUp = value - below === 0.5 ? below % 2 !== 0 : value - below > 0.5;
  return isUp ? below + 1 : below;
}

/** The twin of a sketch. */
function twinOf(row: Float32Array): Uint8Array {
  const width = VectorSketches.widthOf(row.length);
  const scale = Math.fround(row.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127);
  const inverse = Math.fround(1 / scale);
  const codes = Array.from(row, (value) => (scale === 0 ? 0 : nearest(Math.fround(value * inverse))));
  const sketch = new DataView(new ArrayBuffer(width));
  for (const [i, code] of codes.entries()) sketch.setInt8(i, code);
  const error = Math.sqrt(inFourSums(codes.map((code, i) => (row[i] - code * scale) ** 2)));
  sketch.setFloat32(width - 16, scale, true);
  sketch.setFloat32(width - 12, error * (1 + 1e-6) + 1e-37, true);
  sketch.setFloat32(width - 8, Math.sqrt(inFourSums(Array.from(row, (value) => value * value))), true);
  sketch.setInt32(width - 4, inFourSums(codes.map((code) => code * code)), true);
  return new Uint8Array(sketch.buffer);
}

function sketchesOf(values: Float32Array, dim: number): Uint8Array {
  const count = values.length / dim;
  const out = new Uint8Array(count * VectorSketches.widthOf(dim));
  kernel.load(bytesOf(values), rowsTo(count), dim, "float32");
  sketches.write(count, dim, out, 0);
  return out;
}

const ROWS = 7;
const dims = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(128, 255));
/** Of one size, or of any that there is. */
const numbers = fc.constantFrom(
  fc.float({ noNaN: true, noDefaultInfinity: true, min: -2, max: 2 }),
  fc.integer({ min: -3, max: 3 }),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e-30), max: Math.fround(1e-30) }),
);
const cases = fc.tuple(dims, numbers).chain(([dim, number]) => {
  const vectors = (count: number) =>
    fc.array(number, { minLength: dim * count, maxLength: dim * count }).map((list) => Float32Array.from(list));
  return fc.record({ dim: fc.constant(dim), values: vectors(ROWS), query: vectors(1), row: fc.nat(ROWS - 1) });
});

describe("sketches of vectors", () => {
  it("have the bits of the twin", () => {
    const ordinary = fc
      .float({ noNaN: true, min: -1000, max: 1000 })
      .map((value) => (Math.abs(value) < 1e-30 ? 0 : value));
    const vectors = dims.chain((dim) => fc.array(ordinary, { minLength: dim, maxLength: dim }));
    fc.assert(
      fc.property(vectors, (list) => {
        const row = Float32Array.from(list);
        expect(sketchesOf(row, row.length)).toEqual(twinOf(row));
      }),
      { seed: 21, numRuns: 300 },
    );
  });

  it.each(["L2", "IP", "COSINE"] as const)(
    "never leave out a row that is within the bound, and say between what its score lies: %s",
    (metric) => {
      fc.assert(
        fc.property(cases, ({ dim, values, query, row }) => {
          const stored = sketchesOf(values, dim);
          kernel.compare(metric === "L2" ? "squaredDistances" : "products", query, 0, dim, ROWS);
          kernel.measure(ROWS, dim);
          const [length] = lengthsOf(query, dim);
          const cosine = (product: number, i: number) =>
            length * kernel.norms[i] === 0 ? 0 : product / (length * kernel.norms[i]);
          const raw = [...kernel.scores.subarray(0, ROWS)];
          const scores = metric === "COSINE" ? raw.map(cosine) : raw;
          sketches.load(stored, rowsTo(ROWS), dim);
          const wanted = sketchedQuery(query, 0, dim);
          const bound = scores[row];
          const find = { L2: sketches.near, IP: sketches.alike, COSINE: sketches.alikeByAngle }[metric];
          const found = new Set(find.call(sketches, wanted, bound, ROWS));
          const within = (score: number) => (metric === "L2" ? score <= bound : score >= bound);
          const missing = scores.flatMap((score, i) => (within(score) && !found.has(i) ? [i] : []));
          expect(missing).toEqual([]);
          const range = { L2: sketchedDistance, IP: sketchedProduct, COSINE: sketchedCosine }[metric];
          const outside = scores.filter((score, i) => {
            const [least, most] = range(wanted, stored, i);
            return !(least <= score && score <= most);
          });
          expect(outside).toEqual([]);
        }),
        { seed: 22, numRuns: 1000 },
      );
    },
  );

  it("leave out nearly all rows of which nothing is wanted", () => {
    const dim = 128;
    let state = 1;
    const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const values = Float32Array.from({ length: 1000 * dim }, random);
    const query = Float32Array.from({ length: dim }, random);
    const stored = new Uint8Array(1000 * VectorSketches.widthOf(dim));
    const scores: number[] = [];
    for (let first = 0; first < 1000; first += 250) {
      kernel.load(bytesOf(values), rowsTo(1000).subarray(first, first + 250), dim, "float32");
      kernel.compare("squaredDistances", query, 0, dim, 250);
      scores.push(...kernel.scores.subarray(0, 250));
      sketches.write(250, dim, stored, first * VectorSketches.widthOf(dim));
    }
    const bound = scores.toSorted((a, b) => a - b)[9];
    const blockRows = VectorSketches.blockRows(dim);
    let found = 0;
    for (let first = 0; first < 1000; first += blockRows) {
      const block = rowsTo(1000).subarray(first, first + blockRows);
      sketches.load(stored, block, dim);
      found += sketches.near(sketchedQuery(query, 0, dim), bound, block.length).length;
    }
    expect(found).toBeGreaterThanOrEqual(10);
    expect(found).toBeLessThan(20);
  });

  it("say of ordinary vectors nearly what their scores are", () => {
    const dim = 128;
    const query = Float32Array.from({ length: dim }, (_, i) => Math.sin(i + 1));
    const row = Float32Array.from({ length: dim }, (_, i) => Math.cos(3 * i));
    const stored = sketchesOf(row, dim);
    for (const range of [sketchedDistance, sketchedProduct, sketchedCosine]) {
      const [least, most] = range(sketchedQuery(query, 0, dim), stored, 0);
      // Of a distance of eleven, and lengths of eight.
      expect(most - least).toBeGreaterThan(0);
      expect(most - least).toBeLessThan(1.2);
    }
  });

  it("of what is no number are near to everything", () => {
    const values = Float32Array.of(Number.NaN, 1, Number.POSITIVE_INFINITY, 0, 5, 5);
    const stored = sketchesOf(values, 2);
    sketches.load(stored, rowsTo(3), 2);
    expect([...sketches.near(sketchedQuery(Float32Array.of(1, 1), 0, 2), 0.5, 3)]).toEqual([0, 1]);
    for (const range of [sketchedDistance, sketchedProduct, sketchedCosine])
      for (const row of [0, 1])
        expect(range(sketchedQuery(Float32Array.of(1, 1), 0, 2), stored, row)).toEqual([-Infinity, Infinity]);
    expect([...sketches.alike(sketchedQuery(Float32Array.of(1, Number.NaN), 0, 2), 1e9, 3)]).toEqual([0, 1, 2]);
  });

  it("of the greatest dimension stay inside of the memory, and their products exact", () => {
    const dim = 32_768;
    const values = new Float32Array(2 * dim).fill(1);
    sketches.load(sketchesOf(values, dim), rowsTo(2), dim);
    expect([...sketches.near(sketchedQuery(values, 0, dim), 0, 2)]).toEqual([0, 1]);
    expect([...sketches.alike(sketchedQuery(values, 0, dim), dim, 2)]).toEqual([0, 1]);
    expect([...sketches.alike(sketchedQuery(values, 0, dim), 1.1 * dim, 2)]).toEqual([]);
  });
});
