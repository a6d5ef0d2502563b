import { describe, expect, it } from "@jest/globals";
import {
  type Job,
  type JobOrder,
  type JobState,
  jobStates,
  newTask,
  next,
  parseImportSpec,
  type Task,
  verdictOnOrder,
} from "@sluice/jobs";
import { jobId, nodeId, segmentId, taskId } from "@sluice/schema";
import { jobOrders } from "../src/orders.ts";

const jobIn = (state: JobState, autoCommit: string, more: Partial<Job> = {}): Job => ({
  ...{ jobId: jobId(1n), kind: "import", spec: parseImportSpec([{ key: "auto_commit", value: autoCommit }]), state },
  ...{ deadlineMs: 0, completedMs: 0, rowCount: 3, segmentIds: [segmentId(7n)], autoIds: [], ...more },
});
const task = (state: Task["state"], more: Partial<Task> = {}): Task => ({
  ...{ ...newTask, jobId: jobId(1n), taskId: taskId(11n), kind: "import", sizeBytes: 100, state, attempt: 1, ...more },
});
const order = (name: JobOrder) => ({ kind: "ordered", order: name, nowMs: 50 }) as const;
const look = { kind: "looked", nowMs: 60 } as const;

/** `+` it is done, `=` it is so already, `-` it is refused: in the order pending … rolled_back. */
const table: Readonly<Record<JobOrder, readonly [autoCommit: string, twoPhase: string]>> = {
  //         pending importing uncommitted committing completed failed rolled_back
  commit: ["-------", "--+==--"],
  abort: ["-------", "+++--=-"],
  cancel: ["+++--=-", "+++--=-"],
  pause: ["++-----", "++-----"],
  resume: ["====---", "====---"],
  rollback: ["----+-=", "----+-="],
};

