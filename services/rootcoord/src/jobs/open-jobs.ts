import type { JobRecord } from "@sluice/catalog";
import { credentialsKeyOf } from "@sluice/cluster";
import { isEnded } from "@sluice/jobs";
import type { JobId } from "@sluice/schema";
import type { CollectionNames, Ddl, RootCoordHandlers } from "../ddl/index.ts";
import type { Foundation } from "../foundation.ts";
import type { RootCoordDeps } from "../root-coord-deps.ts";
import type { RootCoordSettings } from "../settings.ts";
import { WebhookTargets } from "../webhooks/webhook-targets.ts";
import { Webhooks } from "../webhooks/webhooks.ts";
import { compactionHandlers } from "./compaction-calls.ts";
import { Compactions } from "./compactions.ts";
import { collectionOf, droppedTarget } from "./dropped-target.ts";
import { ExportSweeper } from "./export-sweeper.ts";
import { InspectFiles } from "./inspect-files.ts";
import { JobChanges } from "./job-changes.ts";
import { JobControl } from "./job-control.ts";
import { jobHandlers } from "./job-handlers.ts";
import { JobLoop } from "./job-loop.ts";
import { JobPace } from "./job-pace.ts";
import { jobRequests } from "./job-requests.ts";
import { JobTroubles } from "./job-troubles.ts";
import { JobViews } from "./job-views.ts";
import { jobPlanners } from "./kinds/index.ts";
import type { JobPlanners } from "./kinds/job-planner.ts";
import { MergeEnds } from "./merge-ends.ts";
import { tasksAtOnce } from "./planned-tasks.ts";
import { RejectsWriter } from "./rejects/rejects-writer.ts";
import { RequestedJobs } from "./requested-jobs.ts";
import { SourceLines } from "./source-line.ts";
import { TaskReports } from "./task-reports.ts";

/** How often jobs are looked at again, whether or not they changed. */
const TICK_MS = 1000;

/** What jobs are about and stand on. */
export interface JobWorld extends Omit<RootCoordDeps, "sources" | "metrics">, Foundation {
  readonly ddl: Ddl;
  readonly names: CollectionNames;
}

type JobMethods = ReturnType<typeof jobHandlers> & ReturnType<typeof compactionHandlers>;

/** What the rest of the rootcoord has of jobs. */
export interface OpenJobs {
  readonly handlers: Pick<RootCoordHandlers, keyof JobMethods>;
  /** Looks at the jobs of a collection that was dropped. */
  readonly wakeJobsOf: (collectionId: bigint) => void;
  /** Calls that wait for one are answered when it is disposed. */
  readonly changes: JobChanges;
}

/** What is known of jobs besides their records, by this process alone. */
interface JobNews {
  readonly changes: JobChanges;
  readonly pace: JobPace;
  readonly troubles: JobTroubles;
}

/** Plans, moves and watches jobs, and answers what is asked about them. What it starts is ended by `cleanup`. */
export function openJobs(settings: RootCoordSettings, world: JobWorld, cleanup: AsyncDisposableStack): OpenJobs {
  const { book } = world;
  const news = followJobs(world);
  const planners = plannersOf(settings, world);
  const targets = new WebhookTargets(settings, credentialsKeyOf(settings));
  const loop = cleanup.use(openLoop(settings, world, planners, news));
  startBeside(world, targets, cleanup);
  const compactions = cleanup.use(openCompactions(settings, world));
  const { resolveCollection } = world.ddl.handlers;
  const handlers = {
    ...compactionHandlers({ book, compactions, resolveCollection }),
    ...handlersOf(settings, world, { planners, targets, news }),
  };
  const wakeJobsOf = (collectionId: bigint) => {
    for (const { job } of book.all()) if (collectionOf(job) === collectionId) loop.wake(job.jobId);
  };
  return { handlers, wakeJobsOf, changes: news.changes };
}

function followJobs({ book, log }: JobWorld): JobNews {
  const news = { changes: new JobChanges(), pace: new JobPace(), troubles: new JobTroubles(log) };
  book.onChange((id) => news.changes.note(id));
  book.onChange((id) => void (isEnded(book.get(id)?.job.state ?? "failed") && news.pace.forget(id)));
  return news;
}

