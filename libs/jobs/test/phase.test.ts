import { expect, it } from "@jest/globals";
import { type Job, newTask, phaseOf, type Task, waitsFor } from "../src/index.ts";

const task = (state: Task["state"], more: Partial<Task> = {}) => ({
  ...newTask,
  kind: "import" as const,
  state,
  ...more,
});
const away = task("pending", {
  outages: 1,
  endedAttempts: [{ attempt: 1, nodeId: 1n as never, startedMs: 0, endedMs: 1, cause: "bucket b does not answer" }],
});

it.each<[Job["state"], boolean, Pick<Task, "kind" | "state" | "outages" | "endedAttempts">[], string, string]>([
  ["pending", false, [], "planning", ""],
  ["pending", true, [], "waiting", "somebody to resume it"],
  ["importing", false, [task("pending")], "waiting", "a worker that is free"],
  ["importing", false, [away], "waiting", "storage, and is tried again: bucket b does not answer"],
  [
    "importing",
    false,
    [{ ...away, kind: "pull" }],
    "waiting",
    "the other service, and is tried again: bucket b does not answer",
  ],
  ["importing", false, [task("pending"), task("running")], "working", ""],
  ["importing", false, [task("persisted")], "working", ""],
  ["importing", true, [task("pending")], "waiting", "somebody to resume it"],
  ["uncommitted", false, [task("persisted")], "uncommitted", "somebody to commit or abort it"],
  ["committing", false, [task("persisted")], "committing", ""],
  ["completed", false, [task("persisted")], "ended", ""],
  ["failed", true, [task("pending")], "ended", ""],
])("%s, paused %s: %#", (state, isPaused, tasks, phase, waits) => {
  expect([phaseOf({ state, isPaused }, tasks), waitsFor({ state, isPaused }, tasks)]).toEqual([phase, waits]);
});
