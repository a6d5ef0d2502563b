import { describe, expect, it } from "@jest/globals";
import { prefetch } from "@sluice/pipeline";

/** Numbers from 0; counts what was pulled and whether it was closed. */
class Source {
  pulled = 0;
  closed = false;
  readonly failAt: number;
  readonly #count: number;
  constructor(count: number, failAt = Number.POSITIVE_INFINITY) {
    this.#count = count;
    this.failAt = failAt;
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    try {
      for (let i = 0; i < this.#count; i++) {
        if (i === this.failAt) throw new Error(`item ${i}`);
        this.pulled++;
        yield i;
      }
    } finally {
      this.closed = true;
    }
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("prefetch", () => {
  it.each([0, 1, 3, 50])("keeps the order with depth %i", async (depth) => {
    const items = await Array.fromAsync(prefetch(new Source(20), depth));
    expect(items).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it.each([0, 1, 4])("holds at most depth + 1 items with depth %i", async (depth) => {
    const source = new Source(20);
    for await (const item of prefetch(source, depth)) {
      await settled();
      expect(source.pulled).toBeLessThanOrEqual(item + depth + 1);
    }
    expect(source.pulled).toBe(20);
  });

  it("delivers what came before an error, then the error", async () => {
    const source = new Source(20, 3);
    const seen: number[] = [];
    const run = async () => {
      for await (const item of prefetch(source, 5)) seen.push(item);
    };
    await expect(run()).rejects.toThrow("item 3");
    expect(seen).toEqual([0, 1, 2]);
    expect(source.closed).toBe(true);
  });

  it("closes the source when the loop is left", async () => {
    const source = new Source(20);
    for await (const item of prefetch(source, 2)) if (item === 1) break;
    expect(source.closed).toBe(true);
  });

  it("closes the source when the consumer throws while an item ahead fails", async () => {
    const source = new Source(20, 2);
    const run = async () => {
      for await (const item of prefetch(source, 3)) throw new Error(`consumer at ${item}`);
    };
    await expect(run()).rejects.toThrow("consumer at 0");
    expect(source.closed).toBe(true);
  });
});
