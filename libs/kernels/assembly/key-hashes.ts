// AssemblyScript, compiled by scripts/codegen.mjs: the hashes that a filter over primary keys needs. MurmurHash3 x64 128 with seed 0,
// of the 8 bytes of each key, and of those with 0x01 behind them. In 64 bits throughout, which JavaScript has not. Source: Austin
// Appleby's smhasher, in the public domain.

/** Of its halves: linters take the whole for a double. */
function word(high: u64, low: u64): u64 {
  return (high << 32) | low;
}

const C1 = word(0x87c37b91, 0x114253d5);
const C2 = word(0x4cf5ad43, 0x2745937f);
/** What the appended byte, alone in the second half, becomes. */
const APPENDED = rotl<u64>(C2, 33) * C1;

function avalanche(value: u64): u64 {
  let k = value;
  k ^= k >> 33;
  k *= word(0xff51afd7, 0xed558ccd);
  k ^= k >> 33;
  k *= word(0xc4ceb9fe, 0x1a85ec53);
  return k ^ (k >> 33);
}

/** Low halves at `out`, high halves 16 bytes later. */
function finish(first: u64, second: u64, length: u64, out: usize): void {
  let h2 = second ^ length;
  let h1 = (first ^ length) + h2;
  h2 = avalanche(h2 + h1);
  h1 = avalanche(h1) + h2;
  h2 += h1;
  store<u32>(out, <u32>h1);
  store<u32>(out + 4, <u32>h2);
  store<u32>(out + 16, <u32>(h1 >> 32));
  store<u32>(out + 20, <u32>(h2 >> 32));
}

/** Of `count` keys of 8 bytes, 32 bytes each. */
export function hashInt64s(keys: usize, count: i32, out: usize): void {
  for (const end = keys + ((<usize>count) << 3); keys < end; keys += 8, out += 32) {
    const mixed = rotl<u64>(load<u64>(keys) * C1, 31) * C2;
    finish(mixed, 0, 8, out);
    finish(mixed, APPENDED, 9, out + 8);
  }
}

/**
 * Sets `hashCount` bits of a filter for each of `count` keys, by their hashes as above. @param mask bits of the filter, a power of two
 * up to 2^32, less one: only low halves decide then
 */
export function addHashes(hashes: usize, count: i32, filter: usize, mask: u32, hashCount: i32): void {
  for (const end = hashes + ((<usize>count) << 5); hashes < end; hashes += 32) {
    const h0 = load<u32>(hashes);
    const h1 = load<u32>(hashes + 4);
    const h2 = load<u32>(hashes + 8);
    const h3 = load<u32>(hashes + 12);
    for (let i: u32 = 0; i < <u32>hashCount; i++) {
      const bit = ((i & 1 ? h1 : h0) + i * ((i + 1) & 2 ? h3 : h2)) & mask;
      const word = filter + ((<usize>(bit >> 5)) << 2);
      store<u32>(word, load<u32>(word) | ((<u32>1) << (bit & 31)));
    }
  }
}

/** Of one half of a key; MurmurHash3 x86 32. */
function mixHalf(hash: u32, half: u32): u32 {
  return rotl<u32>(hash ^ (rotl<u32>(half * 0xcc9e2d51, 15) * 0x1b873593), 13) * 5 + 0xe6546b64;
}

/** One of `buckets` for each of `count` keys of 8 bytes, two bytes each at `out`: their MurmurHash3 x86 32, without its highest bit. */
export function bucketsOfInt64s(keys: usize, count: i32, buckets: u32, out: usize): void {
  for (const end = keys + ((<usize>count) << 3); keys < end; keys += 8, out += 2) {
    let hash = mixHalf(mixHalf(0, load<u32>(keys)), load<u32>(keys + 4)) ^ 8;
    hash = (hash ^ (hash >> 16)) * 0x85ebca6b;
    hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
    store<u16>(out, <u16>(((hash ^ (hash >> 16)) & 0x7fffffff) % buckets));
  }
}

/** The last steps of a word of MurmurHash3. */
function avalanche32(value: u32, first: u32, second: u32): u32 {
  let k = (value ^ (value >> 16)) * first;
  k = (k ^ (k >> 13)) * second;
  return k ^ (k >> 16);
}

/**
 * Two words for each of `count` keys of 8 bytes, high and low, at `out`: of those keys alone whose low word has no bit of `mask`. Answers
 * their number. Both words depend on every bit of the key.
 */
export function sampleInt64s(keys: usize, count: i32, mask: u32, out: usize): i32 {
  const from = out;
  for (const end = keys + ((<usize>count) << 3); keys < end; keys += 8) {
    let high: u32 = 0x243f6a88;
    let low: u32 = 0x85a308d3;
    for (let half: usize = 0; half < 8; half += 4) {
      const word = load<u32>(keys + half);
      high = (high ^ word) * 0x9e3779b1;
      high ^= high >> 15;
      low = ((low + word) ^ high) * 0x85ebca6b;
    }
    const mixed = avalanche32(low ^ (high >> 13), 0xc2b2ae35, 0x85ebca6b);
    if ((mixed & mask) !== 0) continue;
    store<u32>(out, avalanche32(high ^ (low >> 16), 0x85ebca6b, 0xc2b2ae35));
    store<u32>(out + 4, mixed);
    out += 8;
  }
  return <i32>((out - from) >> 3);
}
