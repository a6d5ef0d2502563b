/** The end that the operator asks for. */
export interface Signals {
  /** Resolves to the name of the first SIGTERM or SIGINT; a second one ends the process at once. */
  readonly first: Promise<string>;
  /** Aborts at the first one. */
  readonly abort: AbortSignal;
}

export function untilSignal(): Signals {
  const abort = new AbortController();
  const { promise, resolve } = Promise.withResolvers<string>();
  const onFirst = (signal: string) => {
    for (const name of ["SIGTERM", "SIGINT"] as const) process.removeListener(name, onFirst).on(name, endNow);
    resolve(signal);
    abort.abort();
  };
  for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, onFirst);
  return { first: promise, abort: abort.signal };
}

function endNow(): void {
  process.exit(130);
}
