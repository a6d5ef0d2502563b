import { expect, it } from "@jest/globals";
import { jobId } from "@sluice/schema";
import { type LogFields, silentLogger } from "@sluice/telemetry";
import { JobTroubles } from "../src/jobs/job-troubles.ts";

it("tells a trouble of many jobs and many tries once, and its end once", () => {
  const lines: [string, unknown][] = [];
  const note = (level: string) => (_: string, fields?: LogFields) => void lines.push([level, fields?.jobId]);
  const troubles = new JobTroubles({ ...silentLogger, warn: note("warn"), info: note("info") });
  const refused = (attempt: number) => new Error(`the queue refuses: reference ${attempt}0abcdef, after ${attempt} ms`);
  const jobs = [1n, 2n, 3n].map(jobId);
  for (let attempt = 1; attempt < 9; attempt++) for (const job of jobs) troubles.failed(job, refused(attempt));
  expect(lines).toEqual([["warn", "1"]]);
  troubles.failed(jobs[1], new Error("another"));
  expect(lines.slice(1)).toEqual([["warn", "2"]]);
  for (const job of [...jobs, ...jobs]) troubles.passed(job);
  expect(lines.slice(2)).toEqual([
    ["info", "2"],
    ["info", "3"],
  ]);
  troubles.failed(jobs[0], refused(1));
  expect(lines.slice(4)).toEqual([["warn", "1"]]);
});
