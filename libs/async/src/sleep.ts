import { setTimeout } from "node:timers/promises";

/**
 * Waits, though no longer than until `signal` aborts. It never throws: who needs to know why it ended asks the signal.
 * @param options.ref false: the wait alone does not keep the process alive
 */
export async function sleep(ms: number, signal?: AbortSignal, { ref = true } = {}): Promise<void> {
  await setTimeout(ms, undefined, { signal, ref }).catch(() => undefined);
}

/** Resolves when the signal aborts, at once when it has. It never throws. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
