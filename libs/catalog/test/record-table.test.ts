import { describe, expect, it } from "@jest/globals";
import { commitWithRetry, RecordTable, type Table } from "@sluice/catalog";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import { keyOf } from "../src/table.ts";

interface Job {
  readonly jobId: bigint;
  readonly rows: number;
}
interface Task {
  readonly jobId: bigint;
  readonly taskId: bigint;
}
interface Name {
  readonly database: string;
  readonly name: string;
}

const JOBS: Table<Job, bigint> = { name: "job", idOf: ({ jobId }) => jobId };
const TASKS: Table<Task, readonly [bigint, bigint]> = { name: "task", idOf: ({ jobId, taskId }) => [jobId, taskId] };
const NAMES: Table<Name, readonly [string, string]> = { name: "name", idOf: ({ database, name }) => [database, name] };

function open() {
  const store = new MemoryMetaStore();
  return {
    store,
    jobs: new RecordTable(store, JOBS),
    tasks: new RecordTable(store, TASKS),
    names: new RecordTable(store, NAMES),
  };
}

describe("RecordTable", () => {
  it("writes, reads and removes typed records", async () => {
    const { store, jobs } = open();
    expect(await jobs.get(5n)).toBeUndefined();
    const revision = await store.commit({ guards: [jobs.absent(5n)], writes: [jobs.write({ jobId: 5n, rows: 7 })] });
    expect(await jobs.get(5n)).toEqual({ key: "job/5", record: { jobId: 5n, rows: 7 }, revision });
    await store.commit({ guards: [], writes: [jobs.remove(5n)] });
    expect(await jobs.get(5n)).toBeUndefined();
  });

  it("decodes a record once, and anew when another one has written it", async () => {
    const { store, jobs } = open();
    await store.commit({ guards: [], writes: [jobs.write({ jobId: 5n, rows: 7 })] });
    const first = await jobs.get(5n);
    expect(await jobs.get(5n)).toBe(first);
    await store.commit({ guards: [], writes: [new RecordTable(store, JOBS).write({ jobId: 5n, rows: 8 })] });
    expect((await jobs.get(5n))?.record.rows).toBe(8);
    expect(first?.record.rows).toBe(7);
  });

  it("scans a table, or what belongs to one id", async () => {
    const { store, jobs, tasks } = open();
    const ids = [
      [1n, 10n],
      [1n, 11n],
      [12n, 13n],
      [2n, 14n],
    ] as const;
    const writes = ids.map(([jobId, taskId]) => tasks.write({ jobId, taskId }));
    await store.commit({ guards: [], writes: [jobs.write({ jobId: 1n, rows: 0 }), ...writes] });
    const taskIds = (first?: bigint[]) => Array.fromAsync(tasks.scan(first), ({ record }) => record.taskId);
    expect(await taskIds()).toEqual([10n, 11n, 13n, 14n]);
    expect(await taskIds([1n])).toEqual([10n, 11n]);
    expect(await taskIds([3n])).toEqual([]);
  });

  it("keeps names apart that hold slashes", async () => {
    const { store, names } = open();
    const first = { database: "a/b", name: "c" };
    const second = { database: "a", name: "b/c" };
    await store.commit({ guards: [], writes: [names.write(first), names.write(second)] });
    expect((await names.get(["a/b", "c"]))?.record).toEqual(first);
    expect(keyOf(NAMES, ["a%2Fb", "c"])).not.toBe(keyOf(NAMES, ["a/b", "c"]));
    expect(await Array.fromAsync(names.scan(["a"]))).toHaveLength(1);
  });

  it("builds transactions over several records", async () => {
    const { store, jobs, tasks } = open();
    await store.commit({ guards: [], writes: [jobs.write({ jobId: 1n, rows: 0 })] });
    const planTasks = () =>
      commitWithRetry(store, async () => {
        const job = await jobs.get(1n);
        if (!job || job.record.rows > 0) return { result: "planned before" };
        return {
          transaction: {
            guards: [jobs.guard(job), tasks.absent([1n, 2n])],
            writes: [jobs.write({ ...job.record, rows: 2 }), tasks.write({ jobId: 1n, taskId: 2n })],
          },
          result: "planned",
        };
      });
    expect((await Promise.all([planTasks(), planTasks(), planTasks()])).sort()).toEqual([
      "planned",
      "planned before",
      "planned before",
    ]);
  });
});
