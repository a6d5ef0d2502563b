import type { Column, FixedColumn } from "@sluice/columns";
import { VectorDistances, VectorSketches } from "@sluice/kernels/vectors";
import { DataType } from "@sluice/schema";
import { rowsBetween } from "../row-range.ts";
import { type StoredVectors, storedAs } from "./stored-vectors.ts";

/** Sketches of the vectors of a column, in memory that threads share: made by the search that first needs them. */
export interface Sketches {
  readonly data: Uint8Array;
  /** For each group of rows, whether its sketches are made. */
  readonly made: Uint8Array;
  readonly rowCount: number;
}

/** Rows whose sketches are made together. */
const GROUP_ROWS = 64;
/** Groups are few where there are so many times as many. */
const FEW_OF = 8;
/** Shorter vectors are compared as fast as their sketches. */
const MIN_DIM = 64;

const sketchedTypes: ReadonlySet<DataType> = new Set([
  DataType.FloatVector,
  DataType.Float16Vector,
  DataType.BFloat16Vector,
]);

/** Whether sketches of a column pay. */
export function areSketched({ data }: Column, { dataType, dim }: StoredVectors): boolean {
  return data.buffer instanceof SharedArrayBuffer && sketchedTypes.has(dataType) && dim >= MIN_DIM;
}

/** What the sketches of a column take. */
export function sketchesBytes(rowCount: number, dim: number): number {
  return rowCount * VectorSketches.widthOf(dim) + Math.ceil(rowCount / GROUP_ROWS);
}

/** Sketches of which none is made. @param bytes as many as `sketchesBytes` says, with any content */
export function sketchesIn(bytes: Uint8Array, rowCount: number, dim: number): Sketches {
  const data = bytes.subarray(0, rowCount * VectorSketches.widthOf(dim));
  return { data, made: bytes.subarray(data.length).fill(0), rowCount };
}

/** Whether no sketch of a column is missing, but for some that nobody has needed. */
export function areAllMade({ made }: Sketches): boolean {
  if (!made.includes(0)) return true;
  const missing = made.reduce((count, one) => count + 1 - one, 0);
  return missing * FEW_OF <= made.length;
}

/** Whether the sketches of some rows, at least one, are there. */
export function areMade({ made }: Sketches, rows: Uint32Array): boolean {
  const groupOf = (row: number) => Math.floor(row / GROUP_ROWS);
  return !made.subarray(groupOf(rows[0]), groupOf(rows[rows.length - 1]) + 1).includes(0);
}

/**
 * Whether the sketches of some rows are there, after the missing ones were made: of rows that lie close together, since all
 * vectors in between are read. Two threads may make the same ones at once: they are equal.
 */
export function makeSketches(
  kernel: VectorDistances,
  { data }: FixedColumn,
  sketches: Sketches,
  rows: Uint32Array,
  vectors: StoredVectors,
): boolean {
  const [first, last] = [rows[0], rows[rows.length - 1]];
  const isDense = last - first < 2 * rows.length;
  for (let group = Math.floor(first / GROUP_ROWS); group * GROUP_ROWS <= last; group++) {
    if (Atomics.load(sketches.made, group) === 1) continue;
    if (!isDense) return false;
    makeGroup(kernel, data, sketches, group, vectors);
    Atomics.store(sketches.made, group, 1);
  }
  return true;
}

function makeGroup(
  kernel: VectorDistances,
  data: Uint8Array,
  sketches: Sketches,
  group: number,
  { dataType, dim }: StoredVectors,
): void {
  const end = Math.min(sketches.rowCount, (group + 1) * GROUP_ROWS);
  const atOnce = VectorDistances.blockRows(4 * dim);
  for (let row = group * GROUP_ROWS; row < end; row += atOnce) {
    const block = rowsBetween(row, Math.min(end, row + atOnce));
    kernel.load(data, block, dim, storedAs(dataType));
    kernel.sketches.write(block.length, dim, sketches.data, row * VectorSketches.widthOf(dim));
  }
}
