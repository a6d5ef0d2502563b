import { sleep } from "@sluice/async";

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5_000;
const DEFAULT_PATIENCE_MS = 60_000;

/** What a call that is tried again knows about its failures. */
export interface PatienceRules {
  /** How long a call that makes no progress is tried again; default 60 000. */
  readonly patienceMs?: number;
  /** Whether the same call may well succeed a little later. */
  readonly isTransient: (error: unknown) => boolean;
  /** What the call throws in the end. */
  readonly failure: (error: unknown) => unknown;
}

/**
 * Waits between the tries of one call, the only way in which storage is tried again: it stands inside of the adapters, which
 * alone know what passes, at which byte to go on and which version the first try has seen. Its clock starts with the first
 * failure, and anew after progress.
 */
export class Patience {
  readonly #rules: PatienceRules;
  readonly #signal: AbortSignal | undefined;
  #failures = 0;
  #sinceMs = 0;

  constructor(rules: PatienceRules, signal?: AbortSignal) {
    this.#rules = rules;
    this.#signal = signal;
  }

  /** Something has come: the next failure counts as the first. */
  progress(): void {
    this.#failures = 0;
  }

  /** Resolves when it is time for the next try. @throws what the call should throw when there is none */
  async pause(error: unknown): Promise<void> {
    const { patienceMs = DEFAULT_PATIENCE_MS, isTransient, failure } = this.#rules;
    this.#signal?.throwIfAborted();
    const nowMs = performance.now();
    if (this.#failures++ === 0) this.#sinceMs = nowMs;
    if (!isTransient(error) || nowMs >= this.#sinceMs + patienceMs) throw failure(error);
    // Between half and the whole of its length, so that many callers do not come back at once.
    const delayMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#failures - 1)) * (0.5 + Math.random() / 2);
    await sleep(delayMs, this.#signal);
    this.#signal?.throwIfAborted();
  }
}
