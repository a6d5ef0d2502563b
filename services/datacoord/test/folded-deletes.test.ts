import { describe, expect, it } from "@jest/globals";
import { type ChangeRecord, type Visibility, visibleAfter } from "@sluice/catalog";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import { collectionId, type SegmentId, segmentId } from "@sluice/schema";
import fc from "fast-check";
import type { NewChange } from "../src/change.ts";
import { ChangeBook } from "../src/change-book.ts";

const collection = collectionId(7n);

/** A book whose timestamps are 1, 2, 3 …, and all changes that were ever made. */
class World {
  readonly store = new MemoryMetaStore();
  readonly made: ChangeRecord[] = [];
  lastTs = 0n;
  book = this.#open();

  #open(): ChangeBook {
    return new ChangeBook(this.store, async () => ++this.lastTs);
  }

  async reopen(): Promise<void> {
    this.book = this.#open();
    await this.book.load();
  }

  async change(parts: Partial<NewChange>): Promise<void> {
    const change = { collectionId: collection, changeId: this.lastTs, adds: [], removes: [], extends: [], rowCount: 0 };
    this.made.push((await this.book.commit({ ...change, ...parts })).record);
  }

  /** Of rows of these segments. */
  delete(segments: Iterable<SegmentId>, more: Partial<NewChange> = {}): Promise<void> {
    const logs = { fieldId: 100, logIds: [this.lastTs], rowCounts: [1], sizesBytes: [1] };
    const extensionOf = (id: SegmentId) => ({
      segmentId: id,
      insertLogs: [],
      statsLogs: [],
      deltaLogs: [logs],
      deletedRows: 1,
    });
    const callIds = [this.lastTs];
    return this.change({ extends: Array.from(segments, extensionOf), callIds, ...more });
  }

  async fold(until: bigint): Promise<void> {
    while (await this.book.fold(collection, until));
  }

  records(): number {
    return [...this.book.changesOf(collection)].length;
  }

  /** What is answered at each time is what was true then, or a refusal. @returns the times that are refused */
  async refusedTimes(): Promise<bigint[]> {
    const refused: bigint[] = [];
    for (let at = 1n; at <= this.lastTs; at++) {
      const found = await this.book.snapshot(collection, at).catch(() => undefined);
      if (found) expect(plain(found.visible)).toEqual(plain(visibleAfter(this.made, at)));
      else refused.push(at);
    }
    return refused;
  }
}

const plain = (visible: ReadonlyMap<SegmentId, Visibility>) =>
  new Map([...visible].sort(([a], [b]) => (a < b ? -1 : 1)));
const ids = (...numbers: number[]) => numbers.map((id) => segmentId(BigInt(id)));

