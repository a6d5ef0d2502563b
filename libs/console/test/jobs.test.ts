import { describe, expect, it } from "@jest/globals";
import type { Job, JobState, JobSummary } from "../page/api/types.ts";
import { normBars } from "../page/jobs/histogram.ts";
import { actionsOf } from "../page/jobs/job-actions.ts";
import { withJob } from "../page/jobs/job-list.ts";
import { timelineOf } from "../page/jobs/timeline.ts";

const summary = (jobId: string, progress = 0): JobSummary => ({
  ...{ jobId, collectionName: "books", state: "Importing", progress, createTime: "", completeTime: "" },
  ...{ importedRows: 0, totalRows: 0 },
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
    expect(orders("Completed", { rollbackRefused: "its segments were merged" })).toEqual([]);
  });
});

describe("a page of jobs", () => {
  const page = [summary("1000000000000000002"), summary("1000000000000000001")];

  it("has the newest of each job in its place", () => {
    expect(withJob(page, summary("1000000000000000001", 50), 25)).toEqual([
      page[0],
      summary("1000000000000000001", 50),
    ]);
  });

  it("begins with a job that is newer than all, and stays as long as it was", () => {
    expect(withJob(page, summary("1000000000000000003"), 2).map(({ jobId }) => jobId)).toEqual([
      ...["1000000000000000003", "1000000000000000002"],
    ]);
  });

  it("takes no older one, which is on another page", () => {
    expect(withJob(page, summary("999"), 25)).toBe(page);
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
