import { describe, expect, it } from "@jest/globals";
import {
  isEnded,
  type Job,
  type JobEvent,
  type JobState,
  jobStates,
  newTask,
  next,
  parseImportSpec,
  type Step,
  type Task,
  type TaskProgress,
  type TaskState,
  taskStates,
  verdictOn,
} from "@sluice/jobs";
import { jobId, nodeId, segmentId, taskId } from "@sluice/schema";
import fc from "fast-check";
import { MAX_TASK_FAILURES, MAX_TASK_OUTAGES } from "../src/after-report.ts";
import { endedJobStates } from "../src/states.ts";

const JOB = jobId(1n);
const spec = parseImportSpec([]);

const jobIn = (state: JobState): Job => ({
  ...{
    jobId: JOB,
    kind: "import",
    spec,
    state,
    deadlineMs: 100,
    completedMs: 0,
    rowCount: 0,
    segmentIds: [],
    autoIds: [],
  },
});

const twoPhase = (job: Job): Job => ({ ...job, spec: parseImportSpec([{ key: "auto_commit", value: "false" }]) });

function taskIn(state: TaskState, id = 11n, more: Partial<Task> = {}): Task {
  const attempt = state === "pending" ? 0 : 1;
  return { ...newTask, jobId: JOB, taskId: taskId(id), kind: "import", sizeBytes: 100, state, attempt, ...more };
}

const inputError = { code: "value_invalid", reason: "bad", file: "a.json", row: 3 } as const;
const passing = { code: "object_store_refused", reason: "no rights" } as const;
const outage = { code: "object_store_unavailable", reason: "away" } as const;
const report = (progress: TaskProgress, attempt = 1): JobEvent<Task> => ({
  ...{ kind: "task_reported", nowMs: 50, report: { taskId: taskId(11n), attempt, nodeId: nodeId(9n), progress } },
});

function started(more: Partial<Extract<JobEvent<Task>, { kind: "task_started" }>>) {
  const known = { leadsSinceMs: 0, maxNodesKilled: 3, others: [], files: ["a.json"] };
  return { kind: "task_started", taskId: taskId(11n), nodeId: nodeId(9n), nowMs: 50, ...known, ...more } as const;
}

/** Every kind of event, in every variant that decides differently. */
const events = {
  look: { kind: "looked", nowMs: 50 },
  "late look": { kind: "looked", nowMs: 100 },
  "look, target dropped": { kind: "looked", nowMs: 50, droppedTarget: "collection 7" },
  "look, result refused": { kind: "looked", nowMs: 50, refusal: inputError },
  planned: { kind: "planned", tasks: [taskIn("pending", 21n)] },
  "plan refused": { kind: "plan_refused", failure: inputError, nowMs: 50 },
  "task started": started({}),
  "node heard": { kind: "node_heard", taskId: taskId(11n), attempt: 1 },
  "report: running": report({ state: "running", rowCount: 5, processedBytes: 40 }),
  "report: persisted": report({ state: "persisted", rowCount: 10, autoIds: [1n, 11n], warnings: ["odd"] }),
  "report: failed": report({ state: "failed", failure: inputError }),
  "report: failed, may pass": report({ state: "failed", failure: passing }),
  "report: handed back": report({ state: "handed_back" }),
  "report of an earlier attempt": report({ state: "persisted", rowCount: 10, autoIds: [], warnings: [] }, 0),
  "commit refused": { kind: "commit_refused", failure: { code: "job_failed", reason: "gone" }, nowMs: 50 },
  "ordered to commit": { kind: "ordered", order: "commit", nowMs: 50 },
  "ordered to abort": { kind: "ordered", order: "abort", nowMs: 50 },
  "ordered to cancel": { kind: "ordered", order: "cancel", nowMs: 50 },
  "ordered to pause": { kind: "ordered", order: "pause", nowMs: 50 },
  "ordered to resume": { kind: "ordered", order: "resume", nowMs: 50 },
  "ordered to roll back": { kind: "ordered", order: "rollback", nowMs: 50 },
  "taken out": { kind: "taken_out", nowMs: 50 },
  "take out refused": { kind: "take_out_refused", failure: { code: "job_failed", reason: "gone" } },
  "cleaned up": { kind: "cleaned_up", nowMs: 50 },
  "cleanup refused": { kind: "cleanup_refused", failure: { code: "job_failed", reason: "away" } },
  committed: { kind: "committed", segmentIds: [segmentId(7n)], rowCount: 10, nowMs: 50 },
  refused: { kind: "refused", failure: inputError, rejects: { files: 1, rows: 2, sizeBytes: 3 }, nowMs: 50 },
} as const satisfies Record<string, JobEvent<Task>>;
type EventName = keyof typeof events;

