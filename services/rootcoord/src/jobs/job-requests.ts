import type { CollectionRecord, JobRecord } from "@sluice/catalog";
import type { ModelServers } from "@sluice/embedding";
import { StatusError, statusCodes } from "@sluice/errors";
import { AllowedEndpoints, type ExportRoots } from "@sluice/object-store";
import type { Logger } from "@sluice/telemetry";
import type { NumberSource, RowCounts } from "../ddl/ddl-deps.ts";
import type { Ddl } from "../ddl/index.ts";
import type { RootCoordSettings } from "../settings.ts";
import type { OpenVolumes } from "../volumes/open-volumes.ts";
import { RestoreBackup } from "./backups/restore-backup.ts";
import { CopyJobs } from "./copy-jobs.ts";
import { CopyRequests } from "./copy-requests.ts";
import { ExportJobs } from "./export-jobs.ts";
import { ImportJobs } from "./import-jobs.ts";
import type { JobBook } from "./job-book.ts";
import type { JobCredentials } from "./job-credentials.ts";
import type { JobHandlersDeps } from "./job-handlers.ts";
import type { JobSources } from "./job-sources.ts";
import type { PlannedTask } from "./kinds/job-planner.ts";
import { MergeJobs } from "./merge-jobs.ts";
import { PullJobs } from "./pull-jobs.ts";
import { PushJobs } from "./push-jobs.ts";
import { RejectFolders } from "./rejects/reject-folders.ts";
import type { RequestedJobs } from "./requested-jobs.ts";
import { RetryJobs } from "./retry-jobs.ts";

/** What requests for jobs of all kinds need. */
export interface JobRequestsDeps {
  readonly book: JobBook;
  readonly ids: NumberSource;
  readonly tso: NumberSource;
  readonly ddl: Ddl;
  readonly requested: RequestedJobs;
  readonly sources: JobSources;
  readonly credentials: JobCredentials;
  readonly roots: ExportRoots;
  readonly models: ModelServers;
  readonly volumes: Pick<OpenVolumes, "writable">;
  readonly rowCounts: (collectionId: bigint) => Promise<RowCounts>;
  /** Of which tasks a copy would consist. */
  readonly tasksOfCopy: (job: JobRecord) => Promise<readonly PlannedTask[]>;
  readonly log: Logger;
}

type Requests = "imports" | "exports" | "merges" | "copies" | "pulls" | "pushes" | "retries" | "restore";

/** Who takes requests for jobs: one for each way to ask for one. */
export function jobRequests(settings: RootCoordSettings, deps: JobRequestsDeps): Pick<JobHandlersDeps, Requests> {
  const { book, ids, tso, ddl, requested, sources, roots, credentials, log } = deps;
  const common = {
    ...{ book, now: Date.now, maxOpenJobs: settings.maxOpenJobs, requested },
    allocateId: () => ids.allocate(1),
    allocateTs: () => tso.allocate(1),
    findCollection: (dbName: string, name: string) => ddl.findCollection(dbName, name),
  };
  const lookUp = async (dbName: string, name: string) => {
    const id = await ddl.lookUpCollection(dbName, name);
    return id === undefined ? undefined : await ddl.getCollection(id);
  };
  const making = { ...common, hidden: ddl.hidden, log, allocateIds: (count: number) => ids.allocate(count) };
  const requests = new CopyRequests({
    ...{ ...common, hidden: ddl.hidden, log, credentials, tasksOf: deps.tasksOfCopy },
    lookUp,
  });
  const copying = { ...making, requests };
  const withPeers = { ...copying, allowed: new AllowedEndpoints(settings.dataSourceEndpoint ?? []), credentials };
  const importing = { ...common, sources, rejects: new RejectFolders(deps.volumes) };
  const imports = new ImportJobs(importing);
  return {
    imports,
    exports: new ExportJobs({ ...common, roots }),
    merges: new MergeJobs({ ...making, sources, lookUp }),
    copies: new CopyJobs(copying),
    pulls: new PullJobs(withPeers),
    pushes: new PushJobs({ ...withPeers, roots }),
    retries: new RetryJobs({ ...importing, getCollection: (id) => ddl.getCollection(id) }),
    restore: restoring(imports, deps),
  };
}

function restoring(jobs: ImportJobs, { sources, book, ddl, models, rowCounts }: JobRequestsDeps): RestoreBackup {
  const findCollection = async (dbName: string, name: string): Promise<CollectionRecord | undefined> => {
    const id = await ddl.lookUpCollection(dbName, name).catch(unlessMissing);
    return id === undefined ? undefined : await ddl.getCollection(id);
  };
  return new RestoreBackup({ sources, jobs, book, declare: ddl.handlers, models, findCollection, rowCounts });
}

/** A database that is not there has no collections. */
function unlessMissing(error: unknown): undefined {
  if (error instanceof StatusError && error.code === statusCodes.databaseNotFound) return undefined;
  throw error;
}
