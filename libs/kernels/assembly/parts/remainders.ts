// Which remainders lie in an interval, two at a time, in doubles: quotients of what they hold exactly are one off at most.

/** From 0 up to `divisor`, exclusive. @param value a whole number below 2^53 */
function rest(value: v128, inverse: v128, divisor: v128): v128 {
  const near = f64x2.sub(value, f64x2.mul(f64x2.floor(f64x2.mul(value, inverse)), divisor));
  const above = f64x2.add(near, v128.and(divisor, f64x2.lt(near, f64x2.splat(0))));
  return f64x2.sub(above, v128.and(divisor, f64x2.ge(above, divisor)));
}

/** Of what is negative the remainder is not positive. */
function signed(rest: v128, divisor: v128, isNegative: v128): v128 {
  return f64x2.sub(rest, v128.and(divisor, v128.and(isNegative, f64x2.gt(rest, f64x2.splat(0)))));
}

function places(inside: v128, mask: i32, left: i32): i32 {
  return (i64x2.bitmask(inside) ^ mask) & (left < 2 ? 1 : 3);
}

function within(value: v128, low: v128, high: v128): v128 {
  return v128.and(f64x2.ge(value, low), f64x2.le(value, high));
}

/**
 * Places, from `first` on, of the integers whose remainder lies from `low` to `high`, both included, to `out`; with `mask` all ones
 * of the others. 8 bytes behind the integers may be read.
 * @param divisor positive @returns how many
 */
export function int32RemaindersWithin(
  values: usize,
  count: i32,
  divisor: f64,
  low: f64,
  high: f64,
  mask: i32,
  first: i32,
  out: usize,
): i32 {
  const by = f64x2.splat(divisor);
  const inverse = f64x2.splat(1 / divisor);
  const least = f64x2.splat(low);
  const most = f64x2.splat(high);
  let end = out;
  for (let i = 0; i < count; i += 2, values += 8) {
    const value = f64x2.convert_low_i32x4_s(v128.load64_zero(values));
    const remainder = signed(rest(value, inverse, by), by, f64x2.lt(value, f64x2.splat(0)));
    let bits = places(within(remainder, least, most), mask, count - i);
    for (; bits !== 0; bits &= bits - 1, end += 4) store<i32>(end, first + i + ctz(bits));
  }
  return <i32>((end - out) >> 2);
}

/**
 * The same of 64 bits: the higher 32 are taken modulo first. 16 bytes behind the integers may be read.
 * @param divisor below 2^26, so that the product of two remainders, plus 32 bits, is exact
 */
export function int64RemaindersWithin(
  values: usize,
  count: i32,
  divisor: f64,
  low: f64,
  high: f64,
  mask: i32,
  first: i32,
  out: usize,
): i32 {
  const by = f64x2.splat(divisor);
  const inverse = f64x2.splat(1 / divisor);
  const factor = f64x2.splat(<f64>(<i64>4294967296 % <i64>divisor));
  const least = f64x2.splat(low);
  const most = f64x2.splat(high);
  let end = out;
  for (let i = 0; i < count; i += 2, values += 16) {
    const pair = v128.load(values);
    const highs = i32x4.shuffle(pair, pair, 1, 3, 1, 3);
    let value = f64x2.convert_low_i32x4_u(i32x4.shuffle(pair, pair, 0, 2, 0, 2));
    let remainder: v128;
    // Keys are rarely more than 32 bits.
    if (v128.any_true(highs)) {
      const high = f64x2.convert_low_i32x4_s(highs);
      value = f64x2.add(value, f64x2.mul(rest(high, inverse, by), factor));
      remainder = signed(rest(value, inverse, by), by, f64x2.lt(high, f64x2.splat(0)));
    } else remainder = rest(value, inverse, by);
    let bits = places(within(remainder, least, most), mask, count - i);
    for (; bits !== 0; bits &= bits - 1, end += 4) store<i32>(end, first + i + ctz(bits));
  }
  return <i32>((end - out) >> 2);
}
