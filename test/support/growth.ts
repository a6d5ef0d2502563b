/** Below this nothing is told from noise; what is quadratic takes minutes at the greatest size. */
const QUICK_MS = 400;
/** What takes longer is not run for a second time. */
const SLOW_MS = 5000;
/** Halfway between linear (1) and quadratic (2). */
const MAX_EXPONENT = 1.5;
const START = 1 << 14;
const DOUBLINGS = 4;

/**
 * Runs something on inputs that double in size, up to 262 144 units, and says how its time grows, or undefined when it is
 * linear: below 400 ms, or less than 2.8 times as long as for half the input. What is quadratic ends early.
 */
export function superlinear(make: (size: number) => unknown, run: (input: never) => unknown): string | undefined {
  let before = Number.POSITIVE_INFINITY;
  let size = START;
  for (let i = 0; i <= DOUBLINGS; i++, size *= 2) {
    const tookMs = quickest(make(size) as never, run);
    const isSlow = tookMs > QUICK_MS && Math.log2(tookMs / before) > MAX_EXPONENT;
    if (isSlow) return `${size} units took ${tookMs.toFixed(0)} ms, half of them ${before.toFixed(0)} ms`;
    before = tookMs;
  }
  return undefined;
}

/** Time of this thread on a processor, whatever else runs; of two runs, since one may meet a collection of garbage. What is thrown is an answer. */
function quickest(input: never, run: (input: never) => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 2 && (i === 0 || best < SLOW_MS); i++) {
    const before = process.threadCpuUsage();
    try {
      run(input);
    } catch {}
    const { user, system } = process.threadCpuUsage(before);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}
