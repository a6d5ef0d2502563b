import { describe, expect, it } from "@jest/globals";
import type { Job, JobState, JobSummary, OtherJob } from "../page/api/types.ts";
import { normBars } from "../page/jobs/histogram.ts";
import { actionsOf, actionsOfOther } from "../page/jobs/job-actions.ts";
import { type HeardJob, jobsNow, withEvent } from "../page/jobs/job-list.ts";
import { rowsLabel } from "../page/jobs/job-texts.ts";
import { outcomeOf, partitionsOf, rowsOfOther } from "../page/jobs/other-kinds.ts";
import { timelineOf } from "../page/jobs/timeline.ts";

const summary = (jobId: string, progress = 0): JobSummary => ({
  ...{ jobId, collectionName: "books", state: "Importing", progress, createTime: "", completeTime: "" },
  ...{ importedRows: 0, totalRows: 0 },
});

it("rows of a job are called what they are", () => {
  const label = (more: Partial<Job>) => rowsLabel({ state: "Completed", ...more });
  expect([label({}), label({ dryRun: true })]).toEqual(["Rows", "Rows that can be imported"]);
  expect([label({ deletes: true }), label({ deletes: true, state: "Importing" })]).toEqual([
    "Rows deleted",
    "Deletes read",
  ]);
  expect(label({ deletes: true, dryRun: true })).toBe("Deletes that can be applied");
});

describe("what can be ordered of a job", () => {
  const orders = (state: JobState, more: Partial<Job> = {}) => actionsOf({ state, ...more }).map(({ order }) => order);

  it("follows from its state", () => {
    expect(orders("Pending")).toEqual(["pause", "cancel"]);
    expect(orders("Importing")).toEqual(["pause", "cancel"]);
    expect(orders("Importing", { paused: true })).toEqual(["resume", "cancel"]);
    expect(orders("Uncommitted")).toEqual(["commit", "cancel"]);
    expect(orders("Committing")).toEqual([]);
    expect(orders("Completed")).toEqual(["rollback"]);
    expect(orders("Failed")).toEqual(["retry"]);
    expect(orders("RolledBack")).toEqual([]);
  });

  it("is nothing where there is nothing to take back", () => {
    expect(orders("Completed", { dryRun: true })).toEqual([]);
    expect(orders("Completed", { deletes: true })).toEqual([]);
    expect(orders("Completed", { rollbackRefused: "its segments were merged" })).toEqual([]);
  });
});

describe("a job that is no import", () => {
  const copy = {
    ...{ jobId: "7", collectionName: "books", state: "Copying", progress: 50, createTime: "", completeTime: "" },
    ...{ copiedRows: 5, strategy: "objects", sizeBytes: 12, dryRun: false, ignoredColumns: ["a", "b"], filter: "" },
    ...{ none: [], partitions: [{ name: "_default", sourceRows: 10, rows: 5 }] },
  } satisfies OtherJob & Record<string, unknown>;

  it("is paused, resumed and cancelled while it is open, and nothing else", () => {
    const orders = (state: string, paused = false) => actionsOfOther({ state, paused }).map(({ order }) => order);
    expect([orders("Pending"), orders("Copying"), orders("Exporting", true)]).toEqual([
      ...[
        ["pause", "cancel"],
        ["pause", "cancel"],
        ["resume", "cancel"],
      ],
    ]);
    expect([orders("Completed"), orders("Failed")]).toEqual([[], []]);
  });

  it("tells what it has come to, in the words of its kind", () => {
    expect(outcomeOf(copy)).toEqual([
      ["Strategy", "objects"],
      ["Size", 12],
      ["Dry run", false],
      ["Ignored columns", "a, b"],
    ]);
    expect([rowsOfOther(copy, "copy"), rowsOfOther(copy, "export")]).toEqual([5, 0]);
    expect(partitionsOf(copy)).toEqual(copy.partitions);
  });
});

describe("a page of jobs", () => {
  const [newer, older] = ["1000000000000000002", "1000000000000000001"];
  const page = { records: [summary(newer), summary(older)], count: 2, askedMs: 100 };
  const heard = (jobId: string, heardMs: number, progress = 50) => ({ job: summary(jobId, progress), heardMs });

  it("has what was heard of its jobs since it was asked for", () => {
    expect(jobsNow(page, [heard(older, 100)], true, 25)).toEqual([page.records[0], summary(older, 50)]);
    expect(jobsNow(page, [heard(older, 99)], true, 25)).toEqual(page.records);
  });

  it("begins with a job that is newer than all, where new ones belong, and stays as long as it was", () => {
    const newest = heard("1000000000000000003", 101);
    expect(jobsNow(page, [newest], true, 2)).toEqual([newest.job, page.records[0]]);
    expect(jobsNow(page, [newest], false, 2)).toEqual(page.records);
  });

  it("takes no older one, which is on another page", () => {
    expect(jobsNow(page, [heard("999", 101)], true, 25)).toEqual(page.records);
  });

  it("needs the last event of each job, and not those of all that ever were", () => {
    const twice = withEvent([heard(older, 1), heard(newer, 2)], heard(older, 3, 60));
    expect(twice).toEqual([heard(newer, 2), heard(older, 3, 60)]);
    const many = Array.from({ length: 300 }, (_, i) => heard(String(i), i)).reduce<readonly HeardJob[]>(withEvent, []);
    expect([many.length, many.at(-1)?.job.jobId]).toEqual([200, "299"]);
  });
});

it("norms are bars by powers of two, with the gaps between them", () => {
  const bars = normBars([
    { from: 0.5, vectors: 10 },
    { from: 4, vectors: 5 },
  ]);
  expect(bars).toEqual([
    { label: "0.5 to 1", count: 10, height: 1 },
    { label: "1 to 2", count: 0, height: 0 },
    { label: "2 to 4", count: 0, height: 0 },
    { label: "4 to 8", count: 5, height: 0.5 },
  ]);
  expect(normBars([])).toEqual([]);
});

it("the timeline shows when files were worked on, in thousandths of the job's time", () => {
  const file = { fileSize: 1, progress: 0, importedRows: 0, totalRows: 0, state: "InProgress" };
  const times = (startTime: string, completeTime: string) => ({ startTime, completeTime });
  const job: Job = {
    ...summary("1"),
    ...{ fileSize: 1, createTime: "2026-11-28T12:00:00Z", completeTime: "2026-11-28T12:01:40Z" },
    details: [
      { fileName: "[a.jsonl]", ...file, ...times("2026-11-28T12:00:10Z", "2026-11-28T12:00:40Z") },
      { fileName: "[b.jsonl]", ...file, ...times("", "") },
      {
        ...{ fileName: "[c.jsonl]", ...file, ...times("2026-11-28T12:00:50Z", "") },
        attempts: [
          {
            attempt: 1,
            datanode: "7",
            cause: "its datanode died",
            startTime: "2026-11-28T12:00:50Z",
            endTime: "2026-11-28T12:01:00Z",
          },
        ],
      },
    ],
  };
  expect(timelineOf(job, 0)).toEqual([
    { name: "a.jsonl", bars: [{ kind: "file", start: 100, width: 300, text: "a.jsonl: InProgress" }] },
    {
      name: "c.jsonl",
      bars: [
        { kind: "file", start: 500, width: 500, text: "c.jsonl: InProgress" },
        { kind: "attempt", start: 500, width: 100, text: "attempt 1: its datanode died" },
      ],
    },
  ]);
});
