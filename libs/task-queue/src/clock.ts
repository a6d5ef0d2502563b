/** Time as leases need it: a test gives one that it moves by hand. */
export interface Clock {
  /** Calls `run` once, `delayMs` from now, unless cancelled. It does not keep the process alive. */
  schedule(run: () => void, delayMs: number): Disposable;
}

/** Timers that keep no process alive. */
export const systemClock: Clock = {
  schedule(run, delayMs) {
    const timer = setTimeout(run, delayMs).unref();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
