import { describe, expect, it } from "@jest/globals";
import {
  type Job,
  type JobEvent,
  jobStates,
  newTask,
  next,
  nextWithLook,
  parseImportSpec,
  type Task,
  type TaskProgress,
  taskStates,
} from "@sluice/jobs";
import { jobId, nodeId, taskId } from "@sluice/schema";
import fc from "fast-check";

const inputError = { code: "value_invalid", reason: "bad", file: "a.json", row: 3 } as const;
const persisted = { state: "persisted", rowCount: 10, autoIds: [1n, 11n], warnings: [] } as const;
const jobs = fc.record({
  state: fc.constantFrom(...jobStates),
  isPaused: fc.boolean(),
  isTwoPhase: fc.boolean(),
  deadlineMs: fc.constantFrom(0, 10, 100),
});
const progress = fc.constantFrom<TaskProgress>(
  { state: "running", rowCount: 5, processedBytes: 40 },
  persisted,
  { state: "failed", failure: inputError },
  { state: "failed", failure: { code: "object_store_refused", reason: "no rights" } },
  { state: "handed_back" },
);

function jobOf({ state, isPaused, isTwoPhase, deadlineMs }: Given): Job {
  const spec = parseImportSpec(isTwoPhase ? [{ key: "auto_commit", value: "false" }] : []);
  const ends = { completedMs: 0, rowCount: 0, segmentIds: [], autoIds: [] };
  return { jobId: jobId(1n), kind: "import", spec, state, isPaused, deadlineMs, ...ends };
}

interface Given {
  readonly state: Job["state"];
  readonly isPaused: boolean;
  readonly isTwoPhase: boolean;
  readonly deadlineMs: number;
}

function tasksOf(states: readonly Task["state"][]): Task[] {
  const common = { ...newTask, jobId: jobId(1n), kind: "import", sizeBytes: 100, attempt: 1 } as const;
  return states.map((state, i) => ({ ...common, taskId: taskId(BigInt(11 + i)), state }));
}

function report(said: TaskProgress): Extract<JobEvent<Task>, { kind: "task_reported" }> {
  const own = { taskId: taskId(11n), attempt: 1, nodeId: nodeId(9n), progress: said };
  return { kind: "task_reported", nowMs: 50, report: own };
}

const open = { droppedTarget: undefined, refusal: () => undefined };
const importing = jobOf({ state: "importing", isPaused: false, isTwoPhase: false, deadlineMs: 0 });

describe("the report after which all tasks are done", () => {
  it("takes the job on to its commit, in one step", () => {
    const step = nextWithLook(importing, tasksOf(["running", "persisted"]), report(persisted), open);
    expect(step).toMatchObject({ job: { state: "committing" }, tasks: [{ taskId: 11n, state: "persisted" }] });
  });

  it("takes it on to wait for who commits, where it was asked for so", () => {
    const job = jobOf({ state: "importing", isPaused: false, isTwoPhase: true, deadlineMs: 0 });
    expect(nextWithLook(job, tasksOf(["running"]), report(persisted), open).job?.state).toBe("uncommitted");
  });

  it("asks the planner about the tasks as they are after it, and leaves what is refused to the look that follows", () => {
    const asked: (readonly Task[])[] = [];
    const refusal = (_job: Job, tasks: readonly Task[]) => {
      asked.push(tasks);
      return inputError;
    };
    const step = nextWithLook(importing, tasksOf(["running"]), report(persisted), { ...open, refusal });
    expect(asked).toMatchObject([[{ state: "persisted", rowCount: 10 }]]);
    expect(step).toEqual(next(importing, tasksOf(["running"]), report(persisted)));
  });

  it("leaves a dropped target to the look that follows", () => {
    const step = nextWithLook(importing, tasksOf(["running"]), report(persisted), {
      ...open,
      droppedTarget: "collection 7",
    });
    expect(step.job).toBeUndefined();
  });
});

it("is what report and look are one after the other, or the report alone", () => {
  fc.assert(
    fc.property(
      jobs,
      fc.array(fc.constantFrom(...taskStates), { minLength: 1, maxLength: 3 }),
      progress,
      (given, states, said) => {
        const [job, tasks, event] = [jobOf(given), tasksOf(states), report(said)];
        const [step, alone] = [nextWithLook(job, tasks, event, open), next(job, tasks, event)];
        if (!step.job) return expect(step).toEqual(alone);
        const after = tasks.map((task) => alone.tasks?.find(({ taskId }) => taskId === task.taskId) ?? task);
        const looked = next(job, after, { kind: "looked", nowMs: 50 });
        expect(step).toEqual({ ...looked, tasks: alone.tasks });
      },
    ),
  );
});
