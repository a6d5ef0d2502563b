/** The reason of all signals: one made for each would capture its stack, which takes longer than most calls of a search. */
const LEFT = new DOMException("This operation was aborted", "AbortError");

/**
 * Maps with at most `limit` calls running at once and yields the results in the order of the source. The first failure, in
 * that order, ends the iteration. However it ends, the signal given to the calls aborts and the calls that still run are
 * awaited, so that nothing works on behind the caller's back.
 * @param weigh what an item takes of the limit from its call until its result is taken; one that is heavier than all of it runs alone
 */
export async function* mapConcurrent<T, R>(
  source: Iterable<T> | AsyncIterable<T>,
  limit: number,
  map: (item: T, signal: AbortSignal) => Promise<R>,
  weigh: (item: T) => number = () => 1,
): AsyncGenerator<R> {
  if (!(limit >= 1)) throw new RangeError(`mapConcurrent: expected a limit of at least 1, got ${limit}`);
  const leaving = new AbortController();
  const running: { readonly result: Promise<R>; readonly weight: number }[] = [];
  let used = 0;
  const next = () => {
    const { result, weight } = running.shift()!;
    used -= weight;
    return result;
  };
  try {
    for await (const item of source) {
      const weight = weigh(item);
      while (running.length > 0 && used + weight > limit) yield await next();
      const result = map(item, leaving.signal);
      result.catch(() => {}); // Surfaces when its turn comes.
      running.push({ result, weight });
      used += weight;
      if (used >= limit) yield await next();
    }
    while (running.length > 0) yield await next();
  } finally {
    leaving.abort(LEFT);
    await Promise.allSettled(running.map(({ result }) => result));
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
