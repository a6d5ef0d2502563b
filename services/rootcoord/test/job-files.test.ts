import { describe, expect, it } from "@jest/globals";
import { JOB_FILES, RecordTable } from "@sluice/catalog";
import { newTask } from "@sluice/jobs";
import { common, failureMessage, rootCoord } from "@sluice/rpc";
import { jobId } from "@sluice/schema";
import { JobViews } from "../src/jobs/job-views.ts";

import { files, persisted, resultOf, world } from "./job-world.ts";

describe("a job", () => {
  it("shows what was odd about request and files, and who works on them", async () => {
    const id = await world.submit({ files: ["a.jsonl"], options: [{ key: "mode", value: "fast" }] });
    await world.until(() => world.dataCoord.dispatched.length === 1);
    const [{ taskId }] = world.tasks(id);
    const { order } = await world.reports.startTask({ jobId: id, taskId, nodeId: 9n });
    const views = new JobViews({ book: world.book });
    const infos = async () =>
      Object.fromEntries((await views.state({ task: id })).infos.map(({ key, value }) => [key, value]));
    expect(await infos()).toMatchObject({
      datanodes: "9",
      mode: "fast",
      warnings: expect.stringMatching(/^option 'mode'/),
    });
    await world.reports.report(resultOf(order, { ...persisted, infos: [{ key: "warning", value: "a.jsonl: odd" }] }));
    expect((await infos()).warnings).toMatch(/^option 'mode' is not known.*; a\.jsonl: odd$/);
    expect((await views.describe({ jobId: id })).job).toMatchObject({
      kind: "import",
      warnings: [expect.stringContaining("'mode'"), "a.jsonl: odd"],
      details: [{ nodeIds: [9n], startedMs: 1_000_000n, warnings: ["a.jsonl: odd"] }],
    });
  });

  it("is told of in lists without its files, whose number has no bound there", async () => {
    const id = await world.submit({ files: ["a.jsonl", "b.jsonl"] });
    const views = new JobViews({ book: world.book });
    const all = rootCoord.ListJobsRequest.fromPartial({});
    const { details, ...summary } = (await views.describe({ jobId: id })).job ?? { details: [] };
    expect(details).toHaveLength(2);
    expect(summary).toMatchObject({ jobId: id, sizeBytes: 300n });
    expect((await views.list(all)).jobs).toEqual([{ ...summary, details: [] }]);
  });

  it("has as many files with paths as long as may be asked for, in records that etcd takes", async () => {
    const long = Array.from({ length: 1024 }, (_, i) => `${String(i).padStart(4, "0")}${"ü".repeat(1000)}.jsonl`);
    for (const path of long) files.set(path, 100);
    const id = await world.submit({ files: long });
    const paths = () => world.book.get(jobId(id))?.job.groups.map((group) => group.files[0].path);
    expect(paths()).toEqual(long);
    await world.until(() => world.state(id) === "importing");
    await world.restart();
    expect(paths()).toEqual(long);
    await world.book.forget(jobId(id));
    expect(await Array.fromAsync(world.store.scan(""))).toEqual([]);
    for (const path of long) files.delete(path);
  });

  it("that was cut off before its record leaves no files behind", async () => {
    const page = { jobId: jobId(9n), page: 0, groups: [], continues: false };
    await world.store.commit({ guards: [], writes: [new RecordTable(world.store, JOB_FILES).write(page)] });
    await world.restart();
    expect(await Array.fromAsync(world.store.scan(""))).toEqual([]);
  });

  it("names a file that it is given twice", async () => {
    const id = await world.submit({ files: ["a.jsonl", "b.jsonl", "a.jsonl"], idempotencyKey: "k" });
    const named = ["a.jsonl is given more than once: its rows are imported as often"];
    expect(world.book.get(jobId(id))?.job.spec.warnings).toEqual(named);
    expect(await world.submit({ files: ["a.jsonl", "b.jsonl", "a.jsonl"], idempotencyKey: "k" })).toBe(id);
    const sets = { fileGroups: [{ paths: ["a.jsonl"] }, { paths: ["b.jsonl"] }] };
    expect(world.book.get(jobId(await world.submit(sets)))?.job.spec.warnings).toEqual([]);
  });

  it("names options that are for files of other formats", async () => {
    const options = [
      { key: "sep", value: "|" },
      { key: "table", value: "books" },
      { key: "nan", value: "null" },
    ];
    const id = await world.submit({ files: ["a.jsonl"], options });
    expect(world.book.get(jobId(id))?.job.spec.warnings).toEqual([
      "option 'sep' has no effect: it is for files that are csv, tsv, and these are jsonl",
      "option 'table' has no effect: it is for files that are milvus-lite, sql, sqlite, and these are jsonl",
    ]);
  });

  it("of a file that is given twice in one task says of one of both that it failed", async () => {
    const packed = { ...newTask, kind: "import", group: 0, groupCount: 3, sizeBytes: 300 } as const;
    Object.assign(world.planners.import, { plan: async () => [packed] });
    const id = await world.submit({ files: ["b.jsonl", "a.jsonl", "a.jsonl"] });
    await world.until(() => world.dataCoord.dispatched.length === 1);
    const { order } = await world.reports.startTask({ jobId: id, taskId: world.tasks(id)[0].taskId, nodeId: 9n });
    const failure = failureMessage({ code: "value_invalid", reason: "odd", file: "a.jsonl", row: 1 });
    await world.reports.report(resultOf(order, { state: common.ImportState.ImportFailed, failure }));
    await world.until(() => world.state(id) === "failed");
    const { job } = await new JobViews({ book: world.book }).describe({ jobId: id });
    expect(job?.details.map(({ state, reason }) => [state, reason])).toEqual([
      ["Cancelled", ""],
      ["Failed", "odd (a.jsonl, row 1)"],
      ["Cancelled", ""],
    ]);
  });

  it("names the files of an attempt whose thread died", async () => {
    const packed = { ...newTask, kind: "import", group: 0, groupCount: 2, sizeBytes: 300 } as const;
    Object.assign(world.planners.import, { plan: async () => [packed] });
    const id = await world.submit({ files: ["a.jsonl", "b.jsonl"] });
    await world.until(() => world.dataCoord.dispatched.length === 1);
    const { order } = await world.reports.startTask({ jobId: id, taskId: world.tasks(id)[0].taskId, nodeId: 9n });
    const failure = failureMessage({ code: "internal", reason: "the worker thread died: out of memory" });
    await world.reports.report(resultOf(order, { state: common.ImportState.ImportFailed, failure }));
    const record = JSON.stringify(world.tasks(id)[0], (_, value) => (typeof value === "bigint" ? `${value}` : value));
    expect(record).toContain("the worker thread died: out of memory; the task had a.jsonl, b.jsonl");
  });

  it("of files that share a task tells of each its own rows and warnings", async () => {
    const packed = { ...newTask, kind: "import", group: 0, groupCount: 2, sizeBytes: 300 } as const;
    Object.assign(world.planners.import, { plan: async () => [packed] });
    const id = await world.submit({ files: ["a.jsonl", "b.jsonl"] });
    await world.until(() => world.dataCoord.dispatched.length === 1);
    const { order } = await world.reports.startTask({ jobId: id, taskId: world.tasks(id)[0].taskId, nodeId: 9n });
    const infos = ["a.jsonl: odd", "b.jsonl: no rows"].map((value) => ({ key: "warning", value }));
    const rows = { groupRows: [10n, 0n], warningGroups: [0n, 1n], infos };
    await world.reports.report(resultOf(order, { ...persisted, ...rows }));
    await world.until(() => world.state(id) === "completed");
    expect((await new JobViews({ book: world.book }).describe({ jobId: id })).job?.details).toMatchObject([
      { paths: ["a.jsonl"], importedRows: 10n, warnings: ["a.jsonl: odd"] },
      { paths: ["b.jsonl"], importedRows: 0n, warnings: ["b.jsonl: no rows"] },
    ]);
  });
});