/** `importing > committing`, `task pending > running`, and what is to be done after it. */
function outcome(job: Job, task: Task, step: Step<Job, Task>): string {
  const moves = [
    ...(step.job ? [`job ${job.state} > ${step.job.state}`] : []),
    ...(step.tasks ?? []).map((after) =>
      after.taskId === task.taskId ? `task ${task.state} > ${after.state}` : "new task",
    ),
  ];
  return [...moves, ...step.effects].join(", ");
}

/**
 * What every event does in every state of a job with one task, for each state of that task; all pairs that are not named
 * here do nothing.
 */
const table: Readonly<Record<string, Partial<Record<EventName, string>>>> = {
  "pending, no task": {
    look: "plan",
    "late look": "job pending > failed, take_back",
    "look, target dropped": "job pending > failed, take_back",
    "look, result refused": "plan",
    planned: "job pending > importing, new task",
    "plan refused": "job pending > failed, take_back",
    "ordered to cancel": "job pending > failed, take_back",
    "ordered to pause": "job pending > pending, take_back",
  },
  "importing, task pending": {
    "ordered to cancel": "job importing > failed, take_back",
    "ordered to pause": "job importing > importing, take_back",
    look: "hand_over",
    "late look": "job importing > failed, take_back",
    "look, target dropped": "job importing > failed, take_back",
    "look, result refused": "hand_over",
    "task started": "task pending > running",
  },
  "importing, task running": {
    "ordered to cancel": "job importing > failed, take_back",
    "ordered to pause": "job importing > importing, task running > pending, take_back",
    look: "hand_over",
    "late look": "job importing > failed, take_back",
    "look, target dropped": "job importing > failed, take_back",
    "look, result refused": "hand_over",
    "task started": "task running > running",
    "report: running": "task running > running",
    "report: persisted": "task running > persisted",
    "report: failed": "task running > failed",
    "report: failed, may pass": "task running > pending",
    "report: handed back": "task running > pending",
  },
  "importing, task persisted": {
    "ordered to cancel": "job importing > failed, take_back",
    "ordered to pause": "job importing > importing, take_back",
    look: "job importing > committing",
    "late look": "job importing > failed, take_back",
    "look, target dropped": "job importing > failed, take_back",
    "look, result refused": "job importing > failed, take_back",
    refused: "job importing > failed, take_back",
  },
  "importing, task failed": {
    "ordered to cancel": "job importing > failed, take_back",
    "ordered to pause": "job importing > importing, take_back",
    look: "job importing > failed, take_back",
    "late look": "job importing > failed, take_back",
    "look, target dropped": "job importing > failed, take_back",
    "look, result refused": "job importing > failed, take_back",
  },
  "uncommitted, task persisted": {
    "late look": "job uncommitted > failed, take_back",
    "look, target dropped": "job uncommitted > failed, take_back",
    "ordered to cancel": "job uncommitted > failed, take_back",
  },
  // Past the point of no return: nothing but the commit, or its refusal, ends it.
  "committing, task persisted": {
    look: "commit",
    "late look": "commit",
    "look, target dropped": "commit",
    "look, result refused": "commit",
    committed: "job committing > completed",
    "commit refused": "job committing > failed, take_back",
  },
};

const situations = [
  ["pending", undefined],
  ...taskStates.map((task) => ["importing", task] as const),
  ["uncommitted", "persisted"],
  ["committing", "persisted"],
  ...endedJobStates.flatMap((job) => [undefined, ...taskStates].map((task) => [job, task] as const)),
] as readonly (readonly [JobState, TaskState | undefined])[];

const cases = situations.flatMap(([job, task]) =>
  Object.keys(events).map((name) => [job, task, name as EventName] as const),
);

