// AssemblyScript, compiled by scripts/codegen.mjs: how far vectors are from each other. Sums are doubles, in the order of the
// TypeScript twin (vector-distances.ts), so that both give the same bits. Rows are taken two at a time: their sums do not wait
// for each other.

export { alikeRows, nearRows, sketchRows } from "./parts/sketches";

function low(floats: v128): v128 {
  return f64x2.promote_low_f32x4(floats);
}

function high(floats: v128): v128 {
  return f64x2.promote_low_f32x4(i64x2.shuffle(floats, floats, 1, 0));
}

/** The four sums of a row: of the places 0, 1, 2, 3 of each group of four. */
function total(even: v128, odd: v128): f64 {
  const left = f64x2.extract_lane(even, 0) + f64x2.extract_lane(even, 1);
  return left + (f64x2.extract_lane(odd, 0) + f64x2.extract_lane(odd, 1));
}

// What is summed is a type, since the compiler makes a function of its own for each: nothing is decided in a loop.
type Differences = i32;
type Products = f32;

/** A sum with what two places of a query and a row add to it. */
function plus<Kind>(sum: v128, query: usize, row: v128): v128 {
  const wanted = v128.load(query);
  if (!isInteger<Kind>()) return f64x2.add(sum, f64x2.mul(wanted, row));
  const difference = f64x2.sub(wanted, row);
  return f64x2.add(sum, f64x2.mul(difference, difference));
}

/** The first sum, with what the places behind the last group of four add to it. */
function plusRest<Kind>(sum: v128, query: usize, row: usize, from: i32, dim: i32): v128 {
  let first = f64x2.extract_lane(sum, 0);
  for (let i = from; i < dim; i++) {
    const wanted = load<f64>(query + ((<usize>i) << 3));
    const value = <f64>load<f32>(row + ((<usize>i) << 2));
    first += isInteger<Kind>() ? (wanted - value) * (wanted - value) : wanted * value;
  }
  return f64x2.replace_lane(sum, 0, first);
}

function compare<Kind>(query: usize, rows: usize, rowCount: i32, dim: i32, out: usize): void {
  const width = (<usize>dim) << 2;
  const even = dim & ~3;
  const end = (<usize>even) << 2;
  for (let r = 0; r < rowCount; r += 2, rows += width << 1, out += 16) {
    const next = rows + width;
    let a0 = f64x2.splat(0);
    let a1 = a0;
    let b0 = a0;
    let b1 = a0;
    for (let at: usize = 0, q = query; at < end; at += 16, q += 32) {
      const a = v128.load(rows + at);
      const b = v128.load(next + at);
      a0 = plus<Kind>(a0, q, low(a));
      a1 = plus<Kind>(a1, q + 16, high(a));
      b0 = plus<Kind>(b0, q, low(b));
      b1 = plus<Kind>(b1, q + 16, high(b));
    }
    if (even !== dim) {
      a0 = plusRest<Kind>(a0, query, rows, even, dim);
      b0 = plusRest<Kind>(b0, query, next, even, dim);
    }
    store<f64>(out, total(a0, a1));
    store<f64>(out + 8, total(b0, b1));
  }
}

/**
 * Squared distances of one query (`dim` doubles) to `rowCount` rows (`dim` floats each), to `out` as doubles. An even number of
 * rows is read and answered: there is room for one more.
 */
export function squaredDistances(query: usize, rows: usize, rowCount: i32, dim: i32, out: usize): void {
  compare<Differences>(query, rows, rowCount, dim, out);
}

/** Inner products, as `squaredDistances`. */
export function products(query: usize, rows: usize, rowCount: i32, dim: i32, out: usize): void {
  compare<Products>(query, rows, rowCount, dim, out);
}

/** Products of each row with itself. */
export function squaredNorms(rows: usize, rowCount: i32, dim: i32, out: usize): void {
  const width = (<usize>dim) << 2;
  const even = dim & ~3;
  for (let r = 0; r < rowCount; r++, rows += width, out += 8) {
    let s0 = f64x2.splat(0),
      s1 = s0;
    for (let at: usize = 0, end = (<usize>even) << 2; at < end; at += 16) {
      const a = v128.load(rows + at);
      const a0 = low(a),
        a1 = high(a);
      s0 = f64x2.add(s0, f64x2.mul(a0, a0));
      s1 = f64x2.add(s1, f64x2.mul(a1, a1));
    }
    let first = f64x2.extract_lane(s0, 0);
    for (let i = even; i < dim; i++) {
      const value = <f64>load<f32>(rows + ((<usize>i) << 2));
      first += value * value;
    }
    store<f64>(out, total(f64x2.replace_lane(s0, 0, first), s1));
  }
}

