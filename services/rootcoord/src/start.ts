import type { JobRecord } from "@sluice/catalog";
import { StatusError, statusCodes } from "@sluice/errors";
import { isEnded, sourceOf, specOf } from "@sluice/jobs";
import type { MetaStore } from "@sluice/metastore";
import {
  type DescribeBrought,
  type ExportRoots,
  type ObjectStore,
  type Sources,
  withVolumes,
} from "@sluice/object-store";
import {
  type Address,
  connectClient,
  dataCoord,
  type GrpcServer,
  okStatus,
  openGrpcServer,
  rootCoord,
  served,
} from "@sluice/rpc";
import type { CollectionId } from "@sluice/schema";
import { type Logger, type Metrics, observeCalls } from "@sluice/telemetry";
import { AccessBook } from "./access/access-book.ts";
import { accessHandlers } from "./access/access-handlers.ts";
import { DataCoordClient } from "./data-coord.ts";
import { CollectionNames, createDdlHandlers, type Ddl, type RootCoordHandlers } from "./ddl/index.ts";
import { IdAllocator } from "./id-allocator.ts";
import { RestoreBackup } from "./jobs/backups/restore-backup.ts";
import { compactionHandlers } from "./jobs/compaction-calls.ts";
import { Compactions } from "./jobs/compactions.ts";
import { CopyJobs } from "./jobs/copy-jobs.ts";
import { ExportJobs } from "./jobs/export-jobs.ts";
import { ExportSweeper } from "./jobs/export-sweeper.ts";
import { ImportJobs } from "./jobs/import-jobs.ts";
import { InspectFiles } from "./jobs/inspect-files.ts";
import { JobBook } from "./jobs/job-book.ts";
import { JobControl } from "./jobs/job-control.ts";
import { JobCredentials } from "./jobs/job-credentials.ts";
import { JobLoop } from "./jobs/job-loop.ts";
import { JobSources } from "./jobs/job-sources.ts";
import { JobViews } from "./jobs/job-views.ts";
import { jobPlanners } from "./jobs/kinds/index.ts";
import type { JobPlanners } from "./jobs/kinds/job-planner.ts";
import { MergeEnds } from "./jobs/merge-ends.ts";
import { MergeJobs } from "./jobs/merge-jobs.ts";
import { RequestedJobs } from "./jobs/requested-jobs.ts";
import { TaskReports } from "./jobs/task-reports.ts";
import { RootCoordMetrics } from "./metrics.ts";
import type { RootCoordSettings } from "./settings.ts";
import { TsoService } from "./tso-service.ts";
import { type OpenVolumes, openVolumes } from "./volumes/open-volumes.ts";

/** How often jobs are looked at again, whether or not they changed. */
const TICK_MS = 1000;

export interface RootCoordDeps {
  readonly store: MetaStore;
  readonly sources: Sources;
  /** Where files of volumes lie. */
  readonly objects: ObjectStore;
  readonly brought: (endpoints: readonly string[]) => DescribeBrought;
  readonly exports: ExportRoots;
  readonly dataCoordAddress: Address;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Kinds of jobs besides those that the product has, for who tries one out. */
  readonly moreKinds?: JobPlanners;
}

export interface RunningRootCoord extends AsyncDisposable {
  readonly address: string;
}

