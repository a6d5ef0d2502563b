import type { Turns } from "@sluice/async";
import type { Column, FixedColumn, VarColumn } from "@sluice/columns";
import { DataType, type FieldSchema } from "@sluice/schema";
import type { Metric } from "./metrics.ts";
import type { QueryVectors, SparseQuery } from "./query-vectors.ts";

/** Rows whose vectors are compared with all query vectors while they are in the processor's cache. */
const BLOCK_ROWS = 256;

/** Takes the scores of some rows: `scores[i]` is that of `rows[first + i]` with query vector `query`; NaN: it has none. */
export type TakeScores = (query: number, first: number, count: number, scores: Float64Array) => void;

/** Scores of the selected rows of a column with every query vector, block by block; others get their turns meanwhile. */
export async function scoreRows(
  field: FieldSchema,
  column: Column,
  rows: Uint32Array,
  queries: QueryVectors,
  metric: Metric,
  take: TakeScores,
  turns: Turns,
): Promise<void> {
  const scores = new Float64Array(BLOCK_ROWS);
  const score = scorerOf(field, column, queries, metric);
  for (let first = 0; first < rows.length; first += BLOCK_ROWS) {
    const block = rows.subarray(first, first + BLOCK_ROWS);
    for (let query = 0; query < queries.count; query++) {
      score(query, block, scores);
      take(query, first, block.length, scores);
      if (turns.isDue) await turns.next();
    }
  }
}

/** Fills `scores` with those of a block of rows. */
type Scorer = (query: number, block: Uint32Array, scores: Float64Array) => void;

function scorerOf(field: FieldSchema, column: Column, queries: QueryVectors, metric: Metric): Scorer {
  switch (queries.kind) {
    case "floats":
      return floatScorer(field, column as FixedColumn, queries.values, metric);
    case "bits":
      return bitScorer(column as FixedColumn, queries.values, metric);
    case "sparse":
      return sparseScorer(column as VarColumn, queries.values);
  }
}

function floatScorer(field: FieldSchema, column: FixedColumn, queries: Float32Array, metric: Metric): Scorer {
  const { dim } = field;
  const blockOf = blockReader(field, column);
  const norms = metric === "COSINE" ? normsOf(queries, dim) : undefined;
  const rowNorms = new Float64Array(BLOCK_ROWS);
  let normed: Uint32Array | undefined;
  return (query, block, scores) => {
    const { values, offsets } = blockOf(block);
    const from = query * dim;
    if (metric === "L2")
      for (let i = 0; i < block.length; i++) scores[i] = squaredDistance(queries, from, values, offsets[i], dim);
    else for (let i = 0; i < block.length; i++) scores[i] = product(queries, from, values, offsets[i], dim);
    if (!norms) return;
    if (block !== normed) for (let i = 0; i < block.length; i++) rowNorms[i] = normAt(values, offsets[i], dim);
    normed = block;
    for (let i = 0; i < block.length; i++) {
      const norm = norms[query] * rowNorms[i];
      scores[i] = norm === 0 ? 0 : scores[i] / norm;
    }
  };
}

interface FloatBlock {
  readonly values: Float32Array;
  readonly offsets: Uint32Array;
}

/** Float vectors are read where they lie; others are widened, a block once for all queries. */
function blockReader(field: FieldSchema, { data }: FixedColumn): (block: Uint32Array) => FloatBlock {
  const { dim, dataType } = field;
  const offsets = new Uint32Array(BLOCK_ROWS);
  if (dataType === DataType.FloatVector) {
    const values = new Float32Array(data.buffer, data.byteOffset, data.byteLength >>> 2);
    return (block) => {
      for (let i = 0; i < block.length; i++) offsets[i] = block[i] * dim;
      return { values, offsets };
    };
  }
  for (let i = 0; i < BLOCK_ROWS; i++) offsets[i] = i * dim;
  const values = new Float32Array(BLOCK_ROWS * dim);
  const widen = widenerOf(dataType, data);
  let present: Uint32Array | undefined;
  return (block) => {
    if (block !== present) for (let i = 0; i < block.length; i++) widen(block[i] * dim, values, i * dim, dim);
    present = block;
    return { values, offsets };
  };
}

