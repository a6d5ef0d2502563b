import { collectGarbage } from "@sluice/async";

/** How long a process must have done next to nothing, and how often that is looked at. */
const QUIET_MS = 500;
/** More of that time than this, and it has work. */
const QUIET_SHARE = 0.1;

/**
 * Collects garbage once, when a process has started and does nothing. Starting leaves the heap close to the size at which V8
 * marks all of it: without this, that fell into the first import, and was a fifth of its CPU.
 * @param collect stands in for the collection in tests
 */
export function collectAfterStart(quietMs = QUIET_MS, collect = collectGarbage): Disposable {
  let before = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    const isQuiet = performance.eventLoopUtilization(before).utilization < QUIET_SHARE;
    before = performance.eventLoopUtilization();
    if (!isQuiet) return;
    clearInterval(timer);
    collect();
  }, quietMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
