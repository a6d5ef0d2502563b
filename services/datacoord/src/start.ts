import { Batches } from "@sluice/async";
import { connectPeer, openPeerServer } from "@sluice/cluster";
import { ImportError } from "@sluice/errors";
import type { MetaStore } from "@sluice/metastore";
import type { ObjectStore } from "@sluice/object-store";
import {
  type Address,
  type Client,
  checkStatus,
  dataCoord,
  type GrpcServer,
  idSource,
  type importing,
  okStatus,
  queryNode,
  RootCoordClient,
  served,
} from "@sluice/rpc";
import { collectionId, jobId, taskId } from "@sluice/schema";
import { segmentPrefixes } from "@sluice/segment";
import type { QueuedTask, TaskQueue } from "@sluice/task-queue";
import { type Logger, type Metrics, observeCalls } from "@sluice/telemetry";
import { ChangeBook } from "./change-book.ts";
import { DataNodes } from "./datanodes.ts";
import { GcPauses } from "./gc/gc-pauses.ts";
import { ImportGc } from "./gc/import-gc.ts";
import { DataCoordMetrics } from "./metrics.ts";
import { RejectedObjects } from "./rejected-objects.ts";
import { CarriedDeletes } from "./rows/carried-deletes.ts";
import { ImportedDeletes } from "./rows/imported-deletes.ts";
import { PrimaryKeys } from "./rows/primary-keys.ts";
import { RowCommits } from "./rows/row-commits.ts";
import { RowDeletes } from "./rows/row-deletes.ts";
import { RowWriter } from "./rows/row-writer.ts";
import { SegmentBook } from "./segment-book.ts";
import { SegmentRegistry } from "./segment-registry.ts";
import type { DataCoordSettings } from "./settings.ts";
import { SmallSegments } from "./small-segments.ts";
import { VisibleSegments } from "./visible-segments.ts";

/** Twice the longest deadline that a proxy gives to calls about rows: none is made again after that. */
const CALL_GRACE_MS = 600_000;
/** Clients that insert one batch after the other do so sooner. */
const MAX_AHEAD_MS = 5000;