describe("next", () => {
  it("is asked about every state of a job and of a task", () => {
    expect(new Set(situations.map(([job]) => job))).toEqual(new Set(jobStates));
    expect(new Set(situations.map(([, task]) => task))).toEqual(new Set([undefined, ...taskStates]));
  });

  it.each(cases)("%s job, %s task: %s", (jobState, taskState, name) => {
    const job = jobIn(jobState);
    const task = taskIn(taskState ?? "pending");
    const step = next(job, taskState ? [task] : [], events[name]);
    const row = `${jobState}, ${taskState ? `task ${taskState}` : "no task"}`;
    expect(outcome(job, task, step)).toBe(table[row]?.[name] ?? "");
  });

  it("gives a failed job its task's failure, its end and how far it was", () => {
    const tasks = [taskIn("failed", 11n, { failure: inputError }), taskIn("persisted", 12n)];
    const { job } = next(jobIn("importing"), tasks, events.look);
    expect(job).toMatchObject({ state: "failed", failure: inputError, completedMs: 50, lastProgress: 54 });
  });

  it.each([
    ["late look", "import timeout"],
    ["look, target dropped", "collection 7 dropped"],
  ] as const)("says in Milvus's words why a job fails: %s", (name, reason) => {
    expect(next(jobIn("importing"), [taskIn("running")], events[name]).job?.failure).toEqual({
      code: "job_failed",
      reason,
    });
  });

  it("gives a completed job what was committed, and the automatic keys of its tasks in order", () => {
    const tasks = [taskIn("persisted", 11n, { autoIds: [1n, 5n] }), taskIn("persisted", 12n, { autoIds: [5n, 9n] })];
    const { job } = next(jobIn("committing"), tasks, events.committed);
    expect(job).toMatchObject({ rowCount: 10, segmentIds: [7n], autoIds: [1n, 9n], completedMs: 50 });
  });

  it("R1: counts attempts, and keeps the time of the first", () => {
    const task = taskIn("running", 11n, { attempt: 3, startedMs: 20 });
    const { tasks } = next(jobIn("importing"), [task], events["task started"]);
    expect(tasks?.[0]).toMatchObject({ attempt: 4, nodeId: 9n, startedMs: 20 });
  });

  it("remembers the last attempts that made nothing, with node, times and cause", () => {
    const task = taskIn("running", 11n, { attempt: 3, nodeId: nodeId(7n), attemptStartedMs: 20 });
    const lost = next(jobIn("importing"), [task], events["task started"]).tasks?.[0] as Task;
    const ended = { attempt: 3, nodeId: nodeId(7n), startedMs: 20, endedMs: 50, cause: "its datanode fell silent" };
    expect(lost).toMatchObject({ attemptStartedMs: 50, endedAttempts: [{ ...ended, lost: "node" }] });
    const failed = next(jobIn("importing"), [{ ...lost, attempt: 1 }], events["report: failed, may pass"]).tasks?.[0];
    expect(failed?.endedAttempts.map(({ cause }) => cause)).toEqual([ended.cause, passing.reason]);
    const many = Array.from({ length: 20 }, (_, i) => ({ ...ended, attempt: i }));
    const kept = next(jobIn("importing"), [{ ...task, endedAttempts: many }], events["task started"]).tasks?.[0];
    expect(kept?.endedAttempts.map(({ attempt }) => attempt)).toEqual([13, 14, 15, 16, 17, 18, 19, 3]);
  });

  it("a task that was handed back has lost nobody, and counts no failure", () => {
    const task = taskIn("running", 11n, { attempt: 1, nodeId: nodeId(7n), failures: 2 });
    const back = next(jobIn("importing"), [task], events["report: handed back"]).tasks?.[0] as Task;
    expect(back).toMatchObject({ state: "pending", failures: 2 });
    expect(back.endedAttempts.map(({ cause }) => cause)).toEqual([
      "handed back by its datanode, which was stopped or had others to serve first",
    ]);
    const again = next(jobIn("importing"), [back], events["task started"]).tasks?.[0] as Task;
    expect(again.endedAttempts).toEqual(back.endedAttempts);
  });

  it("keeps what a persisted task has to say", () => {
    const { tasks } = next(jobIn("importing"), [taskIn("running")], events["report: persisted"]);
    expect(tasks?.[0]).toMatchObject({ rowCount: 10, processedBytes: 100, autoIds: [1n, 11n], warnings: ["odd"] });
  });

  it("never lets progress fall", () => {
    const task = taskIn("running", 11n, { rowCount: 8, processedBytes: 60 });
    const { tasks } = next(jobIn("importing"), [task], events["report: running"]);
    expect(tasks?.[0]).toMatchObject({ rowCount: 8, processedBytes: 60 });
  });

  it("fails a task for good when an error that may pass does not", () => {
    const task = taskIn("running", 11n, { failures: MAX_TASK_FAILURES - 1 });
    const { tasks } = next(jobIn("importing"), [task], events["report: failed, may pass"]);
    expect(tasks?.[0]).toMatchObject({ state: "failed", failures: MAX_TASK_FAILURES, failure: passing, endedMs: 50 });
  });

  it("counts outages of storage by themselves: they delay a task, and end it only after a day", () => {
    const away = report({ state: "failed", failure: outage });
    const after = (more: Partial<Task>) => next(jobIn("importing"), [taskIn("running", 11n, more)], away).tasks?.[0];
    const almost = MAX_TASK_FAILURES - 1;
    expect(after({ failures: almost, outages: 60 })).toMatchObject({ state: "pending", failures: almost, outages: 61 });
    expect(after({ outages: MAX_TASK_OUTAGES - 1 })).toMatchObject({ state: "failed", failure: outage, endedMs: 50 });
  });

  it("moves a job only forward and ends it once, whatever happens in whatever order", () => {
    const names = fc.array(fc.constantFrom(...(Object.keys(events) as EventName[])), { maxLength: 40 });
    fc.assert(
      fc.property(names, fc.boolean(), (order, isTwoPhase) => {
        let job = isTwoPhase ? twoPhase(jobIn("pending")) : jobIn("pending");
        let tasks = new Map<bigint, Task>();
        for (const name of order) {
          const step = next(job, [...tasks.values()], events[name]);
          const isMoved = step.job && step.job.state !== job.state;
          // The rows of a completed job can be taken back, and nothing else happens to one that has ended.
          if (isMoved) expect(isEnded(job.state) && step.job?.state !== "rolled_back").toBe(false);
          if (isMoved) expect(jobStates.indexOf(step.job.state)).toBeGreaterThan(jobStates.indexOf(job.state));
          for (const after of step.tasks ?? []) {
            const before = tasks.get(after.taskId);
            expect(after.attempt).toBeGreaterThanOrEqual(before?.attempt ?? 0);
            expect(before?.state).not.toBe("persisted");
            tasks = new Map(tasks).set(after.taskId, after);
          }
          job = step.job ?? job;
          // One task that events know, once there is a plan.
          if (name === "planned" && job.state === "importing") tasks.set(11n, tasks.get(11n) ?? taskIn("pending"));
        }
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});

describe("verdicts on reports (R1)", () => {
  const [running, persisted, failed] = [
    { state: "running", rowCount: 0, processedBytes: 0 },
    { state: "persisted", rowCount: 0, autoIds: [], warnings: [] },
    { state: "failed", failure: passing },
  ] as const;

  it.each([
    ["importing", "running", 1, running, "current"],
    ["importing", "running", 1, persisted, "current"],
    ["importing", "running", 2, persisted, "superseded"],
    ["importing", "persisted", 1, persisted, "repeated"],
    ["completed", "persisted", 1, persisted, "repeated"],
    ["importing", "persisted", 1, running, "superseded"],
    ["importing", "pending", 1, failed, "repeated"],
    ["failed", "failed", 1, failed, "repeated"],
    ["failed", "running", 1, persisted, "superseded"],
  ] as const)("%s job, %s task, attempt %s, %j: %s", (job, task, attempt, progress, verdict) => {
    const said = { taskId: taskId(11n), attempt, nodeId: nodeId(9n), progress };
    expect(verdictOn(jobIn(job), taskIn(task, 11n, { attempt: 1 }), said)).toBe(verdict);
  });
});

it("a job that cannot go on fails with the reason, unless nothing is left to be done", () => {
  const lost = { code: "job_failed", reason: "its credentials are gone" } as const;
  const look = { kind: "looked", nowMs: 5, lost } as const;
  for (const state of ["pending", "importing"] as const)
    expect(next(jobIn(state), [taskIn("running")], look).job).toMatchObject({
      state: "failed",
      failure: lost,
    });
  for (const state of ["committing", "completed"] as const) expect(next(jobIn(state), [], look).job).toBeUndefined();
});
