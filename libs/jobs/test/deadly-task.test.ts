import { describe, expect, it } from "@jest/globals";
import { type Job, type JobEvent, newTask, next, parseImportSpec, type Task } from "@sluice/jobs";
import { jobId, nodeId, taskId } from "@sluice/schema";
import { MAX_NODES_LOST } from "../src/deadly-task.ts";

const MAX_NODES_KILLED = 3;

const job: Job = {
  ...{ jobId: jobId(1n), kind: "import", spec: parseImportSpec([]), state: "importing", deadlineMs: 0, completedMs: 0 },
  ...{ rowCount: 0, segmentIds: [], autoIds: [] },
};

const fresh: Task = { ...newTask, jobId: jobId(1n), taskId: taskId(11n), kind: "import", sizeBytes: 100 };
const twin: Task = { ...fresh, taskId: taskId(12n) };

type Circumstances = Partial<Extract<JobEvent<Task>, { kind: "task_started" }>>;

/** A datanode begins the task, after the one before it has died with it. */
function begunBy(node: bigint, task: Task, more: Circumstances = {}): Task {
  const known = { leadsSinceMs: 0, maxNodesKilled: MAX_NODES_KILLED, others: [], files: ["a.parquet"] };
  const nowMs = Number(node) * 1000;
  const event = { kind: "task_started", taskId: task.taskId, nodeId: nodeId(node), nowMs, ...known, ...more } as const;
  return next(job, [task], event).tasks?.[0] ?? task;
}

/** What the task is after `count` datanodes have died with it, the next one asking for it. */
function after(count: number, more: Circumstances = {}, task = fresh): Task {
  return Array.from({ length: count + 1 }, (_, i) => BigInt(i + 1)).reduce((at, node) => begunBy(node, at, more), task);
}

describe("a task that datanodes die of", () => {
  it("fails when three have died with it and no other task stands like it, naming nodes, times, causes and files", () => {
    expect(after(MAX_NODES_KILLED - 1)).toMatchObject({ state: "running", attempt: 3 });
    const task = after(MAX_NODES_KILLED);
    expect(task).toMatchObject({ state: "failed", attempt: 3, endedMs: 4000 });
    expect(task.failure).toEqual({
      code: "nodes_died",
      file: "a.parquet",
      reason:
        "3 datanodes died while they worked on it: " +
        "datanode 1 (attempt 1, 1970-01-01T00:00:01.000Z to 1970-01-01T00:00:02.000Z: its datanode fell silent), " +
        "datanode 2 (attempt 2, 1970-01-01T00:00:02.000Z to 1970-01-01T00:00:03.000Z: its datanode fell silent), " +
        "datanode 3 (attempt 3, 1970-01-01T00:00:03.000Z to 1970-01-01T00:00:04.000Z: its datanode fell silent). " +
        "It read a.parquet",
    });
  });

  it("may lose more nodes where the operator says so", () => {
    expect(after(5, { maxNodesKilled: 6 })).toMatchObject({ state: "running" });
    expect(after(6, { maxNodesKilled: 6 })).toMatchObject({ state: "failed" });
  });

  it("goes on while another task loses nodes too: that is an outage; at thirty-two it fails all the same", () => {
    const lost = after(2, {}, twin).endedAttempts.map((ended) => ({ ...ended, endedMs: 1e6 }));
    const others = [{ ...twin, endedAttempts: lost }];
    expect(after(MAX_NODES_LOST - 1, { others })).toMatchObject({ state: "running" });
    expect(after(MAX_NODES_LOST, { others }).failure).toMatchObject({ code: "nodes_died" });
  });

  it("fails although it has taken a node from others, or others had lost some before it began", () => {
    expect(after(MAX_NODES_KILLED, { others: [after(1, {}, twin)] })).toMatchObject({ state: "failed" });
    const before = after(2, {}, twin);
    const long = { ...before, endedAttempts: before.endedAttempts.map((ended) => ({ ...ended, endedMs: 900 })) };
    expect(after(MAX_NODES_KILLED, { others: [long] })).toMatchObject({ state: "failed" });
  });

  it("does not count the nodes that were only out of reach", () => {
    const lost = after(MAX_NODES_KILLED - 1);
    const [heard] = next(job, [lost], { kind: "node_heard", taskId: lost.taskId, attempt: 1 }).tasks ?? [];
    expect(heard?.endedAttempts.map(({ cause, lost }) => [cause, lost])).toEqual([
      ["its datanode was out of reach for a while", undefined],
      ["its datanode fell silent", "node"],
    ]);
    expect(begunBy(9n, heard as Task)).toMatchObject({ state: "running" });
    expect(next(job, [heard as Task], { kind: "node_heard", taskId: lost.taskId, attempt: 1 })).toEqual({
      effects: [],
    });
  });

  it("leaves a task alone that is done, whoever is heard of then", () => {
    const done: Task = { ...after(1), state: "persisted" };
    expect(next(job, [done], { kind: "node_heard", taskId: done.taskId, attempt: 1 })).toEqual({ effects: [] });
  });

  it("counts a death in which the rootcoord went down too only towards thirty-two", () => {
    const leadsSinceMs = 1e9;
    expect(after(MAX_NODES_LOST - 1, { leadsSinceMs })).toMatchObject({ state: "running" });
    expect(after(MAX_NODES_LOST, { leadsSinceMs })).toMatchObject({ state: "failed" });
  });

  it("is not one that its own node begins again, nor one that was handed back", () => {
    const begunAgain = Array.from({ length: 20 }).reduce<Task>((task) => begunBy(7n, task), fresh);
    expect(begunAgain).toMatchObject({ state: "running", attempt: 20 });
  });
});
