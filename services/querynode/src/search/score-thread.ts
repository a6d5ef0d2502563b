import { parentPort } from "node:worker_threads";
import { rowsBetween } from "../row-range.ts";
import { type CandidateTask, candidatesOf } from "./candidates.ts";
import type { ThreadMessage } from "./score-threads.ts";

// What a thread of `ScoreThreads` runs: a task after the other, in the order in which they come.

/** What rows are compared with, by the slots that the other side counts in. */
const comparisons: (CandidateTask["comparison"] | undefined)[] = [];

parentPort?.on("message", (message: ThreadMessage) => {
  if ("forgotten" in message) {
    comparisons[message.forgotten] = undefined;
    return;
  }
  const { slot, rows: sent, ...task } = message;
  const comparison = (comparisons[slot] = task.comparison ?? comparisons[slot]);
  if (!comparison) throw new Error(`nothing to compare with in slot ${slot}`);
  const rows = sent instanceof Uint32Array ? sent : rowsBetween(...sent);
  const found = candidatesOf({ ...task, comparison, rows });
  parentPort?.postMessage(found, [found.queries.buffer, found.rows.buffer, found.scores.buffer]);
});
