import { CONSTANTS, LEFT_OUT, ONES, ORDERS, SCALES } from "./float-tables";
import { scanFloat } from "./one-float";

/** How many blanks stand at `at`, up to one. */
function blanksAt(at: usize): usize {
  return <usize>(load<u8>(at) === 32);
}

/** What stands in front of a number with so many blanks: one, or the comma. */
function byteBefore(blanks: usize): u32 {
  return 44 - 12 * <u32>blanks;
}

function isMinus(at: usize): u32 {
  return <u32>(load<u8>(at) === 45);
}

/** Any number behind a comma and a blank at most, as `scanFloat`. */
export function scanBehind(at: usize, out: usize): usize {
  return scanFloat(at + blanksAt(at), out);
}

/** The first `count` of sixteen bytes, others as zeros; of those behind them, when `skipped` is 16. */
function taken(bytes: v128, count: u32, skipped: u32 = 0): v128 {
  return v128.and(bytes, v128.load(ONES + 32 + skipped - count));
}

/** Twice sixteen digits, as numbers of eight. */
function eightsOf(a: v128, b: v128, tens: v128, hundreds: v128, tenThousands: v128): v128 {
  // No sum leaves seven bits, where the relaxed instruction is the same on all processors.
  const foursA = i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(a, tens), hundreds);
  const foursB = i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(b, tens), hundreds);
  return i32x4.dot_i16x8_s(i16x8.narrow_i32x4_u(foursA, foursB), tenThousands);
}

/** The number of sixteen digits that two of eight make, twice. */
function sixteensOf(eights: v128, upper: v128): v128 {
  const first = f64x2.convert_low_i32x4_s(i32x4.shuffle(eights, eights, 0, 2, 0, 2));
  const second = f64x2.convert_low_i32x4_s(i32x4.shuffle(eights, eights, 1, 3, 1, 3));
  return f64x2.add(f64x2.mul(first, upper), second);
}

/** Two doubles as float32. */
function floatsOf(values: v128): u64 {
  return i64x2.extract_lane(f32x4.demote_f64x2_zero(values), 0);
}

/** Not 0 where one of the bytes is greater than nine. */
function beyond(bytes: v128, nines: v128): u64 {
  return <u64>v128.any_true(i8x16.sub_sat_u(bytes, nines));
}

/** Not 0 for a number that is none of 0 to 9. */
function beyondNine(number: u32): u32 {
  return (number | (number + 6)) >> 4;
}

/** Not 0 for a length that is none of 1 to 32. */
function isOddLength(length: u32): u32 {
  return (length - 1) >> 5;
}

/**
 * Pairs of numbers of a digit, a point and digits, which is what most vectors have, as far as they are such; answers the place of the
 * commas of the first pair that is none. They are made of whatever bytes there are; what is wrong with these is asked at the end, all
 * at once.
 * @param place of the first pair's commas, and `last` behind those of the last
 * @param from behind the comma in front of them
 */
export function plainPairs(place: usize, last: usize, from: usize, out: usize): usize {
  // In registers: the engine would make each of them anew at each use.
  const zeros = v128.load(CONSTANTS, 16);
  const nines = v128.load(CONSTANTS, 32);
  const tens = v128.load(CONSTANTS, 48);
  const hundreds = v128.load(CONSTANTS, 64);
  const tenThousands = v128.load(CONSTANTS, 80);
  const upper = v128.load(CONSTANTS, 96);
  const sixteenth = v128.load(CONSTANTS, 112);
  const low = v128.load(CONSTANTS, 128);
  const high = v128.load(CONSTANTS, 144);
  const blanks = blanksAt(from);
  const before = byteBefore(blanks);
  let start = from + blanks;
  for (; place < last; place += 8, out += 8) {
    const a = <usize>load<u32>(place);
    const b = <usize>load<u32>(place, 4);
    const second = a + 1 + blanks;
    const minusA = isMinus(start);
    const minusB = isMinus(second);
    const atA = start + minusA;
    const atB = second + minusB;
    const wholeA = <u32>load<u16>(atA) - 0x2e30;
    const wholeB = <u32>load<u16>(atB) - 0x2e30;
    const lengthA = <u32>(a - atA - 2);
    const lengthB = <u32>(b - atB - 2);
    const digitsA = taken(i8x16.sub(v128.load(atA, 2), zeros), lengthA);
    const digitsB = taken(i8x16.sub(v128.load(atB, 2), zeros), lengthB);
    const furtherA = taken(i8x16.sub(v128.load(atA, 18), zeros), lengthA, 16);
    const furtherB = taken(i8x16.sub(v128.load(atB, 18), zeros), lengthB, 16);
    const bytes = i8x16.max_u(i8x16.max_u(digitsA, digitsB), i8x16.max_u(furtherA, furtherB));
    const fraction = sixteensOf(eightsOf(digitsA, digitsB, tens, hundreds, tenThousands), upper);
    const whole = f64x2.convert_low_i32x4_s(i32x4.replace_lane(i32x4.splat(wholeA), 1, wholeB));
    const value = f64x2.add(f64x2.mul(fraction, sixteenth), whole);
    const leftOut = f64x2.splat(load<f64>(LEFT_OUT + ((lengthA | lengthB) << 3)));
    const floats = floatsOf(f64x2.mul(value, low));
    const others = floatsOf(f64x2.add(f64x2.mul(value, high), leftOut));
    const gaps = (<u32>load<u8>(start - 1) ^ before) | (<u32>load<u8>(second - 1) ^ before);
    const lengths = isOddLength(lengthA) | isOddLength(lengthB);
    const odd = gaps | lengths | beyondNine(wholeA) | beyondNine(wholeB);
    if (<u64>odd | (floats ^ others) | beyond(bytes, nines)) return place;
    store<u64>(out, floats | ((<u64>minusA) << 31) | ((<u64>minusB) << 63));
    start = b + 1 + blanks;
  }
  return last;
}

