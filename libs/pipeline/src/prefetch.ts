/**
 * Pulls up to `depth` items ahead, so that reading overlaps writing. Order is kept; at most `depth + 1` items exist at
 * once, the one the consumer works on included. Leaving the loop, by return or throw, closes the source; an error of the
 * source surfaces where its item would have come.
 */
export async function* prefetch<T>(source: AsyncIterable<T>, depth: number): AsyncGenerator<T> {
  const items = source[Symbol.asyncIterator]();
  const ahead: Promise<IteratorResult<T>>[] = [];
  const pull = () => {
    const item = items.next();
    item.catch(() => {}); // A rejection surfaces below, in turn.
    ahead.push(item);
  };
  try {
    for (let i = 0; i < depth; i++) pull();
    for (;;) {
      pull();
      const item = await ahead.shift()!;
      if (item.done) return;
      yield item.value;
    }
  } finally {
    // What is still being pulled ends first: nothing above may run on after the loop was left.
    await Promise.allSettled(ahead);
    await items.return?.();
  }
}
