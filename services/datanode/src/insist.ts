import { sleep } from "@sluice/async";
import { ImportError } from "@sluice/errors";
import type { Logger } from "@sluice/telemetry";

/** Pause before a call is made again. */
const RETRY_MS = 200;
/** How long a coordinator may refuse what it says may be tried again: longer than a takeover, or than storage is away for it. */
const REFUSED_MS = 60_000;

/** Until when a call is made again. */
export interface InsistOptions {
  /** Ends the calls: the lease of the task was lost, or the node stops. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** 60 s unless given. */
  readonly refusedMs?: number;
}

/**
 * Calls until the coordinator answers: it may be restarting, for as long as it takes. A refusal is an answer: one for good is
 * thrown at once, one that may pass when it has not for `refusedMs`.
 * @throws {ImportError} the refusal; `aborted` after `signal`
 */
export async function insist<T>(call: () => Promise<T>, options: InsistOptions): Promise<T> {
  const { signal, log, refusedMs = REFUSED_MS } = options;
  let refusedSinceMs: number | undefined;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const isRefusal = error instanceof ImportError;
      if (isRefusal && error.spec.retry === "never") throw error;
      if (signal.aborted)
        throw new ImportError("aborted", "the lease of the task was lost", undefined, { cause: error });
      refusedSinceMs = isRefusal ? (refusedSinceMs ?? performance.now()) : undefined;
      if (refusedSinceMs !== undefined && performance.now() - refusedSinceMs >= refusedMs) throw error;
      log.warn("coordinator did not answer; asking again", { err: error });
      await sleep(RETRY_MS, signal);
    }
  }
}
