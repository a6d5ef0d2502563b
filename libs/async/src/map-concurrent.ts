/**
 * Maps with at most `limit` calls running at once and yields the results in the order of the source. The first failure, in
 * that order, ends the iteration. However it ends, the signal given to the calls aborts and the calls that still run are
 * awaited, so that nothing works on behind the caller's back.
 */
export async function* mapConcurrent<T, R>(
  source: Iterable<T> | AsyncIterable<T>,
  limit: number,
  map: (item: T, signal: AbortSignal) => Promise<R>,
): AsyncGenerator<R> {
  if (!(limit >= 1)) throw new RangeError(`mapConcurrent: expected a limit of at least 1, got ${limit}`);
  const leaving = new AbortController();
  const running: Promise<R>[] = [];
  try {
    for await (const item of source) {
      const result = map(item, leaving.signal);
      result.catch(() => {}); // Surfaces when its turn comes.
      running.push(result);
      if (running.length >= limit) yield await running.shift()!;
    }
    while (running.length > 0) yield await running.shift()!;
  } finally {
    leaving.abort();
    await Promise.allSettled(running);
  }
}

/** `mapConcurrent` for effects alone. */
export async function forEachConcurrent<T>(
  source: Iterable<T> | AsyncIterable<T>,
  limit: number,
  run: (item: T, signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  for await (const _ of mapConcurrent(source, limit, run)) {
    // The results are of no interest; draining waits for them.
  }
}
