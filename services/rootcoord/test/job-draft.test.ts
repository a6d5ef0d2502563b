import { expect, it } from "@jest/globals";
import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { newTask } from "@sluice/jobs";
import { jobId, taskId } from "@sluice/schema";
import { JobDraft } from "../src/jobs/job-draft.ts";
import type { JobDecision, JobView } from "../src/jobs/known-job.ts";

const task = (id: number, attempt = 0): TaskRecord => ({
  ...{ ...newTask, kind: "import", jobId: jobId(1n), taskId: taskId(BigInt(id)), group: 0, sizeBytes: 1, attempt },
});
const view: JobView = { job: { jobId: 1n, rowCount: 0 } as unknown as JobRecord, tasks: [task(1), task(2), task(3)] };
const attempts = ({ tasks }: JobView) => tasks.map(({ attempt }) => attempt);

/** Begins the next attempt of a task. */
const begin =
  (id: number): JobDecision =>
  ({ tasks }) => {
    const known = tasks.find((one) => one.taskId === BigInt(id));
    return known && { tasks: [{ ...known, attempt: known.attempt + 1 }] };
  };
/** Counts the rows of the job by its attempts. */
const count: JobDecision = ({ job, tasks }) => ({
  job: { ...job, rowCount: tasks.reduce((sum, { attempt }) => sum + attempt, 0) },
});

it("each decision sees what the ones before have made of the job, and is answered with what it made itself", () => {
  const { change, decided } = JobDraft.of(view, [begin(2), begin(2), count, begin(3)], 100);
  expect(change.tasks).toEqual([task(2, 2), task(3, 1)]);
  expect(change.job?.rowCount).toBe(2);
  const views = decided.map((one) => "view" in one && attempts(one.view));
  expect(views).toEqual([
    [0, 1, 0],
    [0, 2, 0],
    [0, 2, 0],
    [0, 2, 1],
  ]);
  expect(attempts(view)).toEqual([0, 0, 0]);
});

it("one that throws leaves the others as they are", () => {
  const refuse = () => {
    throw new Error("no");
  };
  const { change, decided } = JobDraft.of(view, [begin(1), refuse, begin(3)], 100);
  expect(change.tasks).toEqual([task(1, 1), task(3, 1)]);
  expect(decided.map((one) => "error" in one)).toEqual([false, true, false]);
});

it("takes what one transaction takes, and the first one in any case", () => {
  const many = () => ({ tasks: [task(4), task(5), task(6), task(7)] });
  const all = [begin(1), begin(2), begin(3)];
  expect(JobDraft.of(view, all, 7).decided).toHaveLength(2);
  expect(JobDraft.of(view, [many, begin(1)], 7).decided).toHaveLength(1);
  expect(JobDraft.of(view, [begin(1), many], 7).decided).toHaveLength(1);
});

it("new tasks come behind those that are there", () => {
  const { decided } = JobDraft.of(view, [() => ({ tasks: [task(3, 5), task(4)] }), () => undefined], 100);
  for (const one of decided) expect("view" in one && one.view.tasks).toEqual([task(1), task(2), task(3, 5), task(4)]);
});

it("nothing to write is no change", () => {
  expect(JobDraft.of(view, [() => undefined, () => ({})], 100).change).toEqual({ tasks: [] });
});
