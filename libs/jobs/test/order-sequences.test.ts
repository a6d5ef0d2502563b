import { describe, expect, it } from "@jest/globals";
import {
  isOpenTask,
  type Job,
  type JobEffect,
  type JobEvent,
  newTask,
  next,
  parseImportSpec,
  type Task,
  verdictOnOrder,
} from "@sluice/jobs";
import { jobId, nodeId, segmentId, taskId } from "@sluice/schema";
import fc from "fast-check";
import { type JobOrder, jobOrders } from "../src/orders.ts";

// Orders one after the other, at any moments, while processes die: what was accepted happens, and rows are visible where the job says so.

type Crash =
  /** The record is written, and the process dies before it does what follows. */
  | "before the effects"
  /** It does it, and dies before it hears what came of it. */
  | "before the answers";

interface Given {
  readonly order: JobOrder;
  /** Steps since the order before. */
  readonly afterSteps: number;
}

const task: Task = { ...newTask, jobId: jobId(1n), taskId: taskId(11n), kind: "import", sizeBytes: 100 };
const newJob = (autoCommit: boolean): Job => ({
  ...{ jobId: jobId(1n), kind: "import", spec: parseImportSpec([{ key: "auto_commit", value: String(autoCommit) }]) },
  ...{ state: "pending", deadlineMs: 0, completedMs: 0, rowCount: 3, segmentIds: [segmentId(7n)], autoIds: [] },
});

/** A job with the world around it: one task, a queue that delivers, and a collection where its rows are or are not. */
class World {
  job: Job;
  tasks: readonly Task[] = [];
  isVisible = false;
  wasVisible = false;
  /** Orders that changed the job, in turn. */
  readonly accepted: JobOrder[] = [];
  /** What must never be, and was. */
  readonly faults: string[] = [];
  #events: JobEvent<Task>[] = [];

  constructor(autoCommit: boolean) {
    this.job = newJob(autoCommit);
  }

  order(order: JobOrder): JobEffect[] {
    if (verdictOnOrder(this.job, order) === "do") this.accepted.push(order);
    return this.#take({ kind: "ordered", order, nowMs: 50 });
  }

  step(): JobEffect[] {
    return this.#take(this.#events.shift() ?? { kind: "looked", nowMs: 60 });
  }

  #take(event: JobEvent<Task>): JobEffect[] {
    const { job = this.job, tasks = [], effects } = next(this.job, this.tasks, event);
    if (this.job.state === "committing" && job.state === "failed") this.faults.push("failed while its rows appear");
    const ids = new Set(tasks.map(({ taskId }) => taskId));
    this.tasks = [...this.tasks.filter(({ taskId }) => !ids.has(taskId)), ...tasks];
    this.job = job;
    const isBegun = effects.includes("plan") || effects.includes("hand_over");
    const isRunning = this.tasks.some(({ state }) => state === "running");
    if (job.isPaused && (isBegun || isRunning)) this.faults.push("worked on while it is paused");
    return [...effects];
  }

  carryOut(effects: readonly JobEffect[], isHeard: boolean): void {
    const answers = effects.flatMap((effect) => this.#answersTo(effect));
    if (isHeard) this.#events.push(...answers);
    else this.#events = [];
  }

  /** Nothing is known any more but the records. */
  die(): void {
    this.#events = [];
  }

  #answersTo(effect: JobEffect): JobEvent<Task>[] {
    switch (effect) {
      case "plan":
        return [{ kind: "planned", tasks: [task] }];
      case "hand_over":
        return this.tasks.filter(({ state }) => isOpenTask(state)).flatMap(runs);
      case "commit":
        this.isVisible = this.wasVisible = true;
        return [{ kind: "committed", segmentIds: [segmentId(7n)], rowCount: 3, nowMs: 70 }];
      case "take_out":
        this.isVisible = false;
        return [{ kind: "taken_out", nowMs: 70 }];
      case "write_rejects":
        return [{ kind: "refused", failure: { code: "value_invalid", reason: "too many" }, nowMs: 70 }];
      case "clean_up":
        return [{ kind: "cleaned_up", nowMs: 70 }];
      case "take_back":
        return [];
    }
  }
}

/** An attempt from its beginning to its end: an order may come in between, and the end late. */
function runs({ attempt }: Task): JobEvent<Task>[] {
  const about = { taskId: taskId(11n), nodeId: nodeId(9n) };
  const bounds = { leadsSinceMs: 0, maxNodesKilled: 32, others: [], files: [] };
  const progress = { state: "persisted", rowCount: 3, autoIds: [], warnings: [] } as const;
  return [
    { kind: "task_started", ...about, nowMs: 60, ...bounds },
    { kind: "task_reported", report: { ...about, attempt: attempt + 1, progress }, nowMs: 65 },
  ];
}

/** Gives the orders, dies where it is told to, and looks until nothing changes any more. */
function lived(autoCommit: boolean, orders: readonly Given[], crashes: ReadonlyMap<number, Crash>): World {
  const world = new World(autoCommit);
  const times = orders.map((_, i) => orders.slice(0, i + 1).reduce((sum, { afterSteps }) => sum + afterSteps, 0));
  for (let step = 0; step < (times.at(-1) ?? 0) + 30; step++) {
    const now = orders[times.indexOf(step)];
    const effects = now ? world.order(now.order) : world.step();
    const crash = crashes.get(step);
    if (crash === "before the effects") world.die();
    else world.carryOut(effects, crash === undefined);
  }
  return world;
}

/** How the job ends by what was accepted of it. */
function expected(autoCommit: boolean, accepted: readonly JobOrder[]): string {
  if (accepted.includes("rollback")) return "rolled_back";
  if (accepted.includes("cancel") || accepted.includes("abort")) return "failed";
  const stops = accepted.filter((order) => order === "pause" || order === "resume");
  if (stops.at(-1) === "pause") return "paused";
  return autoCommit || accepted.includes("commit") ? "completed" : "uncommitted";
}

const orderLists = fc.array(
  fc.record({ order: fc.constantFrom(...jobOrders), afterSteps: fc.integer({ min: 1, max: 7 }) }),
  { maxLength: 6 },
);
const crashLists = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 40 }), fc.constantFrom<Crash>("before the effects", "before the answers")),
  { maxLength: 5 },
);

describe("orders one after the other", () => {
  it("are carried out when they were accepted, whenever processes die, and rows are visible when the job is Completed", () => {
    fc.assert(
      fc.property(fc.boolean(), orderLists, crashLists, (autoCommit, orders, crashes) => {
        const { job, accepted, faults, isVisible, wasVisible } = lived(autoCommit, orders, new Map(crashes));
        expect(faults).toEqual([]);
        const end = job.isPaused && (job.state === "pending" || job.state === "importing") ? "paused" : job.state;
        expect([accepted, end]).toEqual([accepted, expected(autoCommit, accepted)]);
        expect(isVisible).toBe(end === "completed");
        if (end === "failed" || end === "paused" || end === "uncommitted") expect(wasVisible).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});
