import { parentPort, workerData } from "node:worker_threads";
import { rowsBetween } from "../row-range.ts";
import { type CandidateTask, candidatesOf } from "./candidates.ts";
import { Kernels } from "./kernels.ts";
import type { ListScorers } from "./list-scorers.ts";
import type { ThreadMessage, ThreadStart, ThreadTask } from "./score-threads.ts";

// What a thread of `ScoreThreads` runs: a task after the other, in the order in which they come.

/** What rows are compared with, by the slots that the other side counts in. */
const comparisons: (CandidateTask["comparison"] | undefined)[] = [];

const { rooms } = workerData as ThreadStart;
const kernels = new Kernels(rooms);

/** As it comes, a memory is another object than the one that kernels know. */
function inMemory(bytes: Uint8Array, slab: number): Uint8Array {
  if (slab < 0) return bytes;
  return new Uint8Array(rooms[slab].memory.buffer, bytes.byteOffset, bytes.length);
}

async function listScorers({ queries, isOfElements }: CandidateTask["comparison"]): Promise<ListScorers | undefined> {
  return queries.kind === "lists" || isOfElements ? await import("./list-scorers.ts") : undefined;
}

async function answer({ slot, rows: sent, slabs, ...task }: ThreadTask): Promise<void> {
  const comparison = (comparisons[slot] = task.comparison ?? comparisons[slot]);
  if (!comparison) throw new Error(`nothing to compare with in slot ${slot}`);
  const rows = sent instanceof Uint32Array ? sent : rowsBetween(...sent);
  const column = task.column && { ...task.column, data: inMemory(task.column.data, slabs.column) };
  const sketches = task.sketches && { ...task.sketches, data: inMemory(task.sketches.data, slabs.sketches) };
  const found = candidatesOf({ ...task, comparison, rows, column, sketches }, kernels, await listScorers(comparison));
  const { queries, rows: near, scores, worst, elements } = found;
  const buffers = [queries, near, scores, worst, ...(elements ? [elements] : [])].map(({ buffer }) => buffer);
  parentPort?.postMessage(found, buffers);
}

async function handle(message: ThreadMessage): Promise<void> {
  if ("forgotten" in message) comparisons[message.forgotten] = undefined;
  else await answer(message);
}

/** Resolves when all messages so far have been handled. */
let handled = Promise.resolve();
parentPort?.on("message", (message: ThreadMessage) => {
  // A failure ends the thread.
  handled = handled.then(() => handle(message));
});
