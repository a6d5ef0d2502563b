import { excerptOfList, type Failure } from "@sluice/errors";
import type { EndedAttempt, Task } from "./job.ts";

// A file that kills its datanode (by memory, by a defect that ends the process) would go round the cluster for ever, since a node
// that died reports nothing. So deaths are counted against the task, but only what speaks against the task alone:
// D1. Lost is not dead. A node that is heard of again after its task went to another one was cut off, and lives.
// D2. Three deaths, or as many as the operator allows, end a task that stands out: since its first one no other task has lost more than one node. An outage takes
//     several nodes, each with its tasks, and again whatever runs next; what shared the nodes of a deadly task runs elsewhere soon.
// D3. A death in which the rootcoord went down too (always so in a standalone) says little, so it does not count as one of three.
// D4. Thirty-two deaths of any kind end any task: a machine that is restarted again and again must be able to finish its work, yet
//     a file that ends its process, which is started again each time, must not go on for ever.

/** Datanodes that may die with one task, whatever else happens, before it fails. */
export const MAX_NODES_LOST = 32;
/** Datanodes that other tasks may have lost meanwhile. */
const MAX_LOST_BY_OTHERS = 1;

/**
 * Why a task is not begun again: it is what datanodes die of, as far as the records can tell.
 * @param maxNodesKilled deaths that end a task which stands out
 * @param others all other tasks that are remembered, of whatever job; read only when there is something to compare
 * @param files what the task reads, as the user named it
 */
export function deadlinessOf(
  task: Task,
  maxNodesKilled: number,
  others: Iterable<Task>,
  files: readonly string[],
): Failure | undefined {
  const deaths = deathsOf(task);
  const telling = deaths.filter(({ lost }) => lost === "node");
  const { nodesLost = deaths.length } = task;
  if (telling.length < maxNodesKilled && nodesLost < MAX_NODES_LOST) return undefined;
  if (nodesLost < MAX_NODES_LOST && !standsOut(telling[0], others)) return undefined;
  const reason = `${nodesLost} datanodes died while they worked on it${nodesLost > deaths.length ? ", the last ones" : ""}: ${deaths.map(inWords).join(", ")}. It read ${excerptOfList(files)}`;
  return { code: "nodes_died", reason, ...(files.length === 1 && { file: files[0] }) };
}

function deathsOf(task: Task): EndedAttempt[] {
  return task.endedAttempts.filter(({ lost }) => lost !== undefined);
}

/** D2 */
function standsOut(first: EndedAttempt, others: Iterable<Task>): boolean {
  for (const other of others) {
    const since = deathsOf(other).filter(({ endedMs }) => endedMs >= first.startedMs);
    if (since.length > MAX_LOST_BY_OTHERS) return false;
  }
  return true;
}

function inWords({ attempt, nodeId, startedMs, endedMs, cause }: EndedAttempt): string {
  const [start, end] = [startedMs, endedMs].map((ms) => new Date(ms).toISOString());
  return `datanode ${nodeId} (attempt ${attempt}, ${start} to ${end}: ${cause})`;
}
