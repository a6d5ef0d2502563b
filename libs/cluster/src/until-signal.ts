const NAMES = ["SIGTERM", "SIGINT"] as const;

/** The end that the operator asks for. */
export interface Signals {
  /** Resolves to the name of the first SIGTERM or SIGINT; a second one ends the process at once. */
  readonly first: Promise<string>;
  /** Aborts at the first one. */
  readonly abort: AbortSignal;
}

/** Takes the signals over from here on: whoever calls it ends the process. */
export function untilSignal(): Signals {
  const abort = new AbortController();
  const { promise, resolve } = Promise.withResolvers<string>();
  const onFirst = (signal: string) => {
    for (const name of NAMES) process.removeListener(name, onFirst).on(name, endNow);
    resolve(signal);
    abort.abort();
  };
  for (const name of NAMES) process.on(name, onFirst);
  return { first: promise, abort: abort.signal };
}

/**
 * By the signal itself. An `exit` would wait for the threads that read, write and commit, and one in the middle of a commit waits for
 * this thread.
 */
function endNow(signal: NodeJS.Signals): void {
  for (const name of NAMES) process.removeListener(name, endNow);
  process.kill(process.pid, signal);
}