/** Copies the rows of `width` bytes that a list of `count` numbers names, one after the other. Some bytes behind them are written. */
export function gatherRows(rows: usize, list: usize, count: i32, width: usize, out: usize): void {
  for (const end = list + ((<usize>count) << 2); list < end; list += 4, out += width) {
    const from = rows + <usize>load<u32>(list) * width;
    for (let at: usize = 0; at < width; at += 16) v128.store(out + at, v128.load(from + at));
  }
}

/** bfloat16 to float32: the upper halves. */
export function widenBFloat16(from: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i += 4, from += 8, out += 16)
    v128.store(out, i32x4.shl(i32x4.extend_low_i16x8_u(v128.load64_zero(from)), 16));
}

export function widenInt8(from: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i += 4, from += 4, out += 16) {
    const words = i16x8.extend_low_i8x16_s(v128.load32_zero(from));
    v128.store(out, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(words)));
  }
}

/**
 * float16 to float32. The bits of exponent and fraction, moved to their places, are the number times 2^-112, for subnormals too;
 * an exponent of all ones stays one.
 */
export function widenFloat16(from: usize, count: i32, out: usize): void {
  const scale = f32x4.splat(reinterpret<f32>(0x77800000)); // 2^112
  const infinite = i32x4.splat(0x7f800000);
  for (let i = 0; i < count; i += 4, from += 8, out += 16) {
    const half = i32x4.extend_low_i16x8_u(v128.load64_zero(from));
    const sign = i32x4.shl(v128.and(half, i32x4.splat(0x8000)), 16);
    const bits = i32x4.shl(v128.and(half, i32x4.splat(0x7fff)), 13);
    const special = i32x4.ge_s(v128.and(half, i32x4.splat(0x7c00)), i32x4.splat(0x7c00));
    const value = v128.bitselect(v128.or(bits, infinite), f32x4.mul(bits, scale), special);
    v128.store(out, v128.or(value, sign));
  }
}

function onesOf(bits: v128): i32 {
  const pairs = i16x8.extadd_pairwise_i8x16_u(i8x16.popcnt(bits));
  const sums = i32x4.extadd_pairwise_i16x8_u(pairs);
  const left = i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1);
  return left + (i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3));
}

/** The 16 bytes at a place, without those behind the end. */
function bytesAt(at: usize, left: i32): v128 {
  const bytes = v128.load(at);
  if (left >= 16) return bytes;
  const places = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return v128.and(bytes, i8x16.lt_s(places, i8x16.splat(<i8>left)));
}

/** Bits in which `width` bytes of a query and of each row differ. 16 bytes behind both may be read. */
export function hammingDistances(query: usize, rows: usize, rowCount: i32, width: i32, out: usize): void {
  for (let r = 0; r < rowCount; r++, rows += <usize>width, out += 8) {
    let differing = 0;
    for (let i = 0; i < width; i += 16) {
      const wanted = bytesAt(query + <usize>i, width - i);
      differing += onesOf(v128.xor(wanted, bytesAt(rows + <usize>i, width - i)));
    }
    store<f64>(out, <f64>differing);
  }
}

/** One minus the share of the bits of either that both have; 1 where neither has any. */
export function jaccardDistances(query: usize, rows: usize, rowCount: i32, width: i32, out: usize): void {
  for (let r = 0; r < rowCount; r++, rows += <usize>width, out += 8) {
    let common = 0,
      either = 0;
    for (let i = 0; i < width; i += 16) {
      const wanted = bytesAt(query + <usize>i, width - i);
      const row = bytesAt(rows + <usize>i, width - i);
      common += onesOf(v128.and(wanted, row));
      either += onesOf(v128.or(wanted, row));
    }
    store<f64>(out, either === 0 ? 1.0 : 1.0 - <f64>common / <f64>either);
  }
}
