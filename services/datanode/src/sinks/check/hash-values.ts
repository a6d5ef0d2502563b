import type { Column, FixedColumn } from "@sluice/columns";
import type { DistinctSample } from "@sluice/jobs";
import { sampleInt64Keys } from "@sluice/kernels";

const SEED_HIGH = 0x243f6a88;
const SEED_LOW = 0x85a308d3;

/** Counts each value that is not null by a hash of its bytes. */
export function countDistinct(column: Column, rowCount: number, sample: DistinctSample): void {
  if (column.kind === "fixed" && column.width === 8 && !column.validity) countInt64s(column, rowCount, sample);
  else if (column.kind === "fixed" && column.width % 4 === 0) countWords(column, rowCount, sample);
  else countBytes(column, rowCount, sample);
}

function countBytes(column: Column, rowCount: number, sample: DistinctSample): void {
  const { data, validity } = column;
  for (let row = 0; row < rowCount; row++) {
    if (validity?.[row] === 0) continue;
    const begin = column.kind === "fixed" ? row * column.width : column.offsets[row];
    const end = column.kind === "fixed" ? begin + column.width : column.offsets[row + 1];
    let [high, low] = [SEED_HIGH ^ (end - begin), SEED_LOW];
    for (let i = begin; i < end; i++) {
      high = Math.imul(high ^ data[i], 0x9e3779b1);
      low = Math.imul((low + data[i]) ^ (high >>> 15), 0x85ebca6b);
    }
    addMixed(high, low, sample);
  }
}

/** As `countWords`, by a kernel, which leaves out what a sample would: nearly all of many values. */
function countInt64s({ data }: FixedColumn, rowCount: number, sample: DistinctSample): void {
  sampleInt64Keys(data.subarray(0, 8 * rowCount), sample.mask, (words, keys) => {
    sample.addSome(keys, words);
    return sample.mask;
  });
}

/** Words at a time: most values are numbers and vectors. */
function countWords({ data, width, validity }: FixedColumn, rowCount: number, sample: DistinctSample): void {
  const perRow = width / 4;
  const words = new Uint32Array(data.buffer, data.byteOffset, rowCount * perRow);
  for (let row = 0, at = 0; row < rowCount; row++) {
    let [high, low] = [SEED_HIGH, SEED_LOW];
    for (const end = at + perRow; at < end; at++) {
      const word = words[at];
      high = Math.imul(high ^ word, 0x9e3779b1);
      high ^= high >>> 15;
      low = Math.imul((low + word) ^ high, 0x85ebca6b);
    }
    if (validity?.[row] !== 0) addMixed(high, low, sample);
  }
}

/** The last steps of MurmurHash3's words, so that every bit of both depends on every value bit. */
function addMixed(high: number, low: number, sample: DistinctSample): void {
  let [h, l] = [high ^ (low >>> 16), low ^ (high >>> 13)];
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  l = Math.imul(l ^ (l >>> 16), 0xc2b2ae35);
  l = Math.imul(l ^ (l >>> 13), 0x85ebca6b);
  sample.add((h ^ (h >>> 16)) >>> 0, (l ^ (l >>> 16)) >>> 0);
}