type Widen = (from: number, out: Float32Array, at: number, count: number) => void;

function widenerOf(dataType: DataType, data: Uint8Array): Widen {
  const { buffer, byteOffset, byteLength } = data;
  if (dataType === DataType.BFloat16Vector) {
    const halves = new Uint16Array(buffer, byteOffset, byteLength >>> 1);
    return (from, out, at, count) => {
      const words = new Uint32Array(out.buffer, out.byteOffset + 4 * at, count);
      for (let i = 0; i < count; i++) words[i] = halves[from + i] << 16;
    };
  }
  const numbers =
    dataType === DataType.Int8Vector
      ? new Int8Array(buffer, byteOffset, byteLength)
      : new Float16Array(buffer, byteOffset, byteLength >>> 1);
  return (from, out, at, count) => {
    for (let i = 0; i < count; i++) out[at + i] = numbers[from + i];
  };
}

/** Four sums beside each other, so that no addition waits for the one before. */
function squaredDistance(a: Float32Array, from: number, b: Float32Array, at: number, dim: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < dim; i += 4) {
    const d0 = a[from + i] - b[at + i];
    const d1 = a[from + i + 1] - b[at + i + 1];
    const d2 = a[from + i + 2] - b[at + i + 2];
    const d3 = a[from + i + 3] - b[at + i + 3];
    s0 += d0 * d0;
    s1 += d1 * d1;
    s2 += d2 * d2;
    s3 += d3 * d3;
  }
  for (; i < dim; i++) s0 += (a[from + i] - b[at + i]) ** 2;
  return s0 + s1 + (s2 + s3);
}

function product(a: Float32Array, from: number, b: Float32Array, at: number, dim: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < dim; i += 4) {
    s0 += a[from + i] * b[at + i];
    s1 += a[from + i + 1] * b[at + i + 1];
    s2 += a[from + i + 2] * b[at + i + 2];
    s3 += a[from + i + 3] * b[at + i + 3];
  }
  for (; i < dim; i++) s0 += a[from + i] * b[at + i];
  return s0 + s1 + (s2 + s3);
}

function normAt(vectors: Float32Array, at: number, dim: number): number {
  return Math.sqrt(product(vectors, at, vectors, at, dim));
}

function normsOf(vectors: Float32Array, dim: number): Float64Array {
  return Float64Array.from({ length: vectors.length / dim }, (_, i) => normAt(vectors, i * dim, dim));
}

const bitCounts = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll("0", "").length);

function bitScorer({ data, width }: FixedColumn, queries: readonly Uint8Array[], metric: Metric): Scorer {
  return (query, block, scores) => {
    const wanted = queries[query];
    for (let i = 0; i < block.length; i++) {
      let [differing, common, either] = [0, 0, 0];
      for (let byte = 0, at = block[i] * width; byte < width; byte++, at++) {
        differing += bitCounts[wanted[byte] ^ data[at]];
        common += bitCounts[wanted[byte] & data[at]];
        either += bitCounts[wanted[byte] | data[at]];
      }
      scores[i] = metric === "HAMMING" ? differing : either === 0 ? 1 : 1 - common / either;
    }
  };
}

/** Rows that share no index with the query are no hits. */
function sparseScorer({ data, offsets }: VarColumn, queries: readonly SparseQuery[]): Scorer {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return (query, block, scores) => {
    const { indices, values } = queries[query];
    for (let i = 0; i < block.length; i++) {
      let [sum, shared] = [0, false];
      for (let at = offsets[block[i]], q = 0; at < offsets[block[i] + 1] && q < indices.length; ) {
        const index = view.getUint32(at, true);
        if (index === indices[q]) {
          sum += values[q++] * view.getFloat32(at + 4, true);
          shared = true;
          at += 8;
        } else if (index < indices[q]) at += 8;
        else q++;
      }
      scores[i] = shared ? sum : Number.NaN;
    }
  };
}
