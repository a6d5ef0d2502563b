import type { Logger } from "./logger.ts";
import type { CallObserver } from "./usual-metrics.ts";

/** Of calls that succeed one is shown so often, for each method. */
const SAMPLE_MS = 60_000;
/** The same of calls that are refused, for each method and code: a client that repeats itself fills no disk. */
const REFUSED_MS = 1000;

interface Shown {
  readonly atMs: number;
  /** That were like it. */
  more: number;
}

/** Tells the log of calls: refused ones, and a sample of the others; `more` counts what was like it and not shown. */
export function logCalls(log: Logger, now: () => number = () => performance.now()): CallObserver {
  const refused = new Map<string, Shown>();
  const succeeded = new Map<string, Shown>();
  return (method, code, seconds, reason) => {
    const [shown, key] = code === 0 ? [succeeded, method] : [refused, `${method} ${code}`];
    const last = shown.get(key);
    if (last && now() - last.atMs < (code === 0 ? SAMPLE_MS : REFUSED_MS)) return void last.more++;
    shown.set(key, { atMs: now(), more: 0 });
    const fields = { method, code, seconds: Math.round(seconds * 1e6) / 1e6, ...(last?.more && { more: last.more }) };
    if (code === 0) log.info("call", fields);
    else log.info("call refused", { ...fields, reason });
  };
}
