import { type SketchedQuery, VectorSketches } from "./vector-sketches.ts";

/** What a query and a row may give: not less than the first, not more than the second. */
export type ScoreRange = readonly [least: number, most: number];

/** What is known of a row without a sketch. */
export const ANY_SCORE: ScoreRange = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

/** Words of a sketch behind its bytes, as libs/kernels/assembly/parts/sketches.ts has them. */
const WORDS_BYTES = 16;
/** Greater than what rounding changes: of sums of doubles, and of lengths that are floats. */
const STEP = 1e-9;
const FLOAT_STEP = 1e-6;
/** Of lengths below it floats have fewer bits. */
const LEAST_LENGTH = 1e-30;

/** Between which numbers the squared distance of a query to a row lies. @param row of which `sketches` has the sketch */
export function sketchedDistance(query: SketchedQuery, sketches: Uint8Array, row: number): ScoreRange {
  const sketch = sketchAt(query, sketches, row);
  let squares = 0;
  for (let i = 0; i < query.codes.length; i++)
    squares += (query.codes[i] * query.scale - sketch.codes[i] * sketch.scale) ** 2;
  const distance = Math.sqrt(squares);
  const error = query.error + sketch.error;
  const least = Math.max(0, distance * (1 - STEP) - error) * (1 - STEP);
  const most = (distance * (1 + STEP) + error) * (1 + STEP);
  return known(least ** 2, most ** 2);
}

/** As `sketchedDistance`, of the product. */
export function sketchedProduct(query: SketchedQuery, sketches: Uint8Array, row: number): ScoreRange {
  const { product, error } = productOf(query, sketchAt(query, sketches, row));
  return known(product - error, product + error);
}

/** As `sketchedDistance`, of the cosine. */
export function sketchedCosine(query: SketchedQuery, sketches: Uint8Array, row: number): ScoreRange {
  const sketch = sketchAt(query, sketches, row);
  if (!(query.length > LEAST_LENGTH && sketch.length > LEAST_LENGTH)) return ANY_SCORE;
  const { product, error } = productOf(query, sketch);
  const lengths = query.length * sketch.length;
  const [least, most] = [(product - error) / lengths, (product + error) / lengths];
  return known(least - Math.abs(least) * FLOAT_STEP, most + Math.abs(most) * FLOAT_STEP);
}

/** Of what is no number, nothing is known. */
function known(least: number, most: number): ScoreRange {
  return Number.isFinite(least) && Number.isFinite(most) ? [least, most] : ANY_SCORE;
}

interface Sketch {
  readonly codes: Int8Array;
  readonly scale: number;
  readonly error: number;
  readonly length: number;
}

function sketchAt({ codes }: SketchedQuery, { buffer, byteOffset }: Uint8Array, row: number): Sketch {
  const at = byteOffset + row * VectorSketches.widthOf(codes.length);
  const words = new DataView(buffer, at + codes.length, WORDS_BYTES);
  const [scale, error, length] = [0, 4, 8].map((word) => words.getFloat32(word, true));
  return { codes: new Int8Array(buffer, at, codes.length), scale, error, length };
}

/** Of what the sketches stand for, and how far from it the vectors' own may be. */
function productOf(query: SketchedQuery, sketch: Sketch): { readonly product: number; readonly error: number } {
  let codes = 0;
  for (let i = 0; i < query.codes.length; i++) codes += query.codes[i] * sketch.codes[i];
  const perLength = query.error * (1 + FLOAT_STEP) + STEP * query.length;
  const error = query.length * sketch.error + perLength * (sketch.length + sketch.error);
  return { product: query.scale * sketch.scale * codes, error };
}
