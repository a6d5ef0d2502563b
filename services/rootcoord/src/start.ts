import type { JobRecord } from "@sluice/catalog";
import { connectPeer, credentialsKeyOf, openPeerServer } from "@sluice/cluster";
import { ModelServers } from "@sluice/embedding";
import { isEnded } from "@sluice/jobs";
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
  dataCoord,
  type GrpcServer,
  okStatus,
  type RootCoordPublicServer,
  RootCoordPublicService,
  rootCoord,
  served,
} from "@sluice/rpc";
import type { JobId } from "@sluice/schema";
import { type Logger, type Metrics, observeCalls } from "@sluice/telemetry";
import { AccessBook } from "./access/access-book.ts";
import { accessHandlers } from "./access/access-handlers.ts";
import { DataCoordClient } from "./data-coord.ts";
import { CollectionNames, createDdlHandlers, type RootCoordHandlers } from "./ddl/index.ts";
import { IdAllocator } from "./id-allocator.ts";
import { compactionHandlers } from "./jobs/compaction-calls.ts";
import { Compactions } from "./jobs/compactions.ts";
import { collectionOf, droppedTarget } from "./jobs/dropped-target.ts";
import { ExportSweeper } from "./jobs/export-sweeper.ts";
import { InspectFiles } from "./jobs/inspect-files.ts";
import { JobBook } from "./jobs/job-book.ts";
import { JobChanges } from "./jobs/job-changes.ts";
import { JobControl } from "./jobs/job-control.ts";
import { JobCredentials } from "./jobs/job-credentials.ts";
import { jobHandlers } from "./jobs/job-handlers.ts";
import { JobLoop } from "./jobs/job-loop.ts";
import { JobPace } from "./jobs/job-pace.ts";
import { jobRequests } from "./jobs/job-requests.ts";
import { JobSources } from "./jobs/job-sources.ts";
import { JobTroubles } from "./jobs/job-troubles.ts";
import { JobViews } from "./jobs/job-views.ts";
import { jobPlanners } from "./jobs/kinds/index.ts";
import type { JobPlanners } from "./jobs/kinds/job-planner.ts";
import { MergeEnds } from "./jobs/merge-ends.ts";
import { tasksAtOnce } from "./jobs/planned-tasks.ts";
import { RequestedJobs } from "./jobs/requested-jobs.ts";
import { SourceLines } from "./jobs/source-line.ts";
import { TaskReports } from "./jobs/task-reports.ts";
import { RootCoordMetrics } from "./metrics.ts";
import type { RootCoordSettings } from "./settings.ts";
import { TsoService } from "./tso-service.ts";
import { type OpenVolumes, openVolumes } from "./volumes/open-volumes.ts";
import { WebhookTargets } from "./webhooks/webhook-targets.ts";
import { Webhooks } from "./webhooks/webhooks.ts";

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
  /** How many querynodes live. */
  readonly queryNodes: () => number;
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
  const credentialsKey = credentialsKeyOf(settings);
  const credentials = new JobCredentials(credentialsKey);
  book.onChange((id) => void (isEnded(book.get(id)?.job.state ?? "failed") && credentials.forget(id)));
  const describeBrought = deps.brought(settings.dataSourceEndpoint ?? []);
  const accessBook = new AccessBook(store, settings.rootPassword);
  const volumes = cleanup.use(openVolumes(settings, { ...deps, book, access: accessBook }));
  const jobSources = new JobSources({
    sources: withVolumes(sources, deps.objects, volumes.paths),
    describeBrought,
    credentials,
  });
  const metrics = cleanup.use(new RootCoordMetrics(deps.metrics, book));
  const dataCoordChannel = cleanup.use(connectPeer(dataCoord.DataCoordClient, deps.dataCoordAddress, settings));
  const dataCoordClient = new DataCoordClient(dataCoordChannel);
  const models = new ModelServers(settings);
  const ddl = createDdlHandlers({
    store,
    ids,
    tso,
    now: Date.now,
    queryNodes: deps.queryNodes,
    rowCounts: (id) => dataCoordClient.rowCounts(id),
    onDropped: (id) => wakeJobsOf(id),
    onRenamed: (id, name) => names.renamed(id, name),
    models,
  });
  const names = new CollectionNames(async (id) => (await ddl.getCollection(id))?.name);
  const targets = new WebhookTargets(settings, credentialsKey);
  const allocateIds = (count: number) => ids.allocate(count);
  const planAtOnce = (job: JobRecord) => tasksAtOnce(job, planners, allocateIds);
  const requested = new RequestedJobs(book, log, targets, planAtOnce);
  const requests = jobRequests(settings, {
    ...{ book, ids, tso, ddl, requested, credentials, models, log, roots: exports, sources: jobSources },
    rowCounts: (id) => dataCoordClient.rowCounts(id),
  });
  const planners: JobPlanners = {
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
  const troubles = new JobTroubles(log);
  const pace = new JobPace();
  const changes = new JobChanges();
  book.onChange((id) => changes.note(id));
  book.onChange((id) => void (isEnded(book.get(id)?.job.state ?? "failed") && pace.forget(id)));
  const droppedTargetOf = (job: JobRecord) => droppedTarget(job, ddl.getCollection);
  const loop = new JobLoop({
    book,
    dataCoord: dataCoordClient,
    ...{ planners, allocateIds },
    droppedTarget: droppedTargetOf,
    now: Date.now,
    ...{ log, troubles, metrics },
    tickMs: TICK_MS,
    retentionMs: settings.jobRetentionMs,
  });
  function wakeJobsOf(collectionId: bigint): void {
    for (const { job } of book.all()) if (collectionOf(job) === collectionId) loop.wake(job.jobId);
  }
  cleanup.use(loop);
  cleanup.use(new Webhooks({ book, targets, now: Date.now, log, metrics, intervalMs: TICK_MS }));
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
  const views = new JobViews({
    book,
    findCollection: (db, name) => ddl.lookUpCollection(db, name),
    nameOf: (id) => names.of(id),
    newsOf: (id) => ({ pace: pace.of(id, Date.now()), trouble: troubles.of(id) }),
  });
  const access = accessHandlers(
    accessBook,
    async (dbName, name) => (await ddl.findCollection(dbName, name).catch(() => undefined))?.name ?? name,
  );
  const ofJobs = jobHandlers({
    ...requests,
    ...{ views, changes, paths: volumes.paths },
    control: new JobControl(book, Date.now),
    reports: new TaskReports({
      ...{ book, planners, credentials, log, metrics, pace, onProgress: (id: JobId) => changes.note(id) },
      now: Date.now,
      droppedTarget: droppedTargetOf,
      maxNodesKilled: settings.maxNodesKilled,
    }),
    inspect: new InspectFiles(jobSources),
    lines: new SourceLines(book, jobSources),
  });
  const handlers = { ...ddl.handlers, ...compactionCalls, ...access, ...ofJobs, ...numberHandlers(ids, tso) };
  const server = cleanup.use(openServer(settings, handlers, volumes, deps));
  cleanup.use(changes);
  const address = await server.listen(settings.host, settings.port);
  const running = cleanup.move();
  return { address, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** What the rootcoord answers services and, by way of proxies, clients; and volumes beside it. */
function openServer(
  settings: RootCoordSettings,
  handlers: RootCoordHandlers,
  volumes: OpenVolumes,
  { log, metrics }: RootCoordDeps,
): GrpcServer {
  const internal = served<rootCoord.RootCoordServer>(rootCoord.RootCoordService, handlers);
  const ofClients = served<RootCoordPublicServer>(RootCoordPublicService, handlers);
  return openPeerServer(
    { services: [internal, ofClients, volumes.service], log, onCall: observeCalls(metrics) },
    settings,
  );
}

function numberHandlers(ids: IdAllocator, tso: TsoService): Pick<RootCoordHandlers, "allocIds" | "allocTimestamp"> {
  return {
    allocIds: async ({ count }) => ({ status: okStatus(), first: await ids.allocate(Number(count)) }),
    allocTimestamp: async () => ({ status: okStatus(), timestamp: await tso.allocate(1) }),
  };
}