/** Starts the rootcoord: names, numbers, jobs. Its records are read before it answers the first call. */
export async function startRootCoord(settings: RootCoordSettings, deps: RootCoordDeps): Promise<RunningRootCoord> {
  const { store, sources, exports, log } = deps;
  await using cleanup = new AsyncDisposableStack();
  const ids = await IdAllocator.open(store);
  const tso = await TsoService.open(store, Date.now);
  const book = new JobBook(store);
  await book.load();
  const credentials = new JobCredentials(settings.credentialsKey);
  book.onChange((id) => void (isEnded(book.get(id)?.job.state ?? "failed") && credentials.forget(id)));
  const describeBrought = deps.brought(settings.dataSourceEndpoint ?? []);
  const volumes = cleanup.use(openVolumes(settings, { ...deps, book }));
  const jobSources = new JobSources({
    sources: withVolumes(sources, deps.objects, volumes.paths),
    describeBrought,
    credentials,
  });
  const metrics = cleanup.use(new RootCoordMetrics(deps.metrics, book));
  const dataCoordChannel = cleanup.use(connectClient(dataCoord.DataCoordClient, deps.dataCoordAddress));
  const dataCoordClient = new DataCoordClient(dataCoordChannel);
  const ddl = createDdlHandlers({
    store,
    ids,
    tso,
    now: Date.now,
    rowCounts: (id) => dataCoordClient.rowCounts(id),
    onDropped: (id) => wakeJobsOf(id),
    onRenamed: (id, name) => names.renamed(id, name),
  });
  const names = new CollectionNames(async (id) => (await ddl.getCollection(id))?.name);
  const requests = {
    ...{ book, now: Date.now, maxOpenJobs: settings.maxOpenJobs, requested: new RequestedJobs(book, log) },
    allocateId: () => ids.allocate(1),
    allocateTs: () => tso.allocate(1),
    findCollection: (db: string, name: string) => ddl.findCollection(db, name),
  };
  const jobs = new ImportJobs({ ...requests, sources: jobSources });
  const exportJobs = new ExportJobs({ ...requests, roots: exports });
  const making = { hidden: ddl.hidden, log, allocateIds: (count: number) => ids.allocate(count) };
  const mergeJobs = new MergeJobs({ ...requests, ...making, sources: jobSources });
  const copyJobs = new CopyJobs({ ...requests, ...making });
  const restore = new RestoreBackup({
    ...{ sources: jobSources, jobs, book, declare: ddl.handlers },
    findCollection: async (db, name) => {
      const id = await ddl.lookUpCollection(db, name).catch(unlessMissing);
      return id === undefined ? undefined : await ddl.getCollection(id);
    },
    rowCounts: (id) => dataCoordClient.rowCounts(id),
  });
  const planners = {
    ...jobPlanners({
      sources: jobSources,
      credentials,
      splitBytes: settings.splitBytes,
      freeWorkers: () => dataCoordClient.freeWorkers(),
      dataCoord: dataCoordClient,
      roots: exports,
      getCollection: (id) => ddl.getCollection(id),
      exportFileBytes: settings.exportFileBytes,
      hidden: ddl.hidden,
    }),
    ...deps.moreKinds,
  };
  const loop = new JobLoop({
    book,
    dataCoord: dataCoordClient,
    planners,
    allocateIds: (count) => ids.allocate(count),
    droppedTarget: (job) => droppedTarget(job, ddl.getCollection),
    now: Date.now,
    log,
    metrics,
    tickMs: TICK_MS,
    retentionMs: settings.jobRetentionMs,
  });
  function wakeJobsOf(collectionId: bigint): void {
    for (const { job } of book.all()) if (collectionOf(job) === collectionId) loop.wake(job.jobId);
  }
  cleanup.use(loop);
  cleanup.use(new MergeEnds({ book, hidden: ddl.hidden, log, intervalMs: TICK_MS }));
  cleanup.use(new ExportSweeper({ book, roots: exports, now: Date.now, log, intervalMs: TICK_MS }));
  const compactions = cleanup.use(
    new Compactions({
      ...{ book, log, now: Date.now, dataCoord: dataCoordClient },
      getCollection: (id) => ddl.getCollection(id),
      allocateId: () => ids.allocate(1),
      intervalMs: settings.compactionIntervalMs,
    }),
  );
  const { resolveCollection } = ddl.handlers;
  const compactionCalls = compactionHandlers({ book, compactions, resolveCollection });
  const views = new JobViews(
    book,
    (db, name) => ddl.lookUpCollection(db, name),
    (id) => names.of(id),
  );
  const access = accessHandlers(
    new AccessBook(store, settings.rootPassword),
    async (dbName, name) => (await ddl.findCollection(dbName, name).catch(() => undefined))?.name ?? name,
  );
  const server = cleanup.use(
    openServer(
      { ...ddl.handlers, ...compactionCalls, ...access },
      jobs,
      exportJobs,
      mergeJobs,
      copyJobs,
      new JobControl(book, Date.now),
      new TaskReports({ book, planners, now: Date.now, log, metrics, maxNodesKilled: settings.maxNodesKilled }),
      views,
      ids,
      tso,
      new InspectFiles(jobSources),
      restore,
      volumes,
      deps,
    ),
  );
  const address = await server.listen(settings.host, settings.port);
  const running = cleanup.move();
  return { address, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

function openServer(
  declared: ReturnType<typeof createDdlHandlers>["handlers"] &
    ReturnType<typeof compactionHandlers> &
    ReturnType<typeof accessHandlers>,
  jobs: ImportJobs,
  exportJobs: ExportJobs,
  mergeJobs: MergeJobs,
  copyJobs: CopyJobs,
  control: JobControl,
  reports: TaskReports,
  views: JobViews,
  ids: IdAllocator,
  tso: TsoService,
  inspect: InspectFiles,
  restore: RestoreBackup,
  volumes: OpenVolumes,
  { log, metrics }: RootCoordDeps,
): GrpcServer {
  const service = served<rootCoord.RootCoordServer>(rootCoord.RootCoordService, {
    ...declared,
    allocIds: async ({ count }) => ({ status: okStatus(), first: await ids.allocate(Number(count)) }),
    allocTimestamp: async () => ({ status: okStatus(), timestamp: await tso.allocate(1) }),
    import: async (request) => ({
      status: okStatus(),
      tasks: [await jobs.submit(await volumes.paths.located(request))],
    }),
    export: async (request) => ({ status: okStatus(), jobId: await exportJobs.submit(request) }),
    merge: async (request) => ({
      status: okStatus(),
      jobId: await mergeJobs.submit(await volumes.paths.located(request)),
    }),
    copy: async (request) => ({ status: okStatus(), jobId: await copyJobs.submit(request) }),
    orderJob: async (request) => {
      await control.order(request);
      return okStatus();
    },
    inspectFiles: async (request) => inspect.inspect(await volumes.paths.located(request)),
    restoreBackup: (request) => restore.restore(request),
    getImportState: (request) => views.state(request),
    listImportTasks: (request) => views.listStates(request),
    describeJob: (request) => views.describe(request),
    listJobs: (request) => views.list(request),
    startTask: async (request) => ({ status: okStatus(), ...(await reports.startTask(request)) }),
    reportImport: async (request) => {
      await reports.report(request);
      return okStatus();
    },
  } satisfies RootCoordHandlers);
  return openGrpcServer({
    services: [service, volumes.service],
    log,
    onCall: observeCalls(metrics),
  });
}

/** A database that is not there has no collections. */
function unlessMissing(error: unknown): undefined {
  if (error instanceof StatusError && error.code === statusCodes.databaseNotFound) return undefined;
  throw error;
}

/** GC removes what is written for a dropped target, so a job that went on would never end; and what a dropped source has. */
async function droppedTarget(job: JobRecord, getCollection: Ddl["getCollection"]): Promise<string | undefined> {
  const id = collectionOf(job);
  const collection = await getCollection(id);
  if (collection?.state !== "active") return `collection ${id}`;
  const source = sourceOf(job);
  const wanted = source ? source.partitions.map(([from]) => from) : job.partitionIds;
  const present = new Set<bigint>(collection.partitions.map((partition) => partition.partitionId));
  const missing = wanted.find((partition) => !present.has(partition));
  return missing === undefined ? undefined : `partition ${nameOfPartition(job, missing)}`;
}

/** As the job was told it, where it knows: one that takes several has no single name. */
function nameOfPartition(job: JobRecord, id: bigint): string {
  if (job.kind === "export")
    return specOf(job, "export").partitions.find(({ partitionId }) => partitionId === id)?.name ?? String(id);
  if (job.kind !== "copy") return job.partitionName || String(id);
  const { partitions, partitionNames } = specOf(job, "copy");
  return partitionNames[partitions.findIndex(([from]) => from === id)] ?? String(id);
}

/** The one that a job cannot do without: of one that makes a collection what it reads, since nobody can drop what it makes. */
function collectionOf(job: JobRecord): CollectionId {
  return sourceOf(job)?.sourceCollectionId ?? job.collectionId;
}
