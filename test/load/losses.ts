import type { TaskRecord } from "@sluice/catalog";
import type { RunResult } from "./cluster-run.ts";
import { milliseconds } from "./load-table.ts";
import { percentile } from "./process-usage.ts";

/** All jobs are requested and planned in the first seconds, and completed in the last ones: what is asked then waits for that. */
const BEGIN_MS = 5000;
const FINISH_MS = 10_000;

/** Where the time of all nodes of a run went, in milliseconds of one node. */
interface NodeTime {
  /** From the first Import until a node's first task. */
  beginMs: number;
  /** Between two tasks of a node. */
  gapsMs: number;
  /** From the end of a node's last task to that of the last of all: tasks of uneven length do not end together. */
  unevenMs: number;
  /** From there until the last job was completed. */
  finishMs: number;
}

/** In words, why the nodes did less than they might have, and when state queries were slow. */
export function lossesOf(result: RunResult, nodes: number): string[] {
  const { beginMs, gapsMs, unevenMs, finishMs } = nodeTimeOf(result, nodes);
  const share = (ms: number) => `${((100 * ms) / nodes / result.makespanMs).toFixed(1)} %`;
  const between = result.makespanMs - FINISH_MS;
  return [
    `nodes without a task: before their first ${share(beginMs)}, between two ${share(gapsMs)}, while others had their last ` +
      `${share(unevenMs)}, until the last job was completed ${share(finishMs)}`,
    `state queries, p50, p99, longest: first seconds ${statesBetween(result, 0, BEGIN_MS)}; then ` +
      `${statesBetween(result, BEGIN_MS, between)}; last seconds ${statesBetween(result, between)}`,
  ];
}

function nodeTimeOf({ tasks, ...span }: RunResult, nodes: number): NodeTime {
  const ofNodes = [...Map.groupBy(tasks, ({ nodeId }) => nodeId).values()];
  const lastMs = Math.max(...tasks.map(({ endedMs }) => endedMs));
  const idle = nodes - ofNodes.length;
  const time = { beginMs: idle * (lastMs - span.startedMs), gapsMs: 0, unevenMs: 0 };
  for (const ofNode of ofNodes) {
    const untilMs = addNode(time, ofNode, span.startedMs);
    time.unevenMs += lastMs - untilMs;
  }
  return { ...time, finishMs: nodes * (span.endedMs - lastMs) };
}

/** The end of its last task. */
function addNode(time: Pick<NodeTime, "beginMs" | "gapsMs">, tasks: readonly TaskRecord[], spanMs: number): number {
  let untilMs = spanMs;
  for (const { startedMs, endedMs } of tasks.toSorted((a, b) => a.startedMs - b.startedMs)) {
    const idleMs = Math.max(0, startedMs - untilMs);
    if (untilMs === spanMs) time.beginMs += idleMs;
    else time.gapsMs += idleMs;
    // The next one may begin before the one of before is reported.
    untilMs = Math.max(untilMs, endedMs);
  }
  return untilMs;
}

function statesBetween({ states }: RunResult, fromMs: number, untilMs = Number.POSITIVE_INFINITY): string {
  const ms = states.flatMap(({ atMs, tookMs }) => (atMs >= fromMs && atMs < untilMs ? tookMs : []));
  return `${[0.5, 0.99, 1].map((part) => milliseconds(percentile(ms, part))).join(", ")} of ${ms.length}`;
}
