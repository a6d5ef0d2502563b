/** Reports of progress that are taken in a second, about: each is a call, and thousands of tasks may run. */
const REPORTS_PER_SECOND = 50;
/** Whoever looks at a job sees it move this often. */
const LEAST_MS = 1000;
/** Below the 15 s over which the pace of a job is told. */
const GREATEST_MS = 10_000;

/** How often each of so many running tasks says how far it is, in milliseconds. */
export function reportIntervalMs(runningTasks: number): number {
  const wantedMs = Math.ceil((1000 * runningTasks) / REPORTS_PER_SECOND);
  return Math.min(GREATEST_MS, Math.max(LEAST_MS, wantedMs));
}