/** Not 0 where the byte behind `whole` digits is no point, nor a comma behind them all, or where they begin with a needless zero. */
function isOddHead(at: usize, length: u32, whole: u32): u32 {
  const mark = <u32>load<u8>(at + whole) ^ (44 + 2 * <u32>(whole < length));
  const isPadded = <u32>(load<u8>(at) === 48) & <u32>(whole > 1);
  return mark | isPadded | ((whole - 1) >> 4) | <u32>(length - whole === 1) | isOddLength(length);
}

/** Sixteen digits, the point between them taken out. */
function withoutPoint(text: v128, whole: u32): v128 {
  return i8x16.relaxed_swizzle(text, v128.load(ORDERS + (whole << 4)));
}

/** The same of any numbers; false where one of them is none, or takes an exact look. */
export function anyPairs(place: usize, last: usize, from: usize, out: usize): bool {
  const zeros = v128.load(CONSTANTS, 16);
  const nines = v128.load(CONSTANTS, 32);
  const tens = v128.load(CONSTANTS, 48);
  const hundreds = v128.load(CONSTANTS, 64);
  const tenThousands = v128.load(CONSTANTS, 80);
  const upper = v128.load(CONSTANTS, 96);
  const low = v128.load(CONSTANTS, 128);
  const high = v128.load(CONSTANTS, 144);
  const blanks = blanksAt(from);
  const before = byteBefore(blanks);
  let start = from + blanks;
  for (; place < last; place += 8, out += 8) {
    const a = <usize>load<u32>(place);
    const b = <usize>load<u32>(place, 4);
    const second = a + 1 + blanks;
    const minusA = isMinus(start);
    const minusB = isMinus(second);
    const atA = start + minusA;
    const atB = second + minusB;
    const lengthA = <u32>(a - atA);
    const lengthB = <u32>(b - atB);
    const textA = i8x16.sub(v128.load(atA), zeros);
    const textB = i8x16.sub(v128.load(atB), zeros);
    const wholeA = <u32>ctz(i8x16.bitmask(i8x16.ne(i8x16.max_u(textA, nines), nines)));
    const wholeB = <u32>ctz(i8x16.bitmask(i8x16.ne(i8x16.max_u(textB, nines), nines)));
    const countA = lengthA - <u32>(wholeA < lengthA);
    const countB = lengthB - <u32>(wholeB < lengthB);
    const digitsA = taken(withoutPoint(textA, wholeA), countA);
    const digitsB = taken(withoutPoint(textB, wholeB), countB);
    const furtherA = taken(i8x16.sub(v128.load(atA, 16), zeros), lengthA, 16);
    const furtherB = taken(i8x16.sub(v128.load(atB, 16), zeros), lengthB, 16);
    const bytes = i8x16.max_u(i8x16.max_u(digitsA, digitsB), i8x16.max_u(furtherA, furtherB));
    const mantissa = sixteensOf(eightsOf(digitsA, digitsB, tens, hundreds, tenThousands), upper);
    const scaleA = f64x2.splat(load<f64>(SCALES + (wholeA << 3)));
    const scale = f64x2.replace_lane(scaleA, 1, load<f64>(SCALES + (wholeB << 3)));
    const leftOut = f64x2.splat(load<f64>(LEFT_OUT + ((countA | countB) << 3), 512));
    const floats = floatsOf(f64x2.mul(f64x2.mul(mantissa, low), scale));
    const others = floatsOf(f64x2.mul(f64x2.add(f64x2.mul(mantissa, high), leftOut), scale));
    const gaps = (<u32>load<u8>(start - 1) ^ before) | (<u32>load<u8>(second - 1) ^ before);
    const odd = gaps | isOddHead(atA, lengthA, wholeA) | isOddHead(atB, lengthB, wholeB);
    if ((<u64>odd | (floats ^ others) | beyond(bytes, nines)) === 0)
      store<u64>(out, floats | ((<u64>minusA) << 31) | ((<u64>minusB) << 63));
    else if (scanBehind(start - blanks, out) !== a || scanBehind(a + 1, out + 4) !== b) return false;
    start = b + 1 + blanks;
  }
  return true;
}
