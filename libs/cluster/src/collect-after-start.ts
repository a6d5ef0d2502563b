import { setFlagsFromString } from "node:v8";
import { collectGarbage } from "@sluice/async";

/** How long a process must have done next to nothing, and how often that is looked at. */
const QUIET_MS = 500;
/** More of that time than this, and it has work. */
const QUIET_SHARE = 0.1;
/** Who has had work all the time until then is left to V8, which has collected by itself, and marks in steps. */
const MAX_LOOKS = 20;
/** So is a larger heap, of many records: a pause of some fifty milliseconds is what this may cost. */
const MAX_HEAP_BYTES = 96 << 20;

/**
 * How much the heap, and what arrays have outside of it, may grow until V8 marks all of it again. By V8's own choice it is a tenth in a
 * process that was idle: the keys that a first search of five million rows keeps made it mark the heap five times, an eighth of that search's
 * CPU.
 */
const GROWING_PERCENT = 50;

/** What tests put in place of the process. */
export interface CollectMeans {
  readonly quietMs?: number;
  readonly collect?: () => void;
  readonly heapBytes?: () => number;
}

/**
 * Says how far the heap grows between two collections, and collects garbage once, when a process has started and does nothing.
 * Starting leaves the heap close to the size at which V8 marks all of it: without this, that often fell into the first import, and
 * was a fifth of its CPU.
 */
export function collectAfterStart({
  quietMs = QUIET_MS,
  collect = collectGarbage,
  heapBytes = () => process.memoryUsage().heapUsed,
}: CollectMeans = {}): Disposable {
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`);
  let before = performance.eventLoopUtilization();
  let looks = 0;
  const timer = setInterval(() => {
    const isQuiet = performance.eventLoopUtilization(before).utilization < QUIET_SHARE;
    before = performance.eventLoopUtilization();
    if (!isQuiet && ++looks < MAX_LOOKS) return;
    clearInterval(timer);
    if (isQuiet && heapBytes() <= MAX_HEAP_BYTES) collect();
  }, quietMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
