import { mapConcurrent } from "@sluice/async";

/** Bytes that are read while what came before is worked on. */
const READ_BYTES = 32 << 20;
/** What is smaller counts as this many: some are read at once, since each waits for storage. */
const MIN_BYTES = 2 << 20;

/** What was read, and the memory that it lies in. */
export interface Held {
  readonly memory: Disposable;
}

/**
 * Reads one item after the other, some ahead, and yields what was read in the order of the source: its memory is then the caller's.
 * What nobody takes gives its memory back.
 */
export async function* readAhead<T, R extends Held>(
  source: AsyncIterable<T>,
  bytesOf: (item: T) => number,
  read: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const waiting = new Set<Disposable>();
  const readOne = async (item: T) => {
    const result = await read(item);
    waiting.add(result.memory);
    return result;
  };
  try {
    for await (const result of mapConcurrent(source, READ_BYTES, readOne, (item) =>
      Math.max(MIN_BYTES, bytesOf(item)),
    )) {
      waiting.delete(result.memory);
      yield result;
    }
  } finally {
    for (const memory of waiting) memory[Symbol.dispose]();
  }
}
