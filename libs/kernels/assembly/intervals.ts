// AssemblyScript, compiled by scripts/codegen.mjs: which numbers lie in an interval, sixteen bytes of them at a time. What is asked
// for is a type, since the compiler makes a function of its own for each.

export { int32RemaindersWithin, int64RemaindersWithin } from "./parts/remainders";

/**
 * Places, from `first` on, of the values from `low` to `high`, both included, to `out`; with `mask` all ones of the others, those
 * that are no number among them. 16 bytes behind the values may be read.
 * @returns how many
 */
function within<T, Lane>(values: usize, count: i32, low: T, high: T, mask: i32, first: i32, out: usize): i32 {
  const lanes = <i32>(16 / sizeof<T>());
  const least = v128.splat<T>(low);
  const most = v128.splat<T>(high);
  let end = out;
  for (let i = 0; i < count; i += lanes, values += 16) {
    const numbers = v128.load(values);
    const inside = v128.and(v128.ge<T>(numbers, least), v128.le<T>(numbers, most));
    let bits = v128.bitmask<Lane>(inside) ^ mask;
    bits &= (1 << min(count - i, lanes)) - 1;
    for (; bits !== 0; bits &= bits - 1, end += 4) store<i32>(end, first + i + ctz(bits));
  }
  return <i32>((end - out) >> 2);
}

export function int8sWithin(at: usize, count: i32, low: i32, high: i32, mask: i32, first: i32, out: usize): i32 {
  return within<i8, i8>(at, count, <i8>low, <i8>high, mask, first, out);
}

export function int16sWithin(at: usize, count: i32, low: i32, high: i32, mask: i32, first: i32, out: usize): i32 {
  return within<i16, i16>(at, count, <i16>low, <i16>high, mask, first, out);
}

export function int32sWithin(at: usize, count: i32, low: i32, high: i32, mask: i32, first: i32, out: usize): i32 {
  return within<i32, i32>(at, count, low, high, mask, first, out);
}

export function int64sWithin(at: usize, count: i32, low: i64, high: i64, mask: i32, first: i32, out: usize): i32 {
  return within<i64, i64>(at, count, low, high, mask, first, out);
}

export function floatsWithin(at: usize, count: i32, low: f64, high: f64, mask: i32, first: i32, out: usize): i32 {
  return within<f32, i32>(at, count, <f32>low, <f32>high, mask, first, out);
}

export function doublesWithin(at: usize, count: i32, low: f64, high: f64, mask: i32, first: i32, out: usize): i32 {
  return within<f64, i64>(at, count, low, high, mask, first, out);
}
