import { setTimeout } from "node:timers/promises";

/** Waits, though no longer than until `signal` aborts: it never throws, and who needs to know why it ended asks the signal. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => undefined);
}
