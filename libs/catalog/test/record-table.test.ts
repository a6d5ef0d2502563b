import { describe, expect, it } from "@jest/globals";
import { commitWithRetry, RecordTable } from "@sluice/catalog";
import { MemoryMetaStore } from "@sluice/metastore";

interface Job {
  readonly jobId: bigint;
  readonly rows: number;
}

interface Task {
  readonly name: string;
}

function open() {
  const store = new MemoryMetaStore();
  return {
    store,
    jobs: new RecordTable<Job, bigint>(store, "job"),
    tasks: new RecordTable<Task, readonly [bigint, bigint]>(store, "task"),
    names: new RecordTable<Task, readonly [string, string]>(store, "name"),
  };
}

describe("RecordTable", () => {
  it("puts, gets and deletes typed records", async () => {
    const { jobs } = open();
    expect(await jobs.get(5n)).toBeUndefined();
    const revision = await jobs.put(5n, { jobId: 5n, rows: 7 });
    expect(await jobs.get(5n)).toEqual({ key: "job/5", record: { jobId: 5n, rows: 7 }, revision });
    expect(await jobs.create(5n, { jobId: 5n, rows: 0 })).toBe(false);
    await jobs.delete(5n);
    expect(await jobs.create(5n, { jobId: 5n, rows: 0 })).toBe(true);
  });

  it("scans a table, or what belongs to one id", async () => {
    const { tasks, jobs } = open();
    await jobs.put(1n, { jobId: 1n, rows: 0 });
    for (const [job, task] of [
      [1n, 10n],
      [1n, 11n],
      [12n, 13n],
      [2n, 14n],
    ] as const) {
      await tasks.put([job, task], { name: `${job}-${task}` });
    }
    const names = (first?: bigint[]) => Array.fromAsync(tasks.scan(first), (entry) => entry.record.name);
    expect(await names()).toEqual(["1-10", "1-11", "12-13", "2-14"]);
    expect(await names([1n])).toEqual(["1-10", "1-11"]);
    expect(await names([3n])).toEqual([]);
  });

  it("keeps names apart that hold slashes", async () => {
    const { names } = open();
    await names.put(["a/b", "c"], { name: "first" });
    await names.put(["a", "b/c"], { name: "second" });
    expect((await names.get(["a/b", "c"]))?.record.name).toBe("first");
    expect(names.key(["a%2Fb", "c"])).not.toBe(names.key(["a/b", "c"]));
    expect(await Array.fromAsync(names.scan(["a"]))).toHaveLength(1);
  });

  it("updates in turn when many update one record", async () => {
    const { jobs } = open();
    await jobs.put(1n, { jobId: 1n, rows: 0 });
    await Promise.all(Array.from({ length: 30 }, () => jobs.update(1n, (job) => ({ ...job, rows: job.rows + 1 }))));
    expect((await jobs.get(1n))?.record.rows).toBe(30);
  });

  it("leaves a record that needs no change, and a missing one", async () => {
    const { jobs } = open();
    const revision = await jobs.put(1n, { jobId: 1n, rows: 3 });
    expect(await jobs.update(1n, () => undefined)).toEqual({ key: "job/1", record: { jobId: 1n, rows: 3 }, revision });
    expect(await jobs.update(2n, (job) => job)).toBeUndefined();
  });

  it("gives up on a record that never stands still", async () => {
    const { jobs, store } = open();
    await jobs.put(1n, { jobId: 1n, rows: 0 });
    const disturb = (job: Job) => {
      void store.commit({ guards: [], writes: [jobs.write(1n, { jobId: 1n, rows: -1 })] });
      return { ...job, rows: 1 };
    };
    await expect(jobs.update(1n, disturb)).rejects.toThrow("job/1 changed 100 times");
  });

  it("builds transactions over several records", async () => {
    const { store, jobs, tasks } = open();
    await jobs.put(1n, { jobId: 1n, rows: 0 });
    const planTasks = () =>
      commitWithRetry(store, async () => {
        const job = await jobs.get(1n);
        if (!job || job.record.rows > 0) return { result: "planned before" };
        return {
          transaction: {
            guards: [jobs.guard(job), tasks.absent([1n, 2n])],
            writes: [jobs.write(1n, { ...job.record, rows: 2 }), tasks.write([1n, 2n], { name: "t" })],
          },
          result: "planned",
        };
      });
    expect((await Promise.all([planTasks(), planTasks(), planTasks()])).sort()).toEqual([
      "planned",
      "planned before",
      "planned before",
    ]);
    await store.commit({ guards: [], writes: [tasks.remove([1n, 2n])] });
    expect(await tasks.get([1n, 2n])).toBeUndefined();
  });

  it("watches a table", async () => {
    const { jobs, tasks } = open();
    const abort = new AbortController();
    const changes = tasks.watch(abort.signal, [1n])[Symbol.asyncIterator]();
    await jobs.put(1n, { jobId: 1n, rows: 0 });
    await tasks.put([10n, 1n], { name: "other" });
    await tasks.put([1n, 1n], { name: "this" });
    expect([...(await changes.next()).value]).toEqual(["task/1/1"]);
    abort.abort();
  });
});
