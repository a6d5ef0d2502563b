import { POWER_BIAS, POWERS } from "./float-tables";

/** Bound of the relative error of the fast value: a few roundings of digits, one table entry, one product. */
const ERROR: f64 = 2.842170943040401e-14;
const LOW: f64 = 1.0 - ERROR;
const HIGH: f64 = 1.0 + ERROR;
/** A mantissa from here on leaves 1/4 of the error to digits that are left out. */
const ENOUGH: f64 = 140737488355328.0;
/** Longer texts go the exact way. */
const MAX_LENGTH: i32 = 40;

function isDigit(byte: u32): bool {
  return byte - 48 <= 9;
}

function power(exponent: i32): f64 {
  return load<f64>(POWERS + ((<usize>(exponent + POWER_BIAS)) << 3));
}

/** Sixteen bytes, minus "0" each. */
function digitsAt(at: usize): v128 {
  return i8x16.sub(v128.load(at), i8x16.splat(48));
}

/** A bit for each byte that is no digit, the first one's the lowest. */
function nonDigits(digits: v128): u64 {
  return i8x16.bitmask(i8x16.gt_u(digits, i8x16.splat(9)));
}

/** The number that the first `count` digits make, at most 16. */
function numberOf(digits: v128, count: i32): f64 {
  // To the right end; what comes from in front of the first byte is zero.
  const places = i8x16.add(i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), i8x16.splat(<i8>(count - 16)));
  const right = i8x16.swizzle(digits, places);
  const pairs = i16x8.add(i16x8.mul(v128.and(right, i16x8.splat(0xff)), i16x8.splat(10)), i16x8.shr_u(right, 8));
  const fours = i32x4.dot_i16x8_s(pairs, i16x8(100, 1, 100, 1, 100, 1, 100, 1));
  const packed = i16x8.narrow_i32x4_u(fours, fours);
  const eights = i32x4.dot_i16x8_s(packed, i16x8(10000, 1, 10000, 1, 10000, 1, 10000, 1));
  return <f64>i32x4.extract_lane(eights, 0) * 1e8 + <f64>i32x4.extract_lane(eights, 1);
}

/** Any number that begins at `at`, to `out`; answers the position behind it. 0 where there is none, or where it takes an exact look. */
export function scanFloat(at: usize, out: usize): usize {
  let p = at;
  const isNegative = <u32>load<u8>(p) === 45;
  p += <usize>isNegative;
  const first = <u32>load<u8>(p) - 48;
  if (first > 9) return 0;
  let mantissa = <f64>first;
  let scale: i32 = 0;
  p++;
  let byte = <u32>load<u8>(p);
  if (isDigit(byte)) {
    if (first === 0) return 0;
    do {
      mantissa = mantissa * 10.0 + <f64>(byte - 48);
      byte = load<u8>(++p);
    } while (isDigit(byte));
  }
  if (byte === 46) {
    const digits = digitsAt(++p);
    const more = digitsAt(p + 16);
    const length = <i32>ctz(nonDigits(digits) | (nonDigits(more) << 16) | 0x100000000);
    if (length === 0) return 0;
    const taken = min(length, 16);
    mantissa = mantissa * power(taken) + numberOf(digits, taken);
    scale = -taken;
    // What comes behind so many digits changes the value by less than the bound allows.
    if (length > 16 && mantissa < ENOUGH) {
      mantissa = mantissa * power(length - 16) + numberOf(more, length - 16);
      scale = -length;
    }
    p += length;
    byte = load<u8>(p);
  }
  if ((byte | 0x20) === 0x65) {
    byte = load<u8>(++p);
    const isSmall = byte === 45;
    if (isSmall || byte === 43) byte = load<u8>(++p);
    if (!isDigit(byte)) return 0;
    let exponent: i32 = 0;
    do {
      exponent = exponent * 10 + <i32>(byte - 48);
      if (exponent > 200) return 0;
      byte = load<u8>(++p);
    } while (isDigit(byte));
    scale += isSmall ? -exponent : exponent;
  }
  if (<i32>(p - at) > MAX_LENGTH || scale < -POWER_BIAS || scale > POWER_BIAS) return 0;
  const value = mantissa * power(scale);
  const low = <f32>(value * LOW);
  if (low !== <f32>(value * HIGH) || low === <f32>Infinity) return 0;
  store<f32>(out, isNegative ? -low : low);
  return p;
}
