import { describe, expect, it } from "@jest/globals";
import type { TaskRecord } from "@sluice/catalog";
import { newTask } from "@sluice/jobs";
import { jobId } from "@sluice/schema";

import { persisted, resultOf, started, world } from "./job-world.ts";

describe("a job", () => {
  /** A planner that need not look into files. */
  function planAtOnce(count = 1) {
    const task = { ...newTask, kind: "import", group: 0, sizeBytes: 100 } as const;
    const tasks = Array.from({ length: count }, () => task);
    Object.assign(world.planners.import, { plan: async () => tasks, planAtOnce: () => tasks });
  }

  it("whose files need no look is recorded with its tasks, and makes four transactions in all", async () => {
    planAtOnce();
    const id = await world.submit({ files: ["a.jsonl"] });
    expect([world.state(id), world.store.transactions]).toEqual(["importing", 1]);
    await world.until(() => world.dataCoord.dispatched.length === 1);
    const { order } = await world.reports.startTask({ jobId: id, taskId: world.tasks(id)[0].taskId, nodeId: 9n });
    await world.reports.report(resultOf(order, persisted));
    expect(world.store.transactions).toBe(3);
    await world.until(() => world.state(id) === "completed");
    expect(world.store.transactions).toBe(4);
  });

  it("has its tasks after a restart where it was recorded with them", async () => {
    planAtOnce(3);
    const id = await world.submit({ files: ["a.jsonl"] });
    const tasks = world.tasks(id);
    await world.restart();
    expect(tasks).toHaveLength(3);
    expect(world.tasks(id)).toEqual(tasks);
    await world.until(() => world.dataCoord.queued.size === 3);
  });

  it("with too many tasks for one transaction is cut by the loop", async () => {
    planAtOnce(200);
    const id = await world.submit({ files: ["a.jsonl"] });
    expect(world.tasks(id)).toEqual([]);
    await world.until(() => world.dataCoord.dispatched.length === 200);
  });

  it("B3: whose tasks begin at once needs few transactions, and each task its own attempt", async () => {
    planAtOnce(200);
    const id = await world.submit({ files: ["a.jsonl"] });
    await world.until(() => world.dataCoord.dispatched.length === 200);
    const before = world.store.transactions;
    const start = ({ taskId }: TaskRecord) => world.reports.startTask({ jobId: id, taskId, nodeId: 9n });
    const begun = await Promise.all(world.tasks(id).map(start));
    expect(begun.every(({ order }) => order?.attempt === 1n)).toBe(true);
    expect(world.store.transactions - before).toBeLessThanOrEqual(5);
    world.store.lostAnswers = 1;
    const results = begun.map(({ order }) => world.reports.report(resultOf(order, persisted)));
    await Promise.all(results);
    await world.until(() => world.state(id) === "completed");
    expect(world.tasks(id).every(({ attempt, state }) => attempt === 1 && state === "persisted")).toBe(true);
  });

  it("with many tasks is cut into them by one transaction, and each has a record of its own from its beginning on", async () => {
    planAtOnce(3000);
    const id = await world.submit({ files: ["a.jsonl"] });
    const before = world.store.transactions;
    await world.until(() => world.dataCoord.dispatched.length === 3000);
    expect(world.store.transactions - before).toBeLessThanOrEqual(3);
    const keys = async (prefix: string) => (await Array.fromAsync(world.store.scan(prefix))).map(({ key }) => key);
    expect(await keys("task/")).toEqual([]);
    const [first, second] = world.tasks(id);
    await world.reports.startTask({ jobId: id, taskId: second.taskId, nodeId: 9n });
    expect(await keys("task/")).toEqual([`task/${id}/${second.taskId}`]);
    const tasks = world.tasks(id);
    await world.restart();
    expect(world.tasks(id)).toEqual(tasks);
    await world.reports.startTask({ jobId: id, taskId: first.taskId, nodeId: 9n });
    expect(world.tasks(id).map(({ attempt }) => attempt)).toEqual([1, 1, ...Array.from({ length: 2998 }, () => 0)]);
    await world.book.forget(jobId(id));
    expect([...(await keys("task/")), ...(await keys("plan/")), ...(await keys("job/"))]).toEqual([]);
  });

  it("B4: whose plan was written by a transaction whose answer was lost has its tasks once", async () => {
    planAtOnce(1500);
    const id = await world.submit({ files: ["a.jsonl"] });
    world.store.lostAnswers = 2;
    await world.until(() => world.dataCoord.queued.size === 1500);
    expect(world.tasks(id)).toHaveLength(1500);
    await world.restart();
    expect(world.tasks(id)).toHaveLength(1500);
  });

  it("with many tasks is handed over by few calls", async () => {
    planAtOnce(200);
    await world.submit({ files: ["a.jsonl"] });
    await world.until(() => world.dataCoord.dispatched.length === 200);
    expect(world.dataCoord.calls).toEqual([64, 64, 64, 8]);
  });

  it("is one job with its tasks when two requests with one key meet", async () => {
    planAtOnce();
    const request = { files: ["a.jsonl"], idempotencyKey: "k" };
    const [one, other] = await Promise.all([world.submit(request), world.submit(request)]);
    expect(other).toBe(one);
    expect(world.tasks(one)).toHaveLength(1);
    expect(world.book.all()).toHaveLength(1);
  });

  it("hands a task over again when the datacoord was away", async () => {
    world.dataCoord.failNext = true;
    await started(["a.jsonl"]);
    expect(world.dataCoord.dispatched.length).toBeGreaterThan(0);
  });

  it("hands over again what the queue has lost, and nothing else", async () => {
    const { id } = await started(["a.jsonl", "b.jsonl"]);
    const [kept, lost] = world.tasks(id).map((task) => task.taskId);
    world.dataCoord.queued.delete(lost);
    await world.until(() => world.dataCoord.dispatched.filter((task) => task === lost).length === 2);
    expect(world.dataCoord.dispatched.filter((task) => task === kept)).toEqual([kept]);
  });
});
