// AssemblyScript, compiled by scripts/codegen.mjs: pages of Parquet under Snappy. Memory is the thread's arena, where pages lie.

/**
 * Decodes the elements of a raw Snappy block at `[at, end)`, behind its length, to `[to, stop)`. Answers whether they fill that
 * exactly; nothing outside is read or written, whatever they say. Source: google/snappy, format_description.txt.
 */
export function decodeSnappy(at: usize, end: usize, to: usize, stop: usize): bool {
  const start = to;
  while (at < end) {
    const tag = <u32>load<u8>(at++);
    if ((tag & 3) === 0) {
      let length = <usize>(tag >> 2) + 1;
      if (length > 60) {
        const extra = length - 60;
        if (extra > end - at) return false;
        length = <usize>littleEndian(at, extra) + 1;
        at += extra;
        // Of four bytes it may have gone round.
        if (length === 0) return false;
      }
      if (length > end - at || length > stop - to) return false;
      copyApart(at, end, to, stop, length);
      at += length;
      to += length;
      continue;
    }
    let length: usize;
    let offset: usize;
    if ((tag & 3) === 1) {
      if (at >= end) return false;
      length = <usize>((tag >> 2) & 7) + 4;
      offset = <usize>(((tag >> 5) << 8) | <u32>load<u8>(at));
      at += 1;
    } else {
      const bytes: usize = (tag & 3) === 2 ? 2 : 4;
      if (bytes > end - at) return false;
      length = <usize>(tag >> 2) + 1;
      offset = <usize>littleEndian(at, bytes);
      at += bytes;
    }
    if (offset === 0 || offset > to - start || length > stop - to) return false;
    copyBack(to, stop, offset, length);
    to += length;
  }
  return to === stop;
}

function littleEndian(at: usize, bytes: usize): u32 {
  let value: u32 = 0;
  for (let i: usize = 0; i < bytes; i++) value |= (<u32>load<u8>(at + i)) << ((<u32>i) << 3);
  return value;
}

/** Where both have room, sixteen bytes at a time: what is written behind the length is written again by what follows. */
function copyApart(at: usize, end: usize, to: usize, stop: usize, length: usize): void {
  const last = at + length;
  if (end - at >= length + 16 && stop - to >= length + 16) {
    for (; at < last; at += 16, to += 16) v128.store(to, v128.load(at));
    return;
  }
  for (; at + 16 <= last; at += 16, to += 16) v128.store(to, v128.load(at));
  for (; at < last; at++, to++) store<u8>(to, load<u8>(at));
}

/** From what was written before; where the ranges overlap, bytes repeat. */
function copyBack(to: usize, stop: usize, offset: usize, length: usize): void {
  const last = to + length;
  if (offset >= 8 && stop - to >= length + 8) for (; to < last; to += 8) store<u64>(to, load<u64>(to - offset));
  else for (; to < last; to++) store<u8>(to, load<u8>(to - offset));
}
