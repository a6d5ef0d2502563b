// AssemblyScript, compiled by scripts/codegen.mjs: MinHash signatures. XXH3-64 with seed 0, or SHA-1, of each shingle, and of these the
// least value of each permutation modulo 2^61 - 1. In 64 bits throughout, which JavaScript has not. Sources: xxHash's specification
// (Yann Collet), FIPS 180-4; around-import §4.9.

/** Of its halves: linters take the whole for a double. */
function word(high: u64, low: u64): u64 {
  return (high << 32) | low;
}

const P32_1: u64 = 0x9e3779b1;
const P32_2: u64 = 0x85ebca77;
const P32_3: u64 = 0xc2b2ae3d;
const P64_1 = word(0x9e3779b1, 0x85ebca87);
const P64_2 = word(0xc2b2ae3d, 0x27d4eb4f);
const P64_3 = word(0x165667b1, 0x9e3779f9);
const P64_4 = word(0x85ebca77, 0xc2b2ae63);
const P64_5 = word(0x27d4eb2f, 0x165667c5);
/** 2^61 - 1 */
const PRIME = word(0x1fffffff, 0xffffffff);
const SECRET_BYTES: usize = 192;

/** Where XXH3's secret, its accumulators and the schedule of SHA-1 stand. */
let secret: usize = 0;
let acc: usize = 0;
let schedule: usize = 0;

/** @param at 192 bytes of the secret; 64 and 320 bytes of scratch behind it */
export function begin(at: usize): void {
  secret = at;
  acc = at + SECRET_BYTES;
  schedule = acc + 64;
}

function fold(a: u64, b: u64): u64 {
  const lowLow = (a & 0xffffffff) * (b & 0xffffffff);
  const highLow = (a >> 32) * (b & 0xffffffff);
  const lowHigh = (a & 0xffffffff) * (b >> 32);
  const cross = (lowLow >> 32) + (highLow & 0xffffffff) + lowHigh;
  const upper = (highLow >> 32) + (cross >> 32) + (a >> 32) * (b >> 32);
  return ((cross << 32) | (lowLow & 0xffffffff)) ^ upper;
}

function avalanche(value: u64): u64 {
  let h = value ^ (value >> 37);
  h *= word(0x16566791, 0x9e3779f9);
  return h ^ (h >> 32);
}

function avalanche64(value: u64): u64 {
  let h = value ^ (value >> 33);
  h *= P64_2;
  h ^= h >> 29;
  h *= P64_3;
  return h ^ (h >> 32);
}

function mix16(at: usize, key: usize): u64 {
  return fold(load<u64>(at) ^ load<u64>(key), load<u64>(at + 8) ^ load<u64>(key + 8));
}

function upTo16(at: usize, length: usize): u64 {
  if (length > 8) {
    const low = load<u64>(at) ^ (load<u64>(secret + 24) ^ load<u64>(secret + 32));
    const high = load<u64>(at + length - 8) ^ (load<u64>(secret + 40) ^ load<u64>(secret + 48));
    return avalanche(<u64>length + bswap<u64>(low) + high + fold(low, high));
  }
  if (length >= 4) {
    const joined = <u64>load<u32>(at + length - 4) + ((<u64>load<u32>(at)) << 32);
    let h = joined ^ (load<u64>(secret + 8) ^ load<u64>(secret + 16));
    h ^= rotl<u64>(h, 49) ^ rotl<u64>(h, 24);
    h *= word(0x9fb21c65, 0x1e98df25);
    h ^= (h >> 35) + <u64>length;
    h *= word(0x9fb21c65, 0x1e98df25);
    return h ^ (h >> 28);
  }
  if (length === 0) return avalanche64(load<u64>(secret + 56) ^ load<u64>(secret + 64));
  const first = <u32>load<u8>(at);
  const middle = <u32>load<u8>(at + (length >> 1));
  const last = <u32>load<u8>(at + length - 1);
  const joined = (first << 16) | (middle << 24) | last | ((<u32>length) << 8);
  return avalanche64(<u64>joined ^ <u64>(load<u32>(secret) ^ load<u32>(secret + 4)));
}

function upTo128(at: usize, length: usize): u64 {
  let sum = <u64>length * P64_1;
  for (let i: usize = 0; i <= (length - 1) >> 5; i++) {
    sum += mix16(at + 16 * i, secret + 32 * i);
    sum += mix16(at + length - 16 * (i + 1), secret + 32 * i + 16);
  }
  return avalanche(sum);
}

function upTo240(at: usize, length: usize): u64 {
  let sum = <u64>length * P64_1;
  for (let i: usize = 0; i < 8; i++) sum += mix16(at + 16 * i, secret + 16 * i);
  sum = avalanche(sum);
  for (let i: usize = 8; i < length >> 4; i++) sum += mix16(at + 16 * i, secret + 16 * (i - 8) + 3);
  return avalanche(sum + mix16(at + length - 16, secret + 119));
}

function addStripe(at: usize, key: usize): void {
  for (let i: usize = 0; i < 64; i += 8) {
    const value = load<u64>(at + i);
    const keyed = value ^ load<u64>(key + i);
    const neighbour = acc + (i ^ 8);
    store<u64>(neighbour, load<u64>(neighbour) + value);
    store<u64>(acc + i, load<u64>(acc + i) + (keyed & 0xffffffff) * (keyed >> 32));
  }
}

