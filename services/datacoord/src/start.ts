import { connectPeer, openPeerServer } from "@sluice/cluster";
import { ImportError } from "@sluice/errors";
import type { MetaStore } from "@sluice/metastore";
import type { ObjectStore } from "@sluice/object-store";
import { type Address, type Client, checkStatus, idSource, queryNode, RootCoordClient } from "@sluice/rpc";
import { segmentPrefixes } from "@sluice/segment";
import type { TaskQueue } from "@sluice/task-queue";
import { type Logger, type Metrics, observeCalls } from "@sluice/telemetry";
import { ChangeBook } from "./change-book.ts";
import { dataCoordService } from "./data-coord-service.ts";
import { DataNodes } from "./datanodes.ts";
import { GcPauses } from "./gc/gc-pauses.ts";
import { ImportGc } from "./gc/import-gc.ts";
import { DataCoordMetrics } from "./metrics.ts";
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

/** What all parts of the datacoord know of. */
interface World extends DataCoordDeps {
  readonly book: SegmentBook;
  readonly changes: ChangeBook;
  readonly allocateIds: (count: number) => Promise<bigint>;
  readonly allocateTs: () => Promise<bigint>;
  readonly now: () => number;
}

/** Starts the datacoord: segments, datanodes, dispatch, commit, garbage collection. */
export async function startDataCoord(settings: DataCoordSettings, deps: DataCoordDeps): Promise<RunningDataCoord> {
  await using cleanup = new AsyncDisposableStack();
  const world = await openWorld(settings, deps, cleanup);
  const { store, queue, objects, log, book, changes, allocateIds, now } = world;
  const nodes = new DataNodes({ allocateIds, now });
  const metrics = cleanup.use(new DataCoordMetrics(deps.metrics, queue, nodes));
  const { deletes, commits } = openRows(settings, world, cleanup);
  const rows = cleanup.use(new RowWriter(changes, commits));
  const gc = await openGc(settings, world, { metrics, commits, rows });
  const service = dataCoordService({
    ...{ queue, objects, nodes, rows, gc },
    registry: new SegmentRegistry(store, book, allocateIds),
    visible: openVisible(world, metrics, deletes),
    small: new SmallSegments(book, changes, nodes, now),
  });
  const onCall = observeCalls(deps.metrics);
  const server = cleanup.use(openPeerServer({ services: [service], log, onCall }, settings));
  const address = await server.listen(settings.host, settings.port);
  cleanup.use(gc.start());
  const running = cleanup.move();
  return { address, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Its records are read, each once. */
async function openWorld(
  settings: DataCoordSettings,
  deps: DataCoordDeps,
  cleanup: AsyncDisposableStack,
): Promise<World> {
  const root = cleanup.use(connectPeer(RootCoordClient, deps.rootCoordAddress, settings));
  const book = new SegmentBook(deps.store);
  await book.load();
  const changes = new ChangeBook(deps.store, () => allocateTs(root));
  await changes.load();
  return { ...deps, book, changes, allocateIds: idSource(root), allocateTs: () => allocateTs(root), now: Date.now };
}

/** How rows of clients are written and deleted. */
function openRows(settings: DataCoordSettings, world: World, cleanup: AsyncDisposableStack) {
  const query = cleanup.use(connectPeer(queryNode.QueryNodeClient, world.queryNodeAddress, settings));
  const deletes = new RowDeletes({ ...world, query });
  const aheadMs = Math.min(MAX_AHEAD_MS, settings.gcGraceMs / 4);
  return { deletes, commits: new RowCommits({ ...world, deletes, aheadMs }) };
}

function openVisible(
  { store, objects, book, changes, log }: World,
  metrics: DataCoordMetrics,
  deletes: RowDeletes,
): VisibleSegments {
  const keys = new PrimaryKeys(store);
  return new VisibleSegments(book, changes, log, metrics, {
    carried: new CarriedDeletes(keys, objects, deletes),
    imported: new ImportedDeletes(keys, objects, deletes),
  });
}

/** It collects nothing before it is started. */
async function openGc(
  { gcIntervalMs: intervalMs, gcGraceMs: graceMs, readerGraceMs }: DataCoordSettings,
  world: World,
  parts: { readonly metrics: DataCoordMetrics; readonly commits: RowCommits; readonly rows: RowWriter },
): Promise<ImportGc> {
  const { metrics, commits, rows } = parts;
  return new ImportGc({
    ...world,
    metrics,
    pauses: await GcPauses.open(world.store, world.now),
    isOpen: (id) => commits.isOpen(id),
    exclusively: (id, run) => rows.exclusively(id, run),
    ...{ intervalMs, graceMs, readerGraceMs, callGraceMs: CALL_GRACE_MS },
    prefixesOf: (record) => segmentPrefixes(record.collectionId, record.partitionId, record.segmentId),
  });
}

async function allocateTs(root: Client<RootCoordClient>): Promise<bigint> {
  const response = await root.allocTimestamp({ base: undefined });
  checkStatus(response.status);
  if (response.timestamp === 0n) throw new ImportError("internal", "the rootcoord answered no timestamp");
  return response.timestamp;
}
