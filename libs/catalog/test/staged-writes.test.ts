import { beforeEach, describe, expect, it } from "@jest/globals";
import { commitInPages, commitStaged, type RecordEntry, RecordTable, type Table } from "@sluice/catalog";
import type { MetaTransaction } from "@sluice/metastore";
import { MemoryMetaStore } from "@sluice/metastore/testing";

interface Task {
  readonly taskId: bigint;
  readonly text: string;
}
const TASKS: Table<Task, bigint> = { name: "task", idOf: ({ taskId }) => taskId };

/** A metastore that notes its transactions, and whose answers get lost: what was asked for is done, yet nobody hears of it. */
class NotedStore extends MemoryMetaStore {
  readonly transactions: MetaTransaction[] = [];
  lostAnswers = 0;

  override async commit(transaction: MetaTransaction): Promise<bigint | undefined> {
    this.transactions.push(transaction);
    const revision = await super.commit(transaction);
    if (this.lostAnswers === 0) return revision;
    this.lostAnswers--;
    return undefined;
  }
}

let store: NotedStore;
let table: RecordTable<Task, bigint>;
let copy: Map<bigint, RecordEntry<Task>>;

beforeEach(() => {
  store = new NotedStore();
  table = new RecordTable(store, TASKS);
  copy = new Map();
});

const task = (taskId: number, text = "x"): Task => ({ taskId: BigInt(taskId), text });
const stage = (record: Task) =>
  table.stage(record, copy.get(record.taskId), (stored) => {
    if (stored) copy.set(record.taskId, stored);
    else copy.delete(record.taskId);
  });
const write = (records: readonly Task[]) => commitInPages(store, records.map(stage));
const stored = () => Array.fromAsync(table.scan(), ({ record }) => record);

describe("staged writes", () => {
  it("go out in transactions of as many operations as the store takes", async () => {
    const records = Array.from({ length: 200 }, (_, i) => task(i));
    expect(await write(records)).toBe(true);
    const sizes = store.transactions.map(({ guards, writes }) => guards.length + writes.length);
    expect(sizes).toEqual([128, 128, 128, 16]);
    expect(copy.size).toBe(200);
    expect(await stored()).toHaveLength(200);
  });

  it("go out in transactions of a megabyte, counted in bytes of UTF-8", async () => {
    await write([1, 2, 3, 4, 5, 6, 7].map((id) => task(id, "é".repeat(150_000))));
    const sizes = store.transactions.map(({ writes }) =>
      writes.reduce((sum, { value = "" }) => sum + Buffer.byteLength(value), 0),
    );
    expect(sizes).toHaveLength(3);
    expect(Math.max(...sizes)).toBeLessThan(1 << 20);
  });

  it("are guarded by what the copy was read at, in every transaction also by what is asked for besides", async () => {
    const also = { key: "job/1", revision: 0n };
    const staged = (text: string) => Array.from({ length: 100 }, (_, i) => stage(task(i, text)));
    expect(await commitInPages(store, staged("x"), [also])).toBe(true);
    for (const { guards } of store.transactions) expect(guards[0]).toEqual(also);
    await store.commit({ guards: [], writes: [{ key: "job/1", value: "moved" }] });
    expect(await commitInPages(store, staged("late"), [also])).toBe(false);
    expect(copy.get(5n)?.record.text).toBe("x");
  });

  it("know what is stored when an answer was lost, and go on", async () => {
    store.lostAnswers = 2;
    expect(await write(Array.from({ length: 100 }, (_, i) => task(i)))).toBe(true);
    expect(copy.size).toBe(100);
    expect(await write([task(3, "next")])).toBe(true);
    expect(copy.get(3n)?.record.text).toBe("next");
  });

  it("stop where records had moved, and take over what stands there", async () => {
    await write([task(1), task(2)]);
    await store.commit({ guards: [], writes: [table.write(task(2, "another's"))] });
    expect(await write([task(1, "mine"), task(2, "mine")])).toBe(false);
    expect(copy.get(1n)?.record.text).toBe("x");
    expect(copy.get(2n)?.record.text).toBe("another's");
    expect(await write([task(1, "mine"), task(2, "mine")])).toBe(true);
    expect((await stored()).map(({ text }) => text)).toEqual(["mine", "mine"]);
  });

  it("do not replace a record that must be new", async () => {
    await write([task(1)]);
    copy.clear();
    expect(await write([task(1, "again")])).toBe(false);
    expect(copy.get(1n)?.record.text).toBe("x");
  });

  it("remove whatever is there, also when the answer is lost", async () => {
    await write([task(1), task(2)]);
    store.lostAnswers = 1;
    const removals = [1n, 2n].map((id) => table.stageRemoval(id, (entry) => entry ?? copy.delete(id)));
    expect(await commitStaged(store, removals)).toBe(true);
    expect(copy.size).toBe(0);
    expect(await stored()).toEqual([]);
  });
});
