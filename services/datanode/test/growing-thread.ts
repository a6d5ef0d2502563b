import { constants, PerformanceObserver } from "node:perf_hooks";
import { parentPort } from "node:worker_threads";
import type { ToThread } from "../src/thread/messages.ts";

// What a worker thread does that takes `input` MB of objects and keeps them, as its first import does with code: its rows are how
// often V8 has marked its heap meanwhile.

let marked = 0;
new PerformanceObserver((list) => {
  const kinds = list.getEntries().map((entry) => (entry as unknown as { detail: { kind: number } }).detail.kind);
  marked += kinds.filter((kind) => kind === constants.NODE_PERFORMANCE_GC_MAJOR).length;
}).observe({ entryTypes: ["gc"] });

const kept: number[][] = [];
parentPort?.on("message", async (message: ToThread) => {
  if (message.type !== "run") return;
  // A hundred numbers and what is around them are about a kilobyte.
  for (let mb = 0; mb < Number(message.task.input); mb++) {
    for (let i = 0; i < 1024; i++) kept.push(Array.from({ length: 100 }, (_, k) => i + k / 2));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  parentPort?.postMessage({ type: "done", run: message.run, outcome: { rowCount: marked }, storage: [] });
});
