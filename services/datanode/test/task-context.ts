import type { MemoryObjectStore } from "@sluice/object-store/testing";
import type { TaskContext } from "../src/tasks/task-kind.ts";

/** What a task works with that reads no files: objects in memory, and ids that count up. */
export function taskContext(objects: MemoryObjectStore, nextId: { value: bigint }): TaskContext {
  const take = (count: number) => (nextId.value += BigInt(count)) - BigInt(count);
  const none = () => Promise.reject(new Error("the task has none"));
  return {
    ...{ objects, stored: objects, openFiles: none, visibleSegments: none, openExportRoot: none },
    ...{ secrets: {}, confirmCurrent: async () => {} },
    limits: { batchBytes: 1 << 20, flushBytes: 1 << 20, workerMemoryBytes: 1 << 24, segmentBytes: 1 << 24 },
    embedding: {},
    ids: {
      segments: async (buckets) => buckets.map(() => take(1)),
      logIds: async (count) => take(count),
    },
    allocateIds: async (count) => take(count),
    onProgress: () => {},
    paced: async () => {},
    warn: () => {},
    now: () => 0,
    signal: new AbortController().signal,
  };
}
