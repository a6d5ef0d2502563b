import { describe, expect, it } from "@jest/globals";
import {
  isOpenTask,
  type Job,
  type JobEffect,
  type JobEvent,
  type JobState,
  jobStates,
  newTask,
  next,
  parseImportSpec,
  type Task,
} from "@sluice/jobs";
import { jobId, nodeId, segmentId, taskId } from "@sluice/schema";
import { jobOrders } from "../src/orders.ts";

// Whatever is ordered in whatever state, and whenever the rootcoord dies: the job ends as if nothing had died.

const jobIn = (state: JobState, autoCommit: string, deadlineMs = 0): Job => ({
  ...{ jobId: jobId(1n), kind: "import", spec: parseImportSpec([{ key: "auto_commit", value: autoCommit }]), state },
  ...{ deadlineMs, completedMs: 0, rowCount: 3, segmentIds: [segmentId(7n)], autoIds: [] },
});
const task: Task = { ...newTask, jobId: jobId(1n), taskId: taskId(11n), kind: "import", sizeBytes: 100 };
const tasksIn = (state: JobState): Task[] => {
  if (state === "pending") return [];
  return state === "importing" ? [task] : [{ ...task, state: "persisted", rowCount: 3, attempt: 1 }];
};

interface World {
  job: Job;
  tasks: readonly Task[];
}

/** What the world outside answers to an effect, as events. */
function answersTo(effect: JobEffect, { tasks }: World): JobEvent<Task>[] {
  switch (effect) {
    case "plan":
      return [{ kind: "planned", tasks: [task] }];
    case "hand_over":
      // What was leased to somebody who is heard of no more comes again.
      return tasks.filter(({ state }) => isOpenTask(state)).flatMap(runs);
    case "commit":
      return [{ kind: "committed", segmentIds: [segmentId(7n)], rowCount: 3, nowMs: 70 }];
    case "take_out":
      return [{ kind: "taken_out", nowMs: 70 }];
    case "write_rejects":
      return [{ kind: "refused", failure: { code: "value_invalid", reason: "too many" }, nowMs: 70 }];
    case "clean_up":
      return [{ kind: "cleaned_up", nowMs: 70 }];
    case "take_back":
      return [];
  }
}

function runs({ attempt }: Task): JobEvent<Task>[] {
  const about = { taskId: taskId(11n), nodeId: nodeId(9n) };
  const bounds = { leadsSinceMs: 0, maxNodesKilled: 3, others: [], files: [] };
  const progress = { state: "persisted", rowCount: 3, autoIds: [], warnings: [] } as const;
  return [
    { kind: "task_started", ...about, nowMs: 60, ...bounds },
    { kind: "task_reported", report: { ...about, attempt: attempt + 1, progress }, nowMs: 65 },
  ];
}

/** Looks until nothing changes any more. @param crashAt the step whose effects are lost: its record is written, and then the process dies */
function settled(world: World, first: JobEvent<Task>, crashAt: number): { world: World; effects: JobEffect[] } {
  let events = [first];
  const done: JobEffect[] = [];
  for (let step = 0; step < 40; step++) {
    const event = events.shift() ?? ({ kind: "looked", nowMs: 60 } as const);
    const { job = world.job, tasks = [], effects } = next(world.job, world.tasks, event);
    const ids = new Set(tasks.map(({ taskId }) => taskId));
    world = { job, tasks: [...world.tasks.filter(({ taskId }) => !ids.has(taskId)), ...tasks] };
    if (step === crashAt) events = [];
    else
      for (const effect of effects) {
        done.push(effect);
        events = [...events, ...answersTo(effect, world)];
      }
  }
  return { world, effects: done };
}

const pairs = ["true", "false"].flatMap((autoCommit) => jobStates.map((state) => [autoCommit, state] as const));

describe.each(pairs)("auto_commit=%s, %s", (autoCommit, state) => {
  const start = (deadlineMs = 0): World => ({ job: jobIn(state, autoCommit, deadlineMs), tasks: tasksIn(state) });

  it.each(jobOrders)("%s: a crash after any step changes nothing of how it ends", (name) => {
    const order = { kind: "ordered", order: name, nowMs: 50 } as const;
    const { world: calm } = settled(start(), order, -1);
    for (let crashAt = 0; crashAt < 12; crashAt++) {
      const { world } = settled(start(), order, crashAt);
      expect([crashAt, world.job.state, world.job.isPaused]).toEqual([crashAt, calm.job.state, calm.job.isPaused]);
    }
  });

  it("a deadline ends what is not committed yet, and nothing else, also when the process dies of it", () => {
    const isOver = ["pending", "importing", "uncommitted"].includes(state);
    const expected = isOver ? "failed" : state === "committing" ? "completed" : state;
    for (let crashAt = -1; crashAt < 4; crashAt++) {
      const { world, effects } = settled(start(55), { kind: "looked", nowMs: 60 }, crashAt);
      expect([world.job.state, world.job.failure?.reason]).toEqual([expected, isOver ? "import timeout" : undefined]);
      if (isOver) expect(effects).not.toContain("commit");
    }
  });
});