describe("orders", () => {
  const cases = jobOrders.flatMap((name) => jobStates.map((state, i) => [name, state, i] as const));
  it.each(cases)("%s, job %s", (name, state, i) => {
    for (const [column, autoCommit] of ["true", "false"].entries()) {
      const verdict = verdictOnOrder(jobIn(state, autoCommit), name);
      const sign = verdict === "do" ? "+" : verdict === "done" ? "=" : "-";
      expect([autoCommit, sign]).toEqual([autoCommit, table[name][column][i]]);
      if (typeof verdict === "object") expect(next(jobIn(state, autoCommit), [], order(name))).toEqual({ effects: [] });
    }
  });

  it.each(["export", "copy"] as const)("of an %s end it and let it rest, and take nothing back", (kind) => {
    const job = (state: JobState) => ({ ...jobIn(state, "true"), kind });
    expect(verdictOnOrder(job("importing"), "rollback")).toEqual(verdictOnOrder(job("completed"), "rollback"));
    expect(verdictOnOrder(job("importing"), "commit")).toEqual({
      refusal: "is auto-commit, manual commit/abort not allowed",
    });
    for (const name of ["cancel", "pause"] as const) expect(verdictOnOrder(job("importing"), name)).toBe("do");
    expect(next(job("importing"), [], order("cancel")).job?.failure?.reason).toBe(`the ${kind} job was cancelled`);
    expect(verdictOnOrder(job("completed"), "rollback")).toEqual({
      refusal: "has put no rows into a collection that others are in",
    });
    expect(verdictOnOrder(job("completed"), "cancel")).toEqual({
      refusal: "is in terminal/committed state Completed, cancel not allowed",
    });
  });

  it("of imported deletes take nothing back", () => {
    const spec = parseImportSpec([{ key: "l0_import", value: "true" }]);
    expect(verdictOnOrder(jobIn("completed", "true", { spec, segmentIds: [] }), "rollback")).toEqual({
      refusal: "has deleted rows, and nothing brings them back",
    });
  });

  it("refuse with what to do instead", () => {
    const refusal = (state: JobState, name: JobOrder, autoCommit = "true") =>
      verdictOnOrder(jobIn(state, autoCommit), name);
    expect(refusal("importing", "abort")).toEqual({
      refusal: "is auto-commit, manual commit/abort not allowed: use cancel",
    });
    expect(refusal("importing", "commit", "false")).toEqual({
      refusal: "is in state Importing, expected Uncommitted: wait until it is",
    });
    expect(refusal("completed", "cancel")).toEqual({
      refusal: "is in terminal/committed state Completed, cancel not allowed: use rollback",
    });
  });

  it("name nothing instead that would be refused as well", () => {
    const instead = (state: JobState, name: JobOrder, more: Partial<Job> = {}) => {
      const verdict = verdictOnOrder(jobIn(state, "true", more), name);
      return typeof verdict === "object" ? verdict.refusal.split(": ").at(1) : undefined;
    };
    expect(instead("completed", "abort")).toBe("use rollback");
    expect(instead("completed", "cancel", { segmentIds: [] })).toBeUndefined();
    for (const state of ["committing", "failed", "rolled_back"] as const)
      expect([state, instead(state, "abort")]).toEqual([state, "it has nothing left to end"]);
    expect(instead("completed", "abort", { segmentIds: [] })).toBe("it has nothing left to end");
  });

  it("end a paused job, which rests no more then", () => {
    const { job } = next(jobIn("importing", "true", { isPaused: true }), [task("pending")], order("cancel"));
    expect(job).toMatchObject({ state: "failed", isPaused: false });
  });

  it("auto_commit=false: rows wait for the commit, and a job without rows has nothing to wait for", () => {
    const waiting = next(jobIn("importing", "false"), [task("persisted", { rowCount: 2 })], look);
    expect(waiting.job?.state).toBe("uncommitted");
    expect(next(jobIn("importing", "false"), [task("persisted")], look).job?.state).toBe("committing");
    expect(next(jobIn("uncommitted", "false"), [task("persisted", { rowCount: 2 })], look)).toEqual({ effects: [] });
    expect(next(jobIn("uncommitted", "false"), [], order("commit")).job?.state).toBe("committing");
  });

  it("pause: nobody is listened to, nothing is handed over, until resume", () => {
    const running = task("running", { attempt: 2, nodeId: nodeId(9n) });
    const { job, tasks, effects } = next(jobIn("importing", "true"), [running], order("pause"));
    expect(effects).toEqual(["take_back"]);
    expect(tasks?.[0]).toMatchObject({
      state: "pending",
      attempt: 2,
      endedAttempts: [{ cause: "its job was paused" }],
    });
    const paused = job as Job;
    expect(next(paused, tasks ?? [], look)).toEqual({ effects: [] });
    const start = {
      kind: "task_started",
      taskId: taskId(11n),
      nodeId: nodeId(9n),
      nowMs: 50,
      leadsSinceMs: 0,
      maxNodesKilled: 3,
      others: [],
      files: [],
    } as const;
    expect(next(paused, tasks ?? [], start)).toEqual({ effects: [] });
    const resumed = next(paused, tasks ?? [], order("resume")).job as Job;
    expect(next(resumed, tasks ?? [], look)).toEqual({ effects: ["hand_over"] });
    expect(next(resumed, tasks ?? [], start).tasks?.[0]).toMatchObject({ state: "running", attempt: 3 });
  });

  it("pause delays neither a deadline nor a failure", () => {
    const paused = jobIn("importing", "true", { isPaused: true, deadlineMs: 55 });
    expect(next(paused, [task("pending")], look).job).toMatchObject({ state: "failed" });
    expect(next({ ...paused, deadlineMs: 0 }, [task("failed")], look).job?.state).toBe("failed");
  });

  it("a failed copy to another service is cleaned up after until nothing is there, or that is refused", () => {
    const spec = { direction: "out" } as Job["spec"];
    const failed = next(jobIn("importing", "true", { kind: "copy", spec }), [], order("cancel")).job as Job;
    expect([failed.state, failed.cleanup]).toEqual(["failed", {}]);
    expect(next(failed, [], look)).toEqual({ effects: ["clean_up"] });
    expect(next(failed, [], order("cancel"))).toEqual({ effects: [] });
    const clean = next(failed, [], { kind: "cleaned_up", nowMs: 60 }).job as Job;
    expect(clean).toMatchObject({ state: "failed", cleanup: { doneMs: 60 }, failure: failed.failure });
    const failure = { code: "job_failed", reason: "away" } as const;
    const left = next(failed, [], { kind: "cleanup_refused", failure }).job as Job;
    expect(left.cleanup).toEqual({ refusal: failure });
    for (const job of [clean, left]) expect(next(job, [], look)).toEqual({ effects: [] });
    expect(next(clean, [], { kind: "cleanup_refused", failure })).toEqual({ effects: [] });
  });

  it("a copy that makes nothing elsewhere leaves nothing to clean up", () => {
    const spec = { direction: "in" } as Job["spec"];
    const failed = next(jobIn("importing", "true", { kind: "copy", spec }), [], order("cancel")).job as Job;
    expect(failed).not.toHaveProperty("cleanup");
    expect(next(failed, [], look)).toEqual({ effects: [] });
  });

  it("rollback: asked for until it is done or refused, whatever dies meanwhile", () => {
    const asked = next(jobIn("completed", "true"), [], order("rollback")).job as Job;
    expect(next(asked, [], look)).toEqual({ effects: ["take_out"] });
    expect(next(asked, [], { kind: "taken_out", nowMs: 60 }).job?.state).toBe("rolled_back");
    const failure = { code: "job_failed", reason: "gone" } as const;
    const refused = next(asked, [], { kind: "take_out_refused", failure }).job as Job;
    expect(refused).toMatchObject({ state: "completed", rollback: { refusal: failure } });
    expect(next(refused, [], look)).toEqual({ effects: [] });
    expect(next(refused, [], order("rollback")).job?.rollback?.refusal).toBeUndefined();
  });
});
