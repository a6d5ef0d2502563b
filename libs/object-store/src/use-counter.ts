import type { StorageUse } from "@sluice/telemetry";

type Use = { -readonly [K in keyof StorageUse]: StorageUse[K] };

/** Calls, bytes and time by operation, summed up until they are taken. */
export class UseCounter {
  #use = new Map<string, Use>();

  /** What was done since the last time. */
  take(): StorageUse[] {
    const use = [...this.#use.values()];
    this.#use = new Map();
    return use;
  }

  /** Runs and counts one call. */
  async count<T>(operation: string, run: () => Promise<T>, bytesOf: (result: T) => number = () => 0): Promise<T> {
    const use = this.#use.get(operation) ?? { operation, calls: 0, errors: 0, bytes: 0, seconds: 0 };
    this.#use.set(operation, use);
    const startedMs = performance.now();
    try {
      const result = await run();
      use.bytes += bytesOf(result);
      return result;
    } catch (error) {
      use.errors++;
      throw error;
    } finally {
      use.calls++;
      use.seconds += (performance.now() - startedMs) / 1000;
    }
  }

  /** The same chunks, each counted as a call. */
  async *chunks(operation: string, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const chunks = source[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.count(
          operation,
          () => chunks.next(),
          ({ value }) => value?.length ?? 0,
        );
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await chunks.return?.();
    }
  }
}
