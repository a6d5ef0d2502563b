import { Batches } from "@sluice/async";
import type { ObjectStore } from "@sluice/object-store";
import { dataCoord, type Handlers, type importing, okStatus, type ServedService, served } from "@sluice/rpc";
import { collectionId, jobId, taskId } from "@sluice/schema";
import type { QueuedTask, TaskQueue } from "@sluice/task-queue";
import type { DataNodes } from "./datanodes.ts";
import type { ImportGc } from "./gc/import-gc.ts";
import { RejectedObjects } from "./rejected-objects.ts";
import type { RowWriter } from "./rows/row-writer.ts";
import type { SegmentRegistry } from "./segment-registry.ts";
import type { SmallSegments } from "./small-segments.ts";
import type { VisibleSegments } from "./visible-segments.ts";

/** What answers calls to the datacoord. */
export interface DataCoordParts {
  readonly queue: TaskQueue;
  readonly objects: ObjectStore;
  readonly nodes: DataNodes;
  readonly registry: SegmentRegistry;
  readonly visible: VisibleSegments;
  readonly small: SmallSegments;
  readonly rows: RowWriter;
  readonly gc: ImportGc;
}

type DataCoordHandlers = Partial<Handlers<dataCoord.DataCoordServer>>;

/** What the datacoord answers other services; it has no calls of clients. */
export function dataCoordService(parts: DataCoordParts): ServedService {
  return served<dataCoord.DataCoordServer>(dataCoord.DataCoordService, {
    ...queueHandlers(parts),
    ...nodeHandlers(parts.nodes),
    ...segmentHandlers(parts),
    ...rowHandlers(parts),
    ...garbageHandlers(parts),
  });
}

function queueHandlers({ queue, nodes }: DataCoordParts): DataCoordHandlers {
  const batches = new Batches({ run: (calls: readonly QueuedTask[][]) => enqueueAll(queue, calls) });
  return {
    import: async (task) => {
      await batches.add([task, ...task.more].map(queuedTask));
      return { status: okStatus(), datanodeId: 0n }; // Queued: who takes it stands in the job's infos then.
    },
    listQueuedTasks: async () => {
      const queued = await queue.known();
      const taskIds = [...new Set<bigint>([...queued, ...nodes.runningTasks()])];
      return { status: okStatus(), taskIds, freeWorkers: nodes.freeWorkers(queued.size) };
    },
    cancelTasks: async ({ taskIds }) => {
      await queue.remove(taskIds.map(taskId));
      return okStatus();
    },
  };
}

function nodeHandlers(nodes: DataNodes): DataCoordHandlers {
  return {
    registerDataNode: async (request) => {
      const { nodeId, heartbeatMs } = await nodes.register(request);
      return { status: okStatus(), nodeId, heartbeatMs: BigInt(heartbeatMs) };
    },
    heartbeat: (request) => {
      nodes.heartbeat(request);
      return okStatus();
    },
  };
}

function segmentHandlers({ registry, visible, small, rows }: DataCoordParts): DataCoordHandlers {
  return {
    assignSegments: async (request) => ({ status: okStatus(), ...(await registry.assign(request)) }),
    saveSegments: async (request) => {
      await registry.save(request);
      return okStatus();
    },
    // What deletes rows meanwhile would be forgotten with the segments that are removed.
    commitChange: (request) => rows.exclusively(collectionId(request.collectionId), () => visible.commit(request)),
    getVisibleSegments: (request) => visible.visible(request),
    getRowCounts: (request) => visible.rowCounts(request),
    findGoneSegments: ({ segmentIds }) => ({ status: okStatus(), segmentIds: visible.goneOf(segmentIds) }),
    planCompactions: (request) => small.plan(request),
  };
}

function rowHandlers({ rows, objects }: DataCoordParts): DataCoordHandlers {
  const rejected = new RejectedObjects(objects);
  return {
    writeRows: (request) => rows.write(request),
    deleteRows: (request) => rows.delete(request),
    readRejected: async ({ key, offset }) => ({ status: okStatus(), data: await rejected.read(key, Number(offset)) }),
  };
}

function garbageHandlers({ gc }: DataCoordParts): DataCoordHandlers {
  return {
    pauseGc: async ({ durationMs }) => ({ status: okStatus(), ticket: await gc.pause(Number(durationMs)) }),
    resumeGc: async ({ ticket }) => {
      await gc.resume(ticket);
      return okStatus();
    },
  };
}

async function enqueueAll(queue: TaskQueue, calls: readonly QueuedTask[][]): Promise<undefined[]> {
  await queue.enqueue(calls.flat());
  return calls.map(() => undefined);
}

function queuedTask({ taskId: task, jobId: job, sizeBytes, background }: importing.ImportTask): QueuedTask {
  const queued = { taskId: taskId(task), jobId: jobId(job), sizeBytes: Number(sizeBytes) };
  return { ...queued, ...(background && { isBackground: true }) };
}
