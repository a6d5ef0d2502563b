import { describe, expect, it } from "@jest/globals";
import { NotLeadingError } from "@sluice/errors";
import type { MetaStore } from "@sluice/metastore";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import fc from "fast-check";
import { IdAllocator } from "../src/id-allocator.ts";
import { TsoService } from "../src/tso-service.ts";

/** Counts the writes of a store. */
function counting(store: MetaStore): { writes: number } {
  const counter = { writes: 0 };
  const commit = store.commit.bind(store);
  store.commit = (transaction) => {
    counter.writes++;
    return commit(transaction);
  };
  return counter;
}

describe("ids", () => {
  it("begin with 16 digits and follow one another, one write a million", async () => {
    const store = new MemoryMetaStore();
    const counter = counting(store);
    const ids = await IdAllocator.open(store);
    const first = await Promise.all([ids.allocate(1), ids.allocate(10), ids.allocate(999_989n)]);
    expect(first).toEqual([1_000_000_000_000_000n, 1_000_000_000_000_001n, 1_000_000_000_000_011n]);
    expect(counter.writes).toBe(1);
    expect(await ids.allocate(1)).toBe(1_000_000_001_000_000n);
    expect(counter.writes).toBe(2);
  });

  it("come in ranges of any length", async () => {
    const ids = await IdAllocator.open(new MemoryMetaStore());
    expect(await ids.allocate(1)).toBe(1_000_000_000_000_000n);
    expect(await ids.allocate(5_000_000_000)).toBe(1_000_000_000_000_001n);
    expect(await ids.allocate(1)).toBe(1_000_005_000_000_001n);
    await expect(ids.allocate(1n << 53n)).rejects.toThrow("used up");
    await expect(ids.allocate(0)).rejects.toThrow(RangeError);
    await expect(ids.allocate(1.5)).rejects.toThrow(RangeError);
    expect(await ids.allocate(1)).toBe(1_000_005_000_000_002n);
  });

  it("a failed write hands out nothing and holds up nobody", async () => {
    const store = new MemoryMetaStore();
    const ids = await IdAllocator.open(store);
    const commit = store.commit.bind(store);
    store.commit = () => Promise.reject(new Error("the disk is full"));
    await expect(ids.allocate(1)).rejects.toThrow("the disk is full");
    store.commit = commit;
    expect(await ids.allocate(1)).toBe(1_000_000_000_000_000n);
  });

  it("never repeat, whoever allocates and however often it starts again", async () => {
    const counts = fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 2_000_000 })), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(counts, async (steps) => {
        const store = new MemoryMetaStore();
        const allocators = [await IdAllocator.open(store), await IdAllocator.open(store)];
        const ranges: [bigint, bigint][] = [];
        for (const [who, count] of steps) {
          if (who === 2) allocators[0] = await IdAllocator.open(store);
          const first = await allocators[who % 2].allocate(count);
          ranges.push([first, first + BigInt(count)]);
        }
        ranges.sort((a, b) => (a[0] < b[0] ? -1 : 1));
        for (let i = 1; i < ranges.length; i++) expect(ranges[i][0]).toBeGreaterThanOrEqual(ranges[i - 1][1]);
      }),
      { seed: 7, numRuns: 50 },
    );
  });
});

describe("timestamps", () => {
  const ms = 1_767_225_600_000;

  it("are milliseconds and a counter, and follow one another", async () => {
    const tso = await TsoService.open(new MemoryMetaStore(), () => ms);
    const got = await Promise.all([tso.allocate(1), tso.allocate(5), tso.allocate(1)]);
    const begin = BigInt(ms) << 18n;
    expect(got).toEqual([begin, begin + 1n, begin + 6n]);
    await expect(tso.allocate(0)).rejects.toThrow(RangeError);
  });

  it("go on growing when the clock goes back, also across restarts", async () => {
    const store = new MemoryMetaStore();
    let now = ms;
    const first = await TsoService.open(store, () => now);
    const before = await first.allocate(1_000_000);
    now -= 60_000;
    const after = await first.allocate(1);
    const successor = await TsoService.open(store, () => now);
    const later = await successor.allocate(1);
    expect(after).toBe(before + 1_000_000n);
    expect(later).toBeGreaterThan(after);
  });

  it("are three seconds ahead of the clock at most, however often a rootcoord restarts", async () => {
    const store = new MemoryMetaStore();
    let now = ms;
    let last = 0n;
    for (let i = 0; i < 100; i++, now += 100) {
      const next = await (await TsoService.open(store, () => now)).allocate(1);
      expect(next).toBeGreaterThan(last);
      last = next;
    }
    expect(Number(last >> 18n) - now).toBeLessThanOrEqual(3000);
  });

  it("cost a write only now and then", async () => {
    const store = new MemoryMetaStore();
    const counter = counting(store);
    let now = ms;
    const tso = await TsoService.open(store, () => now);
    for (; now < ms + 9000; now += 10) await tso.allocate(3);
    expect(counter.writes).toBeLessThan(5);
  });

  it("go on when no limit can be saved, below the last one, and with the clock when one can", async () => {
    const store = new MemoryMetaStore();
    let now = ms;
    const tso = await TsoService.open(store, () => now);
    const last = await tso.allocate(1);
    const commit = store.commit.bind(store);
    store.commit = () => Promise.reject(new Error("no space left"));
    now += 60_000;
    expect([await tso.allocate(5), await tso.allocate(1)]).toEqual([last + 1n, last + 6n]);
    store.commit = () => Promise.reject(new NotLeadingError("rootcoord"));
    await expect(tso.allocate(1)).rejects.toThrow(NotLeadingError);
    store.commit = commit;
    expect(await tso.allocate(1)).toBe(BigInt(now) << 18n);
  });

  it("fail with what failed when nothing is left below the last limit", async () => {
    const store = new MemoryMetaStore();
    store.commit = () => Promise.reject(new Error("no space left"));
    const tso = await TsoService.open(store, () => ms);
    await expect(tso.allocate(1)).rejects.toThrow("no space left");
  });

  it("do not repeat when another rootcoord has taken over", async () => {
    const store = new MemoryMetaStore();
    const old = await TsoService.open(store, () => ms);
    const a = await old.allocate(1);
    const successor = await TsoService.open(store, () => ms);
    const b = await successor.allocate(1);
    const c = await old.allocate(1 << 30);
    expect(b).toBeGreaterThan(a);
    expect(c).toBeGreaterThan(b);
  });
});
