import { availableParallelism } from "node:os";
import { credentialsSettings, embeddingSettings, type RoleSettings } from "@sluice/cluster";
import { availableMemory, defineSettings } from "@sluice/config";

/** Settings of datanodes, beside those that every process has. */
export const dataNodeSettings = defineSettings({
  ...credentialsSettings,
  ...embeddingSettings,
  workers: {
    type: "int",
    min: 1,
    max: 256,
    description: "import tasks that run at once; default: the number of cores, as far as the memory allows",
  },
  memory: {
    type: "bytes",
    min: 1 << 28,
    description: "memory of the process; default: three quarters of what the machine or the container has",
  },
  segmentSize: {
    type: "bytes",
    default: "1GB",
    min: 1 << 20,
    description: "segments are sealed when they reach this size",
  },
  flushSize: {
    type: "bytes",
    default: "16MB",
    min: 1 << 16,
    description: "rows of a segment are written when they reach this size",
  },
  workerMemory: {
    type: "bytes",
    default: "96MB",
    min: 1 << 22,
    description: "rows that a worker holds in memory, over all segments",
  },
});

/** Values of these, of those of every process and of the queue. */
export type DataNodeSettings = RoleSettings<typeof dataNodeSettings, "queue">;

/** What a process needs beside its workers, and a worker beside the rows that it holds. Measured (test/bench/RESULTS.md). */
const BASE_MEMORY_BYTES = 250 << 20;
const WORKER_OVERHEAD_BYTES = 104 << 20;

/** Threads for import tasks: as given, else one for each core, as far as they fit into the memory; at least one. */
export function workerCount(settings: Pick<DataNodeSettings, "workers" | "memoryBytes" | "workerMemoryBytes">): number {
  if (settings.workers !== undefined) return settings.workers;
  const memoryBytes = settings.memoryBytes ?? 0.75 * availableMemory();
  const fitting = Math.floor((memoryBytes - BASE_MEMORY_BYTES) / (settings.workerMemoryBytes + WORKER_OVERHEAD_BYTES));
  return Math.max(1, Math.min(availableParallelism(), fitting));
}