function plannersOf(settings: RootCoordSettings, { ddl, dataCoord, ...world }: JobWorld): JobPlanners {
  const { splitBytes, exportFileBytes } = settings;
  const planners = jobPlanners({
    ...{ sources: world.sources, credentials: world.credentials, roots: world.exports, dataCoord },
    ...{ splitBytes, exportFileBytes, hidden: ddl.hidden },
    rejects: new RejectsWriter(world.objects, world.volumes.writer),
    freeWorkers: () => dataCoord.freeWorkers(),
    getCollection: (id) => ddl.getCollection(id),
  });
  return { ...planners, ...world.moreKinds };
}

const allocatorOf =
  ({ ids }: JobWorld) =>
  (count: number): Promise<bigint> =>
    ids.allocate(count);

const droppedTargetOf =
  ({ ddl }: JobWorld) =>
  (job: JobRecord): Promise<string | undefined> =>
    droppedTarget(job, ddl.getCollection);

function openLoop(settings: RootCoordSettings, world: JobWorld, planners: JobPlanners, { troubles }: JobNews): JobLoop {
  const { book, dataCoord, log, metrics } = world;
  return new JobLoop({
    ...{ book, dataCoord, planners, log, troubles, metrics, now: Date.now },
    allocateIds: allocatorOf(world),
    droppedTarget: droppedTargetOf(world),
    tickMs: TICK_MS,
    retentionMs: settings.jobRetentionMs,
  });
}

/** What follows the ends of jobs. */
function startBeside(world: JobWorld, targets: WebhookTargets, cleanup: AsyncDisposableStack): void {
  const { book, ddl, log, metrics } = world;
  const common = { book, log, now: Date.now, intervalMs: TICK_MS };
  cleanup.use(new Webhooks({ ...common, targets, metrics }));
  cleanup.use(new MergeEnds({ ...common, hidden: ddl.hidden }));
  cleanup.use(new ExportSweeper({ ...common, roots: world.exports }));
}

function openCompactions({ compactionIntervalMs: intervalMs }: RootCoordSettings, world: JobWorld): Compactions {
  const { book, log, dataCoord, ddl, ids } = world;
  return new Compactions({
    ...{ book, log, dataCoord, intervalMs, now: Date.now },
    getCollection: (id) => ddl.getCollection(id),
    allocateId: () => ids.allocate(1),
  });
}

interface HandlerParts {
  readonly planners: JobPlanners;
  readonly targets: WebhookTargets;
  readonly news: JobNews;
}

function handlersOf(settings: RootCoordSettings, world: JobWorld, { planners, targets, news }: HandlerParts) {
  const { book, log, sources, volumes } = world;
  const planAtOnce = (job: JobRecord) => tasksAtOnce(job, planners, allocatorOf(world));
  const requested = new RequestedJobs(book, log, targets, planAtOnce);
  return jobHandlers({
    requested,
    ...jobRequests(settings, {
      ...{ ...world, requested, roots: world.exports },
      tasksOfCopy: async ({ ...job }) => (await planners.copy.tasksOf?.(job)) ?? planners.copy.plan(job),
    }),
    ...{ views: viewsOf(world, news), changes: news.changes, paths: volumes.paths },
    control: new JobControl(book, Date.now),
    reports: reportsOf(settings, world, planners, news),
    inspect: new InspectFiles(sources),
    lines: new SourceLines(book, sources),
  });
}

function viewsOf({ book, ddl, names, sources, volumes }: JobWorld, { pace, troubles }: JobNews): JobViews {
  return new JobViews({
    readableIn: async (scope) => sources.readableIn((await volumes.paths.located({ fileGroups: [], scope })).scope),
    book,
    findCollection: (db, name) => ddl.lookUpCollection(db, name),
    nameOf: (id) => names.of(id),
    newsOf: (id) => ({ pace: pace.of(id, Date.now()), trouble: troubles.of(id) }),
  });
}

function reportsOf(
  { maxNodesKilled }: RootCoordSettings,
  world: JobWorld,
  planners: JobPlanners,
  { pace, changes }: JobNews,
): TaskReports {
  const { book, credentials, log, metrics } = world;
  return new TaskReports({
    ...{ book, planners, credentials, log, metrics, pace, maxNodesKilled, now: Date.now },
    onProgress: (id: JobId) => changes.note(id),
    droppedTarget: droppedTargetOf(world),
  });
}
