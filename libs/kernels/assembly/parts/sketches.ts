// Sketches of vectors: a byte a number, and how far from the vector that is. What the bytes say of a distance is right by that
// much, so that most rows need no look at their vectors. Behind the bytes, to a multiple of 16, stand four words. What relaxed
// instructions make of numbers that are none differs between machines, but the error of such a sketch is then none, too.

/** Float: what a byte's one is worth. */
const SCALE: usize = 0;
/** Float: how far the sketch is from its vector, at most. */
const ERROR: usize = 4;
/** Float: length of the vector. */
const LENGTH: usize = 8;
/** Integer: sum of the squares of the bytes. */
const SQUARES: usize = 12;
const WORDS: usize = 16;

/** Greater than what rounding to float changes, however small the number. */
const LEAST_ERROR: f64 = 1e-37;
/** Greater than what rounding changes: of floats, and of sums of squares in doubles. */
const FLOAT_STEP: f64 = 1e-6;
const SQUARES_STEP: f64 = 1e-11;

function bytesOf(dim: i32): usize {
  return <usize>((dim + 15) & ~15);
}

/** Four floats of a row, zero behind the last one. */
function four(row: usize, at: i32, dim: i32): v128 {
  const floats = v128.load(row + ((<usize>at) << 2));
  if (dim - at >= 4) return floats;
  return v128.and(floats, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(dim - at)));
}

/** The greatest of a row, without signs. */
function peakOf(row: usize, dim: i32): f32 {
  let peak = f32x4.splat(0);
  for (let at = 0; at < dim; at += 4) peak = f32x4.relaxed_max(peak, f32x4.abs(four(row, at, dim)));
  const left = max(f32x4.extract_lane(peak, 0), f32x4.extract_lane(peak, 1));
  return max(left, max(f32x4.extract_lane(peak, 2), f32x4.extract_lane(peak, 3)));
}

function sum(left: v128, right: v128): f64 {
  const first = f64x2.extract_lane(left, 0) + f64x2.extract_lane(left, 1);
  return first + (f64x2.extract_lane(right, 0) + f64x2.extract_lane(right, 1));
}

function squareAdded(to: v128, values: v128): v128 {
  return f64x2.add(to, f64x2.mul(values, values));
}

function upper(v: v128): v128 {
  return i64x2.shuffle(v, v, 1, 0);
}

/** Sketches of `rowCount` rows of `dim` floats. 16 bytes behind the rows may be read. */
export function sketchRows(rows: usize, rowCount: i32, dim: i32, out: usize): void {
  const width = bytesOf(dim);
  for (let r = 0; r < rowCount; r++, rows += (<usize>dim) << 2, out += width + WORDS) {
    v128.store(out + width - 16, i32x4.splat(0));
    sketchRow(rows, dim, out, out + width);
  }
}

function sketchRow(row: usize, dim: i32, out: usize, words: usize): void {
  const scale: f32 = peakOf(row, dim) / 127;
  const inverse = f32x4.splat(scale > 0 ? 1 / scale : 0);
  const worth = f64x2.splat(<f64>scale);
  let e0 = f64x2.splat(0);
  let e1 = e0;
  let l0 = e0;
  let l1 = e0;
  let squares = i32x4.splat(0);
  for (let at = 0; at < dim; at += 4) {
    const floats = four(row, at, dim);
    const whole = i32x4.relaxed_trunc_f32x4_s(f32x4.nearest(f32x4.mul(floats, inverse)));
    const halves = i16x8.narrow_i32x4_s(whole, whole);
    const bytes = i8x16.narrow_i16x8_s(halves, halves);
    v128.store32_lane(out + <usize>at, bytes, 0);
    const kept = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(bytes));
    squares = i32x4.add(squares, i32x4.mul(kept, kept));
    const low = f64x2.promote_low_f32x4(floats);
    const high = f64x2.promote_low_f32x4(upper(floats));
    e0 = squareAdded(e0, f64x2.sub(low, f64x2.mul(f64x2.convert_low_i32x4_s(kept), worth)));
    e1 = squareAdded(e1, f64x2.sub(high, f64x2.mul(f64x2.convert_low_i32x4_s(upper(kept)), worth)));
    l0 = squareAdded(l0, low);
    l1 = squareAdded(l1, high);
  }
  store<f32>(words, scale, SCALE);
  store<f32>(words, <f32>(Math.sqrt(sum(e0, e1)) * (1 + FLOAT_STEP) + LEAST_ERROR), ERROR);
  store<f32>(words, <f32>Math.sqrt(sum(l0, l1)), LENGTH);
  store<i32>(words, ofLanes(squares), SQUARES);
}

function ofLanes(sums: v128): i32 {
  const left = i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1);
  return left + (i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3));
}

/** The product of a query (16 bits a number) and a sketch: exact, as the query's numbers leave room for it. */
function product(query: usize, row: usize, width: usize): f64 {
  let left = i32x4.splat(0);
  let right = left;
  for (let at: usize = 0; at < width; at += 16) {
    const q = query + (at << 1);
    left = i32x4.add(left, i32x4.dot_i16x8_s(v128.load8x8_s(row + at), v128.load(q)));
    right = i32x4.add(right, i32x4.dot_i16x8_s(v128.load8x8_s(row + at, 8), v128.load(q, 16)));
  }
  return <f64>ofLanes(i32x4.add(left, right));
}

/**
 * Places of the sketches whose vectors may be as near to the query as `radius`, to `out`: two sketches are no farther from each
 * other than their vectors and both their errors.
 * @param scale of the query's numbers, whose squares add up to `squares`; its own error is part of `radius`
 * @returns how many
 */
export function nearRows(
  query: usize,
  rows: usize,
  rowCount: i32,
  dim: i32,
  out: usize,
  scale: f64,
  squares: f64,
  radius: f64,
): i32 {
  const width = bytesOf(dim);
  let found = 0;
  for (let r = 0; r < rowCount; r++, rows += width + WORDS) {
    const words = rows + width;
    const worth = <f64>load<f32>(words, SCALE);
    const both = squares + worth * worth * <f64>load<i32>(words, SQUARES);
    const distance = both * (1 - SQUARES_STEP) - 2 * scale * worth * product(query, rows, width);
    const reach = radius + <f64>load<f32>(words, ERROR);
    store<i32>(out + ((<usize>found) << 2), r);
    // What is compared with NaN is near.
    found += i32(!(distance > reach * reach));
  }
  return found;
}

/**
 * The same of products: `least` and for each one of the vector's length `leastOfLength` are what one has to reach.
 * @param length of the query
 * @param error of the query and of sums, for each one of a vector's length
 */
export function alikeRows(
  query: usize,
  rows: usize,
  rowCount: i32,
  dim: i32,
  out: usize,
  scale: f64,
  length: f64,
  error: f64,
  least: f64,
  leastOfLength: f64,
): i32 {
  const width = bytesOf(dim);
  let found = 0;
  for (let r = 0; r < rowCount; r++, rows += width + WORDS) {
    const words = rows + width;
    const lengthOfRow = <f64>load<f32>(words, LENGTH);
    const errorOfRow = <f64>load<f32>(words, ERROR);
    const known = scale * <f64>load<f32>(words, SCALE) * product(query, rows, width);
    const greatest = known + length * errorOfRow + error * (lengthOfRow + errorOfRow);
    store<i32>(out + ((<usize>found) << 2), r);
    found += i32(!(greatest < least + leastOfLength * lengthOfRow));
  }
  return found;
}
