/**
 * Share of the seeded faults that a run makes: all of them in CI, a tenth elsewhere, so that a first `npm test` ends soon;
 * SLUICE_TEST_EFFORT=1 asks for all.
 */
const effort = Number(process.env.SLUICE_TEST_EFFORT ?? (process.env.CI === "true" ? 1 : 0.1));

/** How many of `count` faults to make; at least one. */
export function scaled(count: number): number {
  return Math.max(1, Math.round(count * effort));
}
