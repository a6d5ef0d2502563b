import { describe, expect, it } from "@jest/globals";
import type { TaskReport } from "@sluice/jobs";
import { jobId, nodeId, taskId } from "@sluice/schema";
import { JobPace } from "../src/jobs/job-pace.ts";

const job = jobId(7n);
const report = (task: bigint, attempt: number, rowCount: number): TaskReport => ({
  ...{ taskId: taskId(task), attempt, nodeId: nodeId(1n) },
  progress: { state: "running", rowCount, processedBytes: 10 * rowCount },
});

describe("pace", () => {
  it("is the rows of all tasks in the last seconds", () => {
    const pace = new JobPace();
    for (let second = 0; second <= 60; second++)
      for (const task of [1n, 2n])
        pace.note(job, report(task, 1, second < 30 ? second : 30 + 100 * (second - 30)), 1000 * second);
    // One of the tasks has reported when the oldest sample is taken, and the other one has not.
    const { rowsPerSecond = 0, bytesPerSecond = 0 } = pace.of(job, 60_000) ?? {};
    expect(Math.abs(rowsPerSecond - 200)).toBeLessThan(200 / 15);
    expect(bytesPerSecond).toBeCloseTo(10 * rowsPerSecond);
  });

  it("counts no rows of an attempt again that another one has read", () => {
    const pace = new JobPace();
    for (let second = 0; second <= 5; second++) pace.note(job, report(1n, 1, 100 * second), 1000 * second);
    for (let second = 6; second <= 10; second++) pace.note(job, report(1n, 2, 100 * (second - 6)), 1000 * second);
    expect(pace.of(job, 10_000)?.rowsPerSecond).toBe(90);
  });

  it("falls while nothing is heard, and is unknown in the end, and at first", () => {
    const pace = new JobPace();
    pace.note(job, report(1n, 1, 0), 0);
    expect(pace.of(job, 500)).toBeUndefined();
    for (let second = 1; second <= 5; second++) pace.note(job, report(1n, 1, 100 * second), 1000 * second);
    expect(pace.of(job, 10_000)?.rowsPerSecond).toBe(50);
    expect(pace.of(job, 60_000)).toBeUndefined();
    pace.forget(job);
    expect(pace.of(job, 5000)).toBeUndefined();
  });
});
