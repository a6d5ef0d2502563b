const WORDS = 312;
const MIDDLE = 156;
const UPPER = 0xffffffff80000000n;
const LOWER = 0x7fffffffn;
const MASK = 0xffffffffffffffffn;

/** The Mersenne Twister of 64 bits, as C++ has it (std::mt19937_64): its first `count` numbers. */
export function mersenneTwister64(seed: bigint, count: number): bigint[] {
  const state = [BigInt.asUintN(64, seed)];
  for (let i = 1; i < WORDS; i++) {
    const before = state[i - 1];
    state.push((6364136223846793005n * (before ^ (before >> 62n)) + BigInt(i)) & MASK);
  }
  return Array.from({ length: count }, (_, i) => {
    if (i % WORDS === 0) twist(state);
    return tempered(state[i % WORDS]);
  });
}

function twist(state: bigint[]): void {
  for (let i = 0; i < WORDS; i++) {
    const x = (state[i] & UPPER) | (state[(i + 1) % WORDS] & LOWER);
    state[i] = state[(i + MIDDLE) % WORDS] ^ (x >> 1n) ^ (x & 1n ? 0xb5026f5aa96619e9n : 0n);
  }
}

function tempered(word: bigint): bigint {
  let x = word;
  x ^= (x >> 29n) & 0x5555555555555555n;
  x ^= (x << 17n) & 0x71d67fffeda60000n & MASK;
  x ^= (x << 37n) & 0xfff7eee000000000n & MASK;
  return x ^ (x >> 43n);
}
