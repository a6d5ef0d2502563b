// Which remainders lie in an interval: of 32 bits four at a time, in whole numbers; of more bits two at a time, in doubles. Quotients
// are one off at most.

/** The greatest that 32 bits hold and that a number below 2^32, times it, divided by 2^32, is its quotient or one less. */
function inverseOf(divisor: f64): v128 {
  return i32x4.splat(<i32>min<i64>(4294967296 / <i64>divisor, 0xffff_ffff));
}

/** Of 32 bits without signs, from 0 up to `divisor`, exclusive. @param inverse as `inverseOf` has it */
function rest32(value: v128, inverse: v128, divisor: v128): v128 {
  const first = i64x2.extmul_low_i32x4_u(value, inverse);
  const second = i64x2.extmul_high_i32x4_u(value, inverse);
  const near = i32x4.sub(value, i32x4.mul(i32x4.shuffle(first, second, 1, 3, 5, 7), divisor));
  // Below 0 is more than any.
  return i32x4.min_u(near, i32x4.sub(near, divisor));
}

/** From 0 up to `divisor`, exclusive. @param value a whole number below 2^53 */
function rest(value: v128, inverse: v128, divisor: v128): v128 {
  const near = f64x2.sub(value, f64x2.mul(f64x2.floor(f64x2.mul(value, inverse)), divisor));
  const above = f64x2.add(near, v128.and(divisor, f64x2.lt(near, f64x2.splat(0))));
  return f64x2.sub(above, v128.and(divisor, f64x2.ge(above, divisor)));
}

/** Minus the numbers whose `signs` are all ones: of what is negative the remainder is not positive. */
function signed(rest: v128, signs: v128): v128 {
  return i32x4.sub(v128.xor(rest, signs), signs);
}

/** Bits of the numbers of 32 bits from `least` to `most`. */
function within32(value: v128, least: v128, most: v128): i32 {
  return i32x4.bitmask(v128.and(i32x4.ge_s(value, least), i32x4.le_s(value, most)));
}

/**
 * Places, from `first` on, of the integers whose remainder lies from `low` to `high`, both included, to `out`; with `mask` all ones
 * of the others. 12 bytes behind the integers may be read.
 * @param divisor whole, positive @param low whole, of 32 bits, as `high` @returns how many
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
  const by = i32x4.splat(<i32>divisor);
  const inverse = inverseOf(divisor);
  const least = i32x4.splat(<i32>low);
  const most = i32x4.splat(<i32>high);
  let end = out;
  for (let i = 0; i < count; i += 4, values += 16) {
    const value = v128.load(values);
    const signs = i32x4.shr_s(value, 31);
    let bits = within32(signed(rest32(i32x4.abs(value), inverse, by), signs), least, most) ^ mask;
    bits &= (1 << min(count - i, 4)) - 1;
    for (; bits !== 0; bits &= bits - 1, end += 4) store<i32>(end, first + i + ctz(bits));
  }
  return <i32>((end - out) >> 2);
}

/**
 * The same of 64 bits: where the higher 32 are anything, they are taken modulo first. 24 bytes behind the integers may be read.
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
  const by = i32x4.splat(<i32>divisor);
  const inverse = inverseOf(divisor);
  const inDoubles = f64x2.splat(divisor);
  const inverseInDoubles = f64x2.splat(1 / divisor);
  const factor = f64x2.splat(<f64>(<i64>4294967296 % <i64>divisor));
  const least = i32x4.splat(<i32>low);
  const most = i32x4.splat(<i32>high);
  let end = out;
  for (let i = 0; i < count; i += 4, values += 32) {
    let a = v128.load(values);
    let b = v128.load(values, 16);
    const signs = i32x4.shr_s(highs(a, b), 31);
    let remainder: v128;
    if (v128.any_true(highs(a, b))) {
      a = i64x2.abs(a);
      b = i64x2.abs(b);
      const upper = rest32(highs(a, b), inverse, by);
      const lower = lows(a, b);
      const pair = restOfBoth(lower, upper, factor, inDoubles, inverseInDoubles);
      const other = restOfBoth(upperHalf(lower), upperHalf(upper), factor, inDoubles, inverseInDoubles);
      remainder = signed(i64x2.shuffle(pair, other, 0, 2), signs);
    } else remainder = rest32(lows(a, b), inverse, by);
    let bits = (within32(remainder, least, most) ^ mask) & ((1 << min(count - i, 4)) - 1);
    for (; bits !== 0; bits &= bits - 1, end += 4) store<i32>(end, first + i + ctz(bits));
  }
  return <i32>((end - out) >> 2);
}

function lows(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 0, 2, 4, 6);
}

function highs(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 1, 3, 5, 7);
}

function upperHalf(numbers: v128): v128 {
  return i64x2.shuffle(numbers, numbers, 1, 0);
}

/** Of two integers. @param lower their lower 32 bits @param upper remainders of the higher ones, each worth `factor` */
function restOfBoth(lower: v128, upper: v128, factor: v128, divisor: v128, inverse: v128): v128 {
  const value = f64x2.add(f64x2.convert_low_i32x4_u(lower), f64x2.mul(f64x2.convert_low_i32x4_u(upper), factor));
  return i32x4.trunc_sat_f64x2_s_zero(rest(value, inverse, divisor));
}