function scramble(): void {
  for (let i: usize = 0; i < 64; i += 8) {
    const value = load<u64>(acc + i);
    store<u64>(acc + i, (value ^ (value >> 47) ^ load<u64>(secret + 128 + i)) * P32_1);
  }
}

function long(at: usize, length: usize): u64 {
  store<u64>(acc, P32_3);
  store<u64>(acc + 8, P64_1);
  store<u64>(acc + 16, P64_2);
  store<u64>(acc + 24, P64_3);
  store<u64>(acc + 32, P64_4);
  store<u64>(acc + 40, P32_2);
  store<u64>(acc + 48, P64_5);
  store<u64>(acc + 56, P32_1);
  const stripes = (length - 1) >> 6;
  for (let i: usize = 0; i < stripes; i++) {
    addStripe(at + 64 * i, secret + 8 * (i & 15));
    if ((i & 15) === 15) scramble();
  }
  addStripe(at + length - 64, secret + 121);
  let sum = <u64>length * P64_1;
  for (let i: usize = 0; i < 64; i += 16)
    sum += fold(load<u64>(acc + i) ^ load<u64>(secret + 11 + i), load<u64>(acc + i + 8) ^ load<u64>(secret + 19 + i));
  return avalanche(sum);
}

export function xxh3(at: usize, length: usize): u64 {
  if (length <= 16) return upTo16(at, length);
  if (length <= 128) return upTo128(at, length);
  return length <= 240 ? upTo240(at, length) : long(at, length);
}

/** Byte `i` of a message of SHA-1 with its padding. */
function padded(at: usize, length: usize, total: usize, i: usize): u32 {
  if (i < length) return <u32>load<u8>(at + i);
  if (i === length) return 0x80;
  return i < total - 8 ? 0 : <u32>((((<u64>length) << 3) >> ((total - 1 - i) << 3)) & 0xff);
}

/** The first four bytes of the digest, little-endian. */
function sha1(at: usize, length: usize): u32 {
  let h0: u32 = 0x67452301;
  let h1: u32 = 0xefcdab89;
  let h2: u32 = 0x98badcfe;
  let h3: u32 = 0x10325476;
  let h4: u32 = 0xc3d2e1f0;
  const total = (((length + 8) >> 6) << 6) + 64;
  for (let block: usize = 0; block < total; block += 64) {
    for (let i: usize = 0; i < 16; i++) {
      const from = block + 4 * i;
      const high = (padded(at, length, total, from) << 24) | (padded(at, length, total, from + 1) << 16);
      const low = (padded(at, length, total, from + 2) << 8) | padded(at, length, total, from + 3);
      store<u32>(schedule + 4 * i, high | low);
    }
    for (let i: usize = 16; i < 80; i++) {
      const w = schedule + 4 * i;
      store<u32>(w, rotl<u32>(load<u32>(w - 12) ^ load<u32>(w - 32) ^ load<u32>(w - 56) ^ load<u32>(w - 64), 1));
    }
    let a = h0;
    let b = h1;
    let c = h2;
    let d = h3;
    let e = h4;
    for (let i: usize = 0; i < 80; i++) {
      const f = i < 20 ? (b & c) | (~b & d) : i < 40 || i >= 60 ? b ^ c ^ d : (b & c) | (b & d) | (c & d);
      const k: u32 = i < 20 ? 0x5a827999 : i < 40 ? 0x6ed9eba1 : i < 60 ? 0x8f1bbcdc : 0xca62c1d6;
      const next = rotl<u32>(a, 5) + f + e + k + load<u32>(schedule + 4 * i);
      e = d;
      d = c;
      c = rotl<u32>(b, 30);
      b = a;
      a = next;
    }
    h0 += a;
    h1 += b;
    h2 += c;
    h3 += d;
    h4 += e;
  }
  return bswap<u32>(h0);
}

/**
 * Lowers each of `hashes` uint32 at `out` to the least value of its permutation over shingles.
 * @param spans begin and end of each shingle, uint32 addresses
 * @param permutations pairs of factor and summand, uint64
 */
export function lower(spans: usize, count: i32, permutations: usize, hashes: i32, out: usize, isSha1: bool): void {
  for (const end = spans + ((<usize>count) << 3); spans < end; spans += 8) {
    const at = <usize>load<u32>(spans);
    const length = <usize>load<u32>(spans + 4) - at;
    // SHA-1's four bytes are taken for a signed number.
    const h = isSha1 ? <u64>(<i64>(<i32>sha1(at, length))) : xxh3(at, length) & 0xffffffff;
    for (let i: usize = 0; i < <usize>hashes; i++) {
      const pair = permutations + (i << 4);
      let t = load<u64>(pair) * h + load<u64>(pair + 8);
      t = (t & PRIME) + (t >> 61);
      if (t >= PRIME) t -= PRIME;
      const place = out + (i << 2);
      const value = <u32>t;
      if (value < load<u32>(place)) store<u32>(place, value);
    }
  }
}
