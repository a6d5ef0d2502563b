import { setImmediate as immediate } from "node:timers/promises";

/** Work that nobody may wait longer for, in one piece. */
const SLICE_MS = 8;

/** A line in which whoever stands takes turns, one between two rounds of the event loop. */
function lineOfTurns(): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return () => {
    last = last.then(() => immediate());
    return last;
  };
}

const nextSlice = lineOfTurns();

/**
 * Resolves when the next piece of work may begin: where many clients ask for some milliseconds each at the same moment, the event loop
 * serves everybody else between two of them. A line of its own: nobody waits behind the slices of all the long work.
 */
export const nextTurn = lineOfTurns();

/**
 * Cuts long work into slices between which the event loop serves everybody else. All the work of the process takes turns in
 * one line: a hundred queries at once delay others as much as one.
 *
 * @example
 * for (const part of parts) {
 *   work(part);
 *   if (turns.isDue) await turns.next();
 * }
 */
export class Turns {
  readonly #signal: AbortSignal;
  readonly #sliceMs: number;
  #startedMs = performance.now();

  /** @param signal ends the work at its next turn */
  constructor(signal: AbortSignal, sliceMs = SLICE_MS) {
    this.#signal = signal;
    this.#sliceMs = sliceMs;
  }

  /** Has the slice had its time? */
  get isDue(): boolean {
    return performance.now() - this.#startedMs >= this.#sliceMs;
  }

  /** Resolves when the next slice may begin. @throws the signal's reason once it is aborted */
  async next(): Promise<void> {
    this.#signal.throwIfAborted();
    await nextSlice();
    this.#signal.throwIfAborted();
    this.#startedMs = performance.now();
  }
}
