import { describe, expect, it } from "@jest/globals";
import {
  KERNEL_BYTES_BEHIND,
  KERNEL_ROOM_BYTES,
  lengthsOf,
  MAX_BLOCK_ROWS,
  type StoredNumbers,
  sharedMemory,
  VectorDistances,
} from "@sluice/kernels/vectors";
import fc from "fast-check";

const kernel = new VectorDistances();
const memory = sharedMemory((2 * KERNEL_ROOM_BYTES + KERNEL_BYTES_BEHIND + (1 << 16)) >> 16);
/** Finds rows where they lie, behind its room. */
const inPlace = new VectorDistances({ memory, at: KERNEL_ROOM_BYTES });

/** The twin: sums of every fourth place, those behind the last group of four with the first. */
function inFourSums(dim: number, term: (place: number) => number): number {
  const sums = [0, 0, 0, 0];
  for (let i = 0; i < dim; i++) sums[i < (dim & ~3) ? i & 3 : 0] += term(i);
  return sums[0] + sums[1] + (sums[2] + sums[3]);
}

const bytesOf = (values: ArrayBufferView) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
const float = fc.float({ noNaN: true, noDefaultInfinity: true });
const dims = fc.integer({ min: 1, max: 70 });

describe("distances of vectors", () => {
  it("have the bits of the twin, whatever rows are chosen of however many", () => {
    const cases = dims.chain((dim) =>
      fc.record({
        dim: fc.constant(dim),
        values: fc.array(float, { minLength: dim * 9, maxLength: dim * 9 }),
        query: fc.array(float, { minLength: dim, maxLength: dim }),
        chosen: fc.uniqueArray(fc.integer({ min: 0, max: 8 }), { minLength: 1 }).map((rows) => rows.sort()),
      }),
    );
    fc.assert(
      fc.property(cases, ({ dim, values, query, chosen }) => {
        const [rows, stored, wanted] = [Uint32Array.from(chosen), Float32Array.from(values), Float32Array.from(query)];
        kernel.load(bytesOf(stored), rows, dim, "float32");
        const at = (row: number, i: number) => stored[row * dim + i];
        kernel.compare("squaredDistances", wanted, 0, dim, rows.length);
        expect([...kernel.scores.subarray(0, rows.length)]).toEqual(
          chosen.map((row) => inFourSums(dim, (i) => (wanted[i] - at(row, i)) ** 2)),
        );
        kernel.compare("products", wanted, 0, dim, rows.length);
        expect([...kernel.scores.subarray(0, rows.length)]).toEqual(
          chosen.map((row) => inFourSums(dim, (i) => wanted[i] * at(row, i))),
        );
        kernel.measure(rows.length, dim);
        const lengths = chosen.map((row) => Math.sqrt(inFourSums(dim, (i) => at(row, i) ** 2)));
        expect([...kernel.norms.subarray(0, rows.length)]).toEqual(lengths);
        const one = stored.subarray(chosen[0] * dim, (chosen[0] + 1) * dim);
        expect([...lengthsOf(one, dim)]).toEqual(lengths.slice(0, 1));
      }),
      { seed: 11, numRuns: 300 },
    );
  });

  const halves = Uint16Array.from({ length: 1 << 16 }, (_, i) => i);
  const floats = Float16Array.from(new Float16Array(halves.buffer));
  const upper = new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
  it.each<[StoredNumbers, Uint8Array, ArrayLike<number>]>([
    ["float16", bytesOf(halves), floats],
    ["bfloat16", bytesOf(halves), upper],
    [
      "int8",
      bytesOf(Int8Array.from({ length: 256 }, (_, i) => i - 128)),
      Array.from({ length: 256 }, (_, i) => i - 128),
    ],
  ])("read every %s there is", (stored, data, values) => {
    for (let first = 0; first < values.length; first += 256)
      for (let row = first; row < first + 256; row++) {
        if (!Number.isFinite(values[row])) continue;
        kernel.load(data, Uint32Array.of(row), 1, stored);
        kernel.compare("products", Float32Array.of(1), 0, 1, 1);
        if (!Object.is(kernel.scores[0] + 0, values[row] + 0))
          expect([row, kernel.scores[0]]).toEqual([row, values[row]]);
      }
  });

  it("of bits count what differs, and what both have", () => {
    const cases = fc
      .integer({ min: 1, max: 40 })
      .chain((width) =>
        fc.tuple(
          fc.constant(width),
          fc.uint8Array({ minLength: width * 5, maxLength: width * 5 }),
          fc.uint8Array({ minLength: width, maxLength: width }),
        ),
      );
    const ones = (byte: number) => byte.toString(2).replaceAll("0", "").length;
    fc.assert(
      fc.property(cases, ([width, data, query]) => {
        kernel.loadBits(data, Uint32Array.of(1, 2, 4), width);
        const sum = (row: number, of: (a: number, b: number) => number) =>
          query.reduce((total, byte, i) => total + ones(of(byte, data[row * width + i])), 0);
        kernel.compareBits("hammingDistances", query, 3);
        expect([...kernel.scores.subarray(0, 3)]).toEqual([1, 2, 4].map((row) => sum(row, (a, b) => a ^ b)));
        kernel.compareBits("jaccardDistances", query, 3);
        const share = (row: number) => sum(row, (a, b) => a & b) / sum(row, (a, b) => a | b);
        expect([...kernel.scores.subarray(0, 3)]).toEqual(
          [1, 2, 4].map((row) => (Number.isNaN(share(row)) ? 1 : 1 - share(row))),
        );
      }),
      { seed: 12, numRuns: 200 },
    );
  });

  it("are of blocks of at most 256 rows that the cache holds", () => {
    expect([4, 512, 3072, 131_072].map((bytes) => VectorDistances.blockRows(bytes))).toEqual([256, 256, 42, 2]);
    expect(MAX_BLOCK_ROWS).toBe(256);
  });

  it("of the greatest dimension stay inside of the memory", () => {
    const dim = 32_768;
    const data = new Float32Array(3 * dim).fill(1);
    kernel.load(bytesOf(data), Uint32Array.of(0, 2), dim, "float32");
    kernel.compare("products", data, 0, dim, 2);
    expect([kernel.scores[0], kernel.scores[1]]).toEqual([dim, dim]);
  });

  it("are those of copies where rows are compared in their place, whether they follow one another or not", () => {
    const dim = 37;
    const values = Float32Array.from({ length: 40 * dim }, (_, i) => Math.sin(i * i));
    const query = values.slice(7, 7 + dim);
    const types: [StoredNumbers, ArrayBufferView][] = [
      ["float32", values],
      ["float16", Float16Array.from(values)],
      ["bfloat16", Uint16Array.from(new Uint32Array(values.buffer), (bits) => bits >>> 16)],
      ["int8", Int8Array.from(values, (value) => 100 * value)],
    ];
    const lists = [[0, 1, 2, 3, 4], [39], [3, 5, 8, 39], [38, 39]];
    for (const [stored, view] of types)
      for (const rows of lists.map((list) => Uint32Array.from(list))) {
        // At no address that numbers like.
        const here = new Uint8Array(memory.buffer, 2 * KERNEL_ROOM_BYTES + 3, view.byteLength);
        here.set(bytesOf(view));
        const scores = [kernel, inPlace].map((one) => {
          one.load(one === inPlace ? here : bytesOf(view), rows, dim, stored);
          one.compare("products", query, 0, dim, rows.length);
          const products = [...one.scores.subarray(0, rows.length)];
          one.compare("squaredDistances", query, 0, dim, rows.length);
          one.measure(rows.length, dim);
          return [products, ...[one.scores, one.norms].map((all) => [...all.subarray(0, rows.length)])];
        });
        expect(scores[1]).toEqual(scores[0]);
      }
  });
});