describe("deletes that later ones say again (S7)", () => {
  it("leave one record for a segment, whatever there was of them, and what is seen stays", async () => {
    const world = new World();
    await world.change({ adds: ids(1) });
    for (let i = 0; i < 3000; i++) await world.delete(ids(1));
    expect(world.records()).toBe(3001);
    await world.fold(world.lastTs);
    expect(world.records()).toBe(2);
    await world.reopen();
    expect(world.records()).toBe(2);
    expect(plain(world.book.visible(collection))).toEqual(plain(visibleAfter(world.made)));
  });

  it("cost a write each to be forgotten, and one to say so", async () => {
    const world = new World();
    await world.change({ adds: ids(1) });
    for (let i = 0; i < 500; i++) await world.delete(ids(1));
    let writes = 0;
    const commit = world.store.commit.bind(world.store);
    world.store.commit = (transaction) => {
      writes += transaction.writes.length;
      return commit(transaction);
    };
    await world.fold(world.lastTs);
    expect(writes).toBe(500);
    await world.fold(world.lastTs);
    expect(writes).toBe(500);
  });

  it("of which somebody may still read are kept, and who reads from before is refused, after a restart too", async () => {
    const world = new World();
    await world.change({ adds: ids(1, 2) });
    for (const segments of [ids(1), ids(2), ids(1), ids(2), ids(1)]) await world.delete(segments);
    await world.fold(4n);
    expect(await world.refusedTimes()).toEqual([1n, 2n, 3n]);
    await world.reopen();
    expect(await world.refusedTimes()).toEqual([1n, 2n, 3n]);
  });

  it("of a job leave a record that says nothing, as long as it may ask for its change again", async () => {
    const world = new World();
    await world.change({ adds: ids(1) });
    await world.delete(ids(1), { callIds: undefined });
    await world.delete(ids(1));
    await world.fold(world.lastTs);
    expect(world.records()).toBe(3);
    const spent = world.book.spent(collection, () => false);
    expect(spent).toMatchObject([{ adds: [], removes: [], extends: [] }]);
    await world.book.forget(collection, spent);
    expect(plain(world.book.visible(collection))).toEqual(plain(visibleAfter(world.made)));
  });

  it("are the last ones where one change says them twice", async () => {
    const world = new World();
    await world.change({ adds: ids(1) });
    await world.delete(ids(1, 1));
    await world.fold(world.lastTs);
    await world.reopen();
    expect(plain(world.book.visible(collection))).toEqual(plain(visibleAfter(world.made)));
    expect(world.book.visible(collection).get(segmentId(1n))?.extension?.deltaLogs).toBeDefined();
  });

  it("and rows that came with them are kept, and calls are known as long as their records", async () => {
    const world = new World();
    await world.change({ adds: ids(1) });
    await world.delete(ids(1), { adds: ids(2), callIds: [71n] });
    await world.delete(ids(1), { callIds: [72n] });
    await world.delete(ids(1), { callIds: [73n] });
    await world.fold(world.lastTs);
    const isKnown = (call: bigint) => world.book.changeOfCall(collection, call) !== undefined;
    expect([71n, 72n, 73n].map(isKnown)).toEqual([true, false, true]);
    expect([...world.book.visible(collection).keys()]).toEqual(ids(1, 2));
  });

  it("are refused where one record cannot hold what they say, and change nothing", async () => {
    const world = new World();
    const many = ids(...Array.from({ length: 12_000 }, (_, i) => i + 1));
    await world.change({ adds: many });
    await expect(world.delete(many)).rejects.toMatchObject({
      code: "job_failed",
      reason: expect.stringContaining("in parts"),
    });
    expect(world.records()).toBe(1);
    await world.delete(many.slice(0, 2000));
    expect(world.records()).toBe(2);
  });

  const segments = fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 });
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant("delete"), segments, adds: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("merge"), segments, adds: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("fold"), back: fc.nat(5), dieAfter: fc.option(fc.nat(3)) }) },
  );

  it("are never missed by who is answered, in whatever order and wherever the process dies", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const world = new World();
        let next = 5;
        await world.change({ adds: ids(1, 2, 3, 4, 5) });
        for (const one of steps) {
          if ("segments" in one) {
            const visible = [...world.book.visible(collection).keys()];
            const chosen = new Set(one.segments.flatMap((n) => visible[n % visible.length] ?? []));
            const adds = one.adds ? ids(++next) : [];
            if (one.kind === "delete") await world.delete(chosen, { adds });
            else await world.change({ removes: [...chosen], adds: ids(++next) });
          } else await foldAndDie(world, BigInt(one.back), one.dieAfter);
          await world.refusedTimes();
        }
        expect(plain(world.book.visible(collection))).toEqual(plain(visibleAfter(world.made)));
      }),
      { seed: 7, numRuns: 60 },
    );
  });
});

/** Folds what is older than `back` changes; dies after so many writes, then starts again. */
async function foldAndDie(world: World, back: bigint, dieAfter: number | null): Promise<void> {
  const { commit } = world.store;
  if (dieAfter !== null)
    world.store.commit = async ({ guards, writes }) => {
      await commit.call(world.store, { guards, writes: writes.slice(0, dieAfter) });
      throw new Error("killed");
    };
  const folded = world.fold(world.lastTs - back);
  await (dieAfter === null ? folded : folded.catch(() => {}));
  world.store.commit = commit;
  await world.reopen();
}
