// AssemblyScript, compiled by scripts/codegen.mjs: what is done with every row of a batch between its reader and its segment. Memory
// is the thread's arena, where batches and segment buffers lie.

/** First of `count` float32 at `at` that is NaN or infinite: its exponent is all ones. -1 where there is none. */
export function findNotFinite(at: usize, count: i32): i32 {
  const exponent = i32x4.splat(0x7f800000);
  const one = i32x4.splat(0x00800000);
  const from = at;
  // A carry out of the exponent reaches the sign: the OR of many sums tells of all of them.
  for (const last = at + ((<usize>(count & ~15)) << 2); at < last; at += 64) {
    const a = i32x4.add(v128.and(v128.load(at), exponent), one);
    const b = i32x4.add(v128.and(v128.load(at + 16), exponent), one);
    const c = i32x4.add(v128.and(v128.load(at + 32), exponent), one);
    const d = i32x4.add(v128.and(v128.load(at + 48), exponent), one);
    if (i32x4.bitmask(v128.or(v128.or(a, b), v128.or(c, d))) !== 0) break;
  }
  for (const end = from + ((<usize>count) << 2); at < end; at += 4)
    if ((load<u32>(at) & 0x7f800000) === 0x7f800000) return <i32>((at - from) >> 2);
  return -1;
}

/** Copies the runs of rows `[starts[i], ends[i])`, one after the other; answers the byte behind the last one. */
export function copyRuns(source: usize, starts: usize, ends: usize, count: i32, width: usize, target: usize): usize {
  for (let i = 0; i < count; i++, starts += 4, ends += 4) {
    let from = source + <usize>load<u32>(starts) * width;
    const end = source + <usize>load<u32>(ends) * width;
    for (; from + 64 <= end; from += 64, target += 64) {
      v128.store(target, v128.load(from));
      v128.store(target + 16, v128.load(from + 16));
      v128.store(target + 32, v128.load(from + 32));
      v128.store(target + 48, v128.load(from + 48));
    }
    for (; from + 4 <= end; from += 4, target += 4) store<u32>(target, load<u32>(from));
    for (; from < end; from++, target++) store<u8>(target, load<u8>(from));
  }
  return target;
}

/**
 * Counting sort, stable: the numbers of `rows` rows, grouped by the bucket that each has. @param ends of the buckets: where each
 * begins, and at the end where it ends
 */
export function groupRows(buckets: usize, rows: i32, ends: usize, order: usize): void {
  for (let row = 0; row < rows; row++, buckets += 2) {
    const end = ends + ((<usize>load<u16>(buckets)) << 2);
    const at = load<u32>(end);
    store<u32>(end, at + 1);
    store<u32>(order + ((<usize>at) << 2), row);
  }
}

/** Rows that follow each other among `count` at `order`, as runs `[starts[i], ends[i])`; answers how many these are. */
export function joinRows(order: usize, count: i32, starts: usize, ends: usize): i32 {
  const from = starts;
  const last = order + ((<usize>count) << 2);
  while (order < last) {
    const first = load<u32>(order);
    let next = first + 1;
    order += 4;
    for (; order < last && load<u32>(order) === next; order += 4) next++;
    store<u32>(starts, first);
    store<u32>(ends, next);
    starts += 4;
    ends += 4;
  }
  return <i32>((starts - from) >> 2);
}

/** Numbers of 64 bits of the rows of runs, one after the other, of which row 0 has `first`. */
export function numberRows(starts: usize, ends: usize, count: i32, first: u64, target: usize): void {
  for (let i = 0; i < count; i++, starts += 4, ends += 4) {
    let row = first + load<u32>(starts);
    // Behind 2^64 - 1, which is -1, comes 0: an end is not larger than every row before it.
    const end = first + load<u32>(ends);
    for (; row !== end; row++, target += 8) store<u64>(target, row);
  }
}