/** What the datacoord stands on. */
export interface DataCoordDeps {
  readonly store: MetaStore;
  readonly objects: ObjectStore;
  readonly queue: TaskQueue;
  readonly rootCoordAddress: Address;
  /** Finds the rows that deletes are about. */
  readonly queryNodeAddress: Address;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** A datacoord that leads, until it is disposed. */
export interface RunningDataCoord extends AsyncDisposable {
  readonly address: string;
}

/** Starts the datacoord: segments, datanodes, dispatch, commit, garbage collection. */
export async function startDataCoord(settings: DataCoordSettings, deps: DataCoordDeps): Promise<RunningDataCoord> {
  await using cleanup = new AsyncDisposableStack();
  const root = cleanup.use(connectPeer(RootCoordClient, deps.rootCoordAddress, settings));
  const book = new SegmentBook(deps.store);
  await book.load();
  const changes = new ChangeBook(deps.store, () => allocateTs(root));
  await changes.load();
  const allocateIds = idSource(root);
  const nodes = new DataNodes({ allocateIds, now: Date.now });
  const metrics = cleanup.use(new DataCoordMetrics(deps.metrics, deps.queue, nodes));
  const registry = new SegmentRegistry(deps.store, book, allocateIds);

  const query = cleanup.use(connectPeer(queryNode.QueryNodeClient, deps.queryNodeAddress, settings));
  const { objects } = deps;
  const deletes = new RowDeletes({ book, objects, query, allocateIds, now: Date.now });
  const commits = new RowCommits({
    ...{ book, changes, objects, deletes, allocateIds, allocateTs: () => allocateTs(root), now: Date.now },
    aheadMs: Math.min(MAX_AHEAD_MS, settings.gcGraceMs / 4),
  });
  const rows = cleanup.use(new RowWriter(changes, commits));
  const keys = new PrimaryKeys(deps.store);
  const visible = new VisibleSegments(book, changes, deps.log, metrics, {
    carried: new CarriedDeletes(keys, objects, deletes),
    imported: new ImportedDeletes(keys, objects, deletes),
  });
  const small = new SmallSegments(book, changes, nodes, Date.now);
  const gc = new ImportGc({
    ...deps,
    pauses: await GcPauses.open(deps.store, Date.now),
    metrics,
    book,
    changes,
    now: Date.now,
    isOpen: (id) => commits.isOpen(id),
    exclusively: (id, run) => rows.exclusively(id, run),
    intervalMs: settings.gcIntervalMs,
    graceMs: settings.gcGraceMs,
    readerGraceMs: settings.readerGraceMs,
    callGraceMs: CALL_GRACE_MS,
    prefixesOf: (record) => segmentPrefixes(record.collectionId, record.partitionId, record.segmentId),
  });
  const server = cleanup.use(openServer(settings, deps, { nodes, registry, visible, small, rows, gc }));
  const address = await server.listen(settings.host, settings.port);
  cleanup.use(gc.start());
  const running = cleanup.move();
  return { address, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

interface Parts {
  readonly nodes: DataNodes;
  readonly registry: SegmentRegistry;
  readonly visible: VisibleSegments;
  readonly small: SmallSegments;
  readonly rows: RowWriter;
  readonly gc: ImportGc;
}

function openServer(
  settings: DataCoordSettings,
  { queue, objects, log, metrics }: DataCoordDeps,
  { nodes, registry, visible, small, rows, gc }: Parts,
): GrpcServer {
  const batches = new Batches({ run: (calls: readonly QueuedTask[][]) => enqueueAll(queue, calls) });
  const rejected = new RejectedObjects(objects);
  const service = served<dataCoord.DataCoordServer>(dataCoord.DataCoordService, {
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
    registerDataNode: async (request) => {
      const { nodeId, heartbeatMs } = await nodes.register(request);
      return { status: okStatus(), nodeId, heartbeatMs: BigInt(heartbeatMs) };
    },
    heartbeat: (request) => {
      nodes.heartbeat(request);
      return okStatus();
    },
    assignSegments: async (request) => ({ status: okStatus(), ...(await registry.assign(request)) }),
    saveSegments: async (request) => {
      await registry.save(request);
      return okStatus();
    },
    // What deletes rows meanwhile would be forgotten with the segments that are removed.
    commitChange: (request) => rows.exclusively(collectionId(request.collectionId), () => visible.commit(request)),
    writeRows: (request) => rows.write(request),
    deleteRows: (request) => rows.delete(request),
    getVisibleSegments: (request) => visible.visible(request),
    getRowCounts: (request) => visible.rowCounts(request),
    findGoneSegments: ({ segmentIds }) => ({ status: okStatus(), segmentIds: visible.goneOf(segmentIds) }),
    planCompactions: (request) => small.plan(request),
    pauseGc: async ({ durationMs }) => ({ status: okStatus(), ticket: await gc.pause(Number(durationMs)) }),
    resumeGc: async ({ ticket }) => {
      await gc.resume(ticket);
      return okStatus();
    },
    readRejected: async ({ key, offset }) => ({ status: okStatus(), data: await rejected.read(key, Number(offset)) }),
  });
  return openPeerServer({ services: [service], log, onCall: observeCalls(metrics) }, settings);
}

async function enqueueAll(queue: TaskQueue, calls: readonly QueuedTask[][]): Promise<undefined[]> {
  await queue.enqueue(calls.flat());
  return calls.map(() => undefined);
}

function queuedTask({ taskId: task, jobId: job, sizeBytes, background }: importing.ImportTask): QueuedTask {
  const queued = { taskId: taskId(task), jobId: jobId(job), sizeBytes: Number(sizeBytes) };
  return { ...queued, ...(background && { isBackground: true }) };
}

async function allocateTs(root: Client<RootCoordClient>): Promise<bigint> {
  const response = await root.allocTimestamp({ base: undefined });
  checkStatus(response.status);
  if (response.timestamp === 0n) throw new ImportError("internal", "the rootcoord answered no timestamp");
  return response.timestamp;
}
