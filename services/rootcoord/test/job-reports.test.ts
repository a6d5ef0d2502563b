import { describe, expect, it } from "@jest/globals";
import { RecordReader, TASKS } from "@sluice/catalog";
import { common } from "@sluice/rpc";
import { jobId } from "@sluice/schema";
import { JobViews } from "../src/jobs/job-views.ts";

import { persisted, resultOf, started, world } from "./job-world.ts";

describe("reports", () => {
  it("S8: the order of an attempt names the revision of the record in which it is the current one", async () => {
    const { id, orders } = await started(["a.jsonl"]);
    const revisions = async () =>
      (await Array.fromAsync(new RecordReader(world.store, TASKS).scan([jobId(id)]))).map(({ revision }) => revision);
    expect([orders[0].taskRevision]).toEqual(await revisions());
    const second = await world.reports.startTask({ jobId: id, taskId: orders[0].taskId, nodeId: 10n });
    expect([second.order?.taskRevision]).toEqual(await revisions());
    expect(second.order?.taskRevision).toBeGreaterThan(orders[0].taskRevision);
  });

  it("R1: of a superseded attempt change nothing", async () => {
    const { id, orders } = await started(["a.jsonl"]);
    const second = await world.reports.startTask({ jobId: id, taskId: orders[0].taskId, nodeId: 10n });
    await expect(world.reports.report(resultOf(orders[0], persisted))).rejects.toThrow("no longer the current one");
    expect(world.state(id)).toBe("importing");
    await world.reports.report(resultOf(second.order, persisted));
    await world.until(() => world.state(id) === "completed");
    // The same end once more, since its answer was lost, is answered as the first time; an older attempt's is not.
    await world.reports.report(resultOf(second.order, persisted));
    await expect(world.reports.report(resultOf(orders[0], persisted))).rejects.toThrow("no longer the current one");
    expect((await world.reports.startTask({ jobId: id, taskId: orders[0].taskId, nodeId: 11n })).obsolete).toBe(true);
  });

  it("never let progress fall, also when a later attempt starts from nothing", async () => {
    const { id, orders } = await started(["a.jsonl"]);
    await world.reports.report(
      resultOf(orders[0], { state: common.ImportState.ImportStarted, processedBytes: 80n, rowCount: 8n }),
    );
    const views = new JobViews({ book: world.book });
    const percent = async () => (await views.describe({ jobId: id })).job?.progressPercent ?? 0;
    const before = await percent();
    const { order } = await world.reports.startTask({ jobId: id, taskId: orders[0].taskId, nodeId: 10n });
    await world.reports.report(
      resultOf(order, { state: common.ImportState.ImportStarted, processedBytes: 5n, rowCount: 1n }),
    );
    expect(await percent()).toBe(before);
    expect(before).toBeGreaterThan(10);
  });

  it("of a failure that may pass let the task run again, others fail the job and cancel its tasks", async () => {
    const { id, orders } = await started(["a.jsonl", "b.jsonl"]);
    const failure = { code: "object_store_refused", reason: "no rights" };
    await world.reports.report(resultOf(orders[0], { state: common.ImportState.ImportFailed, failure }));
    expect(world.tasks(id)[0]).toMatchObject({ state: "pending", failures: 1 });
    // The answer was lost, and the datanode says it again.
    await world.reports.report(resultOf(orders[0], { state: common.ImportState.ImportFailed, failure }));
    expect(world.tasks(id)[0]).toMatchObject({ state: "pending", failures: 1 });
    const bad = {
      code: "value_invalid",
      reason: "expected dim '4'",
      file: "b.jsonl",
      row: 3n,
      field: "v",
      byteOffset: 77n,
    };
    await world.reports.report(resultOf(orders[1], { state: common.ImportState.ImportFailed, failure: bad }));
    await world.until(() => world.state(id) === "failed");
    const { job } = await new JobViews({ book: world.book }).describe({ jobId: id });
    expect(job?.reason).toBe(`expected dim '4' (b.jsonl, row 3, field "v", byte 77)`);
    expect(job?.details.map((detail) => detail.state)).toEqual(["Cancelled", "Failed"]);
    await world.until(() => world.dataCoord.cancelled.length === 2);
  });
});
