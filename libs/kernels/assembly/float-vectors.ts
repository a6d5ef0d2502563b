// AssemblyScript, compiled by scripts/codegen.mjs: the fast half of reading lists of numbers as float32. What it cannot
// decide at once it leaves to its TypeScript twin, float32-scanner.ts, which also finds the words for errors.
//
// A number that is looked for behind the one before waits for it: some thirty cycles, most of them idle. So the commas of some
// hundred bytes are found first; then two numbers are made at a time, which wait for nothing.

import { anyPairs, plainPairs, scanBehind } from "./parts/float-pairs";
import { COMMAS, CONSTANTS } from "./parts/float-tables";
import { scanFloat } from "./parts/one-float";

/** Blocks of 64 bytes whose commas are found at once. */
const BLOCKS: i32 = 8;

function commaBits(at: usize, comma: v128): u64 {
  return <u64>i8x16.bitmask(i8x16.eq(v128.load(at), comma));
}

/** The places of the commas in 64 bytes go to `to`; answers the end of the list. */
function findCommas(at: usize, to: usize): usize {
  const comma = v128.load(CONSTANTS);
  let bits = commaBits(at, comma) | (commaBits(at + 16, comma) << 16);
  bits |= (commaBits(at + 32, comma) << 32) | (commaBits(at + 48, comma) << 48);
  const end = to + ((<usize>popcnt(bits)) << 2);
  // Four at a time, some of them too many, is faster than to ask after each.
  do {
    store<u32>(to, <u32>at + <u32>ctz(bits));
    bits &= bits - 1;
    store<u32>(to, <u32>at + <u32>ctz(bits), 4);
    bits &= bits - 1;
    store<u32>(to, <u32>at + <u32>ctz(bits), 8);
    bits &= bits - 1;
    store<u32>(to, <u32>at + <u32>ctz(bits), 12);
    bits &= bits - 1;
    to += 16;
  } while (to < end);
  return end;
}

/**
 * Reads `count` numbers, from the byte at `at` on: commas between them, each followed by one blank at most, and "]" behind
 * the last. They go to `out` as float32. Answers the position behind the bracket; 0 where anything else stands, or where the
 * nearest float32 takes a closer look. Behind `end`, 64 bytes can be read, and the first of them is none of a number.
 */
export function scanFloats(at: usize, end: usize, count: i32, out: usize): usize {
  let p = scanFloat(at, out);
  // Numbers that have a comma in front of them and behind them.
  let left = count - 2;
  let isPlain = true;
  let commas = COMMAS;
  let block = p + 1;
  while (left > 0) {
    if (p === 0 || <u32>load<u8>(p) !== 44) return 0;
    for (let i = 0; i < BLOCKS && block < end; i++, block += 64) commas = findCommas(block, commas);
    const found = min(<i32>((commas - COMMAS) >> 2), left);
    // No two numbers are as long as all these blocks.
    if (found < min(left, 2)) return 0;
    const last = COMMAS + ((<usize>(found & ~1)) << 2);
    const place = isPlain ? plainPairs(COMMAS, last, p + 1, out + 4) : COMMAS;
    isPlain = place === last;
    const done = place - COMMAS;
    const from = done === 0 ? p + 1 : <usize>load<u32>(place - 4) + 1;
    if (!isPlain && !anyPairs(place, last, from, out + 4 + done)) return 0;
    out += last - COMMAS;
    if (last > COMMAS) p = <usize>load<u32>(last - 4);
    left -= found & ~1;
    commas = COMMAS;
    if ((found & 1) === 0) continue;
    if (left > 1) {
      // Half of the next pair.
      store<u32>(commas, load<u32>(last));
      commas += 4;
    } else {
      p = scanBehind(p + 1, out + 4);
      out += 4;
      left = 0;
    }
  }
  if (count > 1) {
    if (p === 0 || <u32>load<u8>(p) !== 44) return 0;
    p = scanBehind(p + 1, out + 4);
  }
  return p !== 0 && <u32>load<u8>(p) === 93 ? p + 1 : 0;
}
