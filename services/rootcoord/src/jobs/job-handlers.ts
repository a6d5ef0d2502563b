import { okStatus, type rootCoord } from "@sluice/rpc";
import type { JobId } from "@sluice/schema";
import type { RootCoordHandlers } from "../ddl/index.ts";
import { isOfVolumes, noFilesOfVolume, type VolumePaths } from "../volumes/volume-paths.ts";
import type { RestoreBackup } from "./backups/restore-backup.ts";
import type { CopyJobs } from "./copy-jobs.ts";
import type { ExportJobs } from "./export-jobs.ts";
import type { ImportJobs } from "./import-jobs.ts";
import type { InspectFiles } from "./inspect-files.ts";
import type { JobChanges } from "./job-changes.ts";
import type { JobControl } from "./job-control.ts";
import type { JobViews } from "./job-views.ts";
import type { MergeJobs } from "./merge-jobs.ts";
import type { PullJobs } from "./pull-jobs.ts";
import type { PushJobs } from "./push-jobs.ts";
import type { RequestedJobs } from "./requested-jobs.ts";
import type { RetryJobs } from "./retry-jobs.ts";
import type { SourceLines } from "./source-line.ts";
import type { TaskReports } from "./task-reports.ts";

/** What answers each call about jobs. */
export interface JobHandlersDeps {
  readonly imports: ImportJobs;
  readonly exports: ExportJobs;
  readonly merges: MergeJobs;
  readonly copies: CopyJobs;
  readonly pulls: PullJobs;
  readonly pushes: PushJobs;
  readonly retries: RetryJobs;
  readonly requested: Pick<RequestedJobs, "statusOf">;
  readonly control: JobControl;
  readonly reports: TaskReports;
  readonly views: JobViews;
  readonly changes: JobChanges;
  readonly inspect: InspectFiles;
  readonly lines: SourceLines;
  readonly restore: RestoreBackup;
  readonly paths: VolumePaths;
}

type AskedMethod = "import" | "export" | "merge" | "copy" | "restoreBackup" | "retryJob" | "orderJob";
type FileMethod = "inspectFiles" | "readSourceLine";
type ViewMethod = "getImportState" | "listImportTasks" | "describeJob" | "listJobs" | "changedJobs";
type ReportMethod = "startTask" | "reportImport";
type JobMethod = AskedMethod | FileMethod | ViewMethod | ReportMethod;

/** Everything about jobs: what users ask for and see, and what datanodes report. */
export function jobHandlers(deps: JobHandlersDeps): Pick<RootCoordHandlers, JobMethod> {
  return { ...askedHandlers(deps), ...fileHandlers(deps), ...viewHandlers(deps), ...reportHandlers(deps) };
}

function askedHandlers(deps: JobHandlersDeps): Pick<RootCoordHandlers, AskedMethod> {
  const { imports, exports, merges, requested, restore, retries, control, paths } = deps;
  const created = (jobId: JobId) => ({ status: requested.statusOf(jobId), jobId });
  return {
    import: async (request) => {
      const submitted = imports.submit(await paths.located(request));
      const jobId = await (isOfVolumes(request) ? submitted.catch(noFilesOfVolume) : submitted);
      return { status: requested.statusOf(jobId), tasks: [jobId] };
    },
    export: async (request) => created(await exports.submit(request)),
    merge: async (request) => created(await merges.submit(await paths.located(request))),
    copy: async (request) => {
      const answer = await copierOf(request, deps).submit(request);
      return { ...answer, status: requested.statusOf(answer.jobId) };
    },
    restoreBackup: (request) => restore.restore(request),
    retryJob: async ({ jobId, ...request }) => {
      const { scope } = await paths.located({ ...request, fileGroups: [] });
      return { status: okStatus(), jobId: await retries.retry(jobId, scope) };
    },
    orderJob: async (request) => {
      await control.order(request);
      return okStatus();
    },
  };
}

function fileHandlers({ inspect, lines, paths }: JobHandlersDeps): Pick<RootCoordHandlers, FileMethod> {
  return {
    inspectFiles: async (request) => inspect.inspect(await paths.located(request)),
    readSourceLine: (request) => lines.read(request),
  };
}

function viewHandlers({ views, changes }: JobHandlersDeps): Pick<RootCoordHandlers, ViewMethod> {
  return {
    getImportState: (request) => views.state(request),
    listImportTasks: (request) => views.listStates(request),
    describeJob: (request) => views.describe(request),
    listJobs: (request) => views.list(request),
    changedJobs: async ({ epoch, sequence: after, waitMs }) => {
      const { ids, ...now } = await changes.since(epoch, Number(after), Number(waitMs));
      const jobs = await views.summaries(ids);
      return { status: okStatus(), epoch: now.epoch, sequence: BigInt(now.sequence), jobs };
    },
  };
}

function reportHandlers({ reports }: JobHandlersDeps): Pick<RootCoordHandlers, ReportMethod> {
  return {
    startTask: async (request) => ({ status: okStatus(), ...(await reports.startTask(request)) }),
    reportImport: async (request) => {
      await reports.report(request);
      return okStatus();
    },
  };
}

function copierOf({ from, to }: rootCoord.CopyRequest, { pulls, pushes, copies }: JobHandlersDeps) {
  if (to) return pushes;
  return from ? pulls : copies;
}
