import { setImmediate as immediate } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { common } from "@sluice/rpc";
import { jobId } from "@sluice/schema";
import { JobViews } from "../src/jobs/job-views.ts";

import { persisted, resultOf, started, world } from "./job-world.ts";

describe("a job", () => {
  it("goes from request to completed, one commit for all tasks", async () => {
    const { id, orders } = await started(["a.jsonl", "b.jsonl"]);
    expect(orders.map((order) => [order.kind, order.input])).toEqual([
      ["import", '{"path":"a.jsonl"}'],
      ["import", '{"path":"b.jsonl"}'],
    ]);
    await world.reports.report(resultOf(orders[0], { ...persisted, autoIds: [5n, 10n] }));
    expect(world.state(id)).toBe("importing");
    await world.reports.report(resultOf(orders[1], { ...persisted, autoIds: [10n, 12n] }));
    await world.until(() => world.state(id) === "completed");
    expect(world.dataCoord.commits).toBe(1);
    const state = await new JobViews({ book: world.book }).state({ task: id });
    expect(state).toMatchObject({
      state: common.ImportState.ImportCompleted,
      rowCount: 20n,
      idList: [5n, 12n],
      segmentIds: orders.map((order) => order.taskId + 5000n),
      id,
    });
    expect(Object.fromEntries(state.infos.map(({ key, value }) => [key, value]))).toMatchObject({
      files: "a.jsonl,b.jsonl",
      collection: "books",
      progress_percent: "100",
    });
  });

  it("that comes with others is looked at between rounds of the event loop, in which everybody else is served", async () => {
    let rounds = 0;
    let isOn = true;
    const counting = (async () => {
      for (; isOn; rounds++) await immediate();
    })();
    await Promise.all(Array.from({ length: 3 }, () => world.submit({ files: ["a.jsonl", "b.jsonl"] })));
    isOn = false;
    await counting;
    expect(rounds).toBeGreaterThanOrEqual(2 * 3);
  });

  it("is refused for what its last report tells also where a look had begun before", async () => {
    const refusal = (_: unknown, tasks: readonly { readonly state: string }[]) =>
      tasks.every(({ state }) => state === "persisted") ? { code: "value_invalid", reason: "bad rows" } : undefined;
    Object.assign(world.planners.import ?? {}, { refusal });
    const { id, orders } = await started(["a.jsonl"]);
    const [begun, goesOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    world.asking = () => {
      begun.resolve();
      return goesOn.promise;
    };
    world.loop.wake(jobId(id));
    await begun.promise;
    await world.reports.report(resultOf(orders[0], persisted));
    goesOn.resolve();
    await world.until(() => ["failed", "completed"].includes(world.state(id)));
    expect(world.state(id)).toBe("failed");
    expect(world.dataCoord.commits).toBe(0);
  });

  it("goes on after a restart at every stage", async () => {
    const { id, orders } = await started(["a.jsonl", "b.jsonl"]);
    await world.reports.report(resultOf(orders[0], persisted));
    await world.restart();
    expect(world.tasks(id).map((task) => task.state)).toEqual(["persisted", "running"]);
    await world.until(() => world.dataCoord.dispatched.filter((task) => task === orders[1].taskId).length >= 2);
    const again = await world.reports.startTask({ jobId: id, taskId: orders[1].taskId, nodeId: 10n });
    expect(again.order?.attempt).toBe(2n);
    await world.reports.report(resultOf(again.order, persisted));
    await world.until(() => world.state(id) === "completed");
  });

  it("B4: goes on when the answers of the metastore get lost", async () => {
    world.store.lostAnswers = 1;
    const id = await world.submit({ files: ["a.jsonl"], idempotencyKey: "once" });
    world.store.lostAnswers = 1;
    await world.until(() => world.dataCoord.dispatched.length === 1);
    const [{ taskId: task }] = world.tasks(id);
    world.store.lostAnswers = 1;
    const { order } = await world.reports.startTask({ jobId: id, taskId: task, nodeId: 3n });
    world.store.lostAnswers = 2;
    await world.reports.report(resultOf(order, { state: common.ImportState.ImportPersisted, rowCount: 10n }));
    await world.until(() => world.state(id) === "completed");
    expect(world.tasks(id)[0]).toMatchObject({ state: "persisted", rowCount: 10, attempt: Number(order?.attempt) });
    expect(world.book.all()).toHaveLength(1);
  });

  it("D10: fails at its deadline and when its collection is dropped, with Milvus's words", async () => {
    const late = await world.submit({ files: ["a.jsonl"], options: [{ key: "timeout", value: "10s" }] });
    await world.until(() => world.state(late) === "importing");
    world.nowMs += 10_001;
    await world.until(() => world.state(late) === "failed");
    expect((await new JobViews({ book: world.book }).describe({ jobId: late })).job?.reason).toBe("import timeout");
    const orphan = await world.submit({ files: ["a.jsonl"] });
    world.dropped = "collection 77";
    world.loop.wake(jobId(orphan));
    await world.until(() => world.state(orphan) === "failed");
    expect((await new JobViews({ book: world.book }).describe({ jobId: orphan })).job?.reason).toBe(
      "collection 77 dropped",
    );
  });

  it("fails with the place of a broken header, and cancels nothing that never ran", async () => {
    world.planError = new ImportError("malformed_file", "not a parquet file", { file: "a.jsonl", byteOffset: 0 });
    const id = await world.submit({ files: ["a.jsonl"] });
    await world.until(() => world.state(id) === "failed");
    expect((await new JobViews({ book: world.book }).state({ task: id })).infos).toContainEqual({
      key: "failed_reason",
      value: "not a parquet file (a.jsonl, byte 0)",
    });
  });
});
