import { parentPort } from "node:worker_threads";
import { rowsBetween } from "../row-range.ts";
import { candidatesOf } from "./candidates.ts";
import type { ThreadTask } from "./score-threads.ts";

// What a thread of `ScoreThreads` runs: a task after the other, in the order in which they come.

parentPort?.on("message", (task: ThreadTask) => {
  const rows = task.rows instanceof Uint32Array ? task.rows : rowsBetween(...task.rows);
  const found = candidatesOf({ ...task, rows });
  parentPort?.postMessage(found, [found.ends.buffer, found.rows.buffer, found.scores.buffer]);
});
