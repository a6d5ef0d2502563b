/** Below this, nothing is told from noise, and nobody waits. */
const QUICK_MS = 25;
/** Halfway between linear (1) and quadratic (2). */
const MAX_EXPONENT = 1.5;
const START = 1 << 14;
const DOUBLINGS = 4;

/**
 * Runs something on inputs that double in size and says how its time grows, or undefined when it is linear: the time of the
 * largest (262 144 units) is below 25 ms, or the last doubling less than 2.8 times as long. What is quadratic ends early.
 */
export function superlinear(make: (size: number) => unknown, run: (input: never) => unknown): string | undefined {
  let before = 0;
  let size = START;
  let worst: string | undefined;
  for (let i = 0; i <= DOUBLINGS; i++, size *= 2) {
    const input = make(size) as never;
    const tookMs = quickest(() => run(input));
    const exponent = Math.log2(tookMs / before);
    const isSlow = i > 0 && tookMs > QUICK_MS && exponent > MAX_EXPONENT;
    worst = isSlow ? `${size} units took ${tookMs.toFixed(0)} ms, half of them ${before.toFixed(0)} ms` : undefined;
    if (isSlow && tookMs > 1000) break;
    before = tookMs;
  }
  return worst;
}

/** Of three runs, or of one that is slow. What is thrown is an answer like any other. */
function quickest(run: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3 && (i === 0 || best < 200); i++) {
    const startedMs = performance.now();
    try {
      run();
    } catch {}
    best = Math.min(best, performance.now() - startedMs);
  }
  return best;
}
