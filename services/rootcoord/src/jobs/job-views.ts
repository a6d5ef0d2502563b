import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { formatLocation, ImportError } from "@sluice/errors";
import {
  checkedView,
  isEnded,
  isTwoPhase,
  type JobState,
  MAX_NAMED_ROWS,
  mergeChecked,
  progressPercent,
  specOf,
  totalRows,
} from "@sluice/jobs";
import { common, failureMessage, type milvus, okStatus, type rootCoord } from "@sluice/rpc";
import { type CollectionId, type JobId, jobId } from "@sluice/schema";
import { copyOutcome } from "./copy-jobs.ts";
import { exportOutcome } from "./export-manifest.ts";
import {
  bytesOf,
  detailOf,
  duplicateRowsIn,
  nodesOf,
  partsByGroup,
  reasonText,
  rejectedRowsIn,
} from "./file-details.ts";
import type { JobBook, JobView } from "./job-book.ts";
import { mergeOutcome } from "./merge-outcome.ts";

/** The collection that a name or alias stands for now; none for "". @throws {StatusError} 800 for an unknown database */
type FindCollection = (dbName: string, name: string) => Promise<CollectionId | undefined>;
/** A collection's name as of now; undefined once nothing is known of it. */
type NameOfCollection = (id: CollectionId) => Promise<string | undefined>;

/** What the public interfaces show of jobs. A superset of every Milvus version's answer (import semantics §8.3). */
export class JobViews {
  readonly #book: JobBook;
  readonly #findCollection: FindCollection;
  readonly #nameOf: NameOfCollection;
  constructor(
    book: JobBook,
    findCollection: FindCollection = () => Promise.resolve(undefined),
    nameOf: NameOfCollection = () => Promise.resolve(undefined),
  ) {
    this.#book = book;
    this.#findCollection = findCollection;
    this.#nameOf = nameOf;
  }

  /** @throws {ImportError} in Milvus's words when there is no such job */
  async state(request: milvus.GetImportStateRequest): Promise<milvus.GetImportStateResponse> {
    return stateOf(await this.#named(this.#find(request.task, "import")));
  }

  /** The newest `limit` jobs of a collection, or of the whole database, ascending by id (D8, D13). */
  async listStates(request: milvus.ListImportTasksRequest): Promise<milvus.ListImportTasksResponse> {
    const views = await this.#list(request.dbName, request.collectionName, request.limit, "import");
    return { status: okStatus(), tasks: (await this.#allNamed(views)).map(stateOf) };
  }

  async describe(request: rootCoord.DescribeJobRequest): Promise<rootCoord.DescribeJobResponse> {
    const entry = entryOf(await this.#named(this.#find(request.jobId)));
    const later = this.#book.all().filter(({ job }) => correctedJobOf(job) === entry.jobId);
    return { status: okStatus(), job: { ...entry, correctedBy: later.map(({ job }) => job.jobId) } };
  }

  async list(request: rootCoord.ListJobsRequest): Promise<rootCoord.ListJobsResponse> {
    const { dbName, collectionName, limit, newestFirst, kind } = request;
    const views = await this.#list(dbName, collectionName, limit, kind || "import", new Set(request.states));
    const jobs = (await this.#allNamed(views)).map(summaryOf);
    return { status: okStatus(), jobs: newestFirst ? jobs.reverse() : jobs };
  }

  /** With the collection's name as of now: who renamed it looks for the new one. */
  async #named(view: JobView): Promise<JobView> {
    const { collectionId, collectionName } = view.job;
    return { ...view, job: { ...view.job, collectionName: (await this.#nameOf(collectionId)) ?? collectionName } };
  }

  /** Asks once for each collection. */
  async #allNamed(views: readonly JobView[]): Promise<JobView[]> {
    const ids = [...new Set(views.map(({ job }) => job.collectionId))];
    const names = new Map(await Promise.all(ids.map(async (id) => [id, await this.#nameOf(id)] as const)));
    return views.map(({ job, tasks }) => ({
      job: { ...job, collectionName: names.get(job.collectionId) ?? job.collectionName },
      tasks,
    }));
  }

  #find(id: bigint, kind?: string): JobView {
    const view = this.#book.get(jobId(id));
    if (!view || isHidden(view) || view.job.kind !== (kind ?? view.job.kind))
      throw new ImportError("internal", `import job does not exist, jobID=${id}`);
    return view;
  }

  /** Of a collection by any of its names, also one that it had not when the job began; of a dropped one by its last name. */
  async #list(
    dbName: string,
    collectionName: string,
    limit: bigint,
    kind: string,
    states: ReadonlySet<string> = new Set(),
  ): Promise<JobView[]> {
    const collectionId = await this.#findCollection(dbName, collectionName);
    const wanted = this.#book.all().filter((view) => {
      const { job } = view;
      if (job.kind !== kind) return false;
      if (states.size > 0 && !states.has(restStateOf(job))) return false;
      if (collectionId !== undefined) return job.collectionId === collectionId;
      return (
        (dbName === "" || job.dbName === dbName) && (collectionName === "" || job.collectionName === collectionName)
      );
    });
    return limit > 0n ? wanted.slice(-Number(limit)) : wanted;
  }
}

/** Nobody has requested it: it is asked for as a compaction, if at all. */
function isHidden({ job }: JobView): boolean {
  return job.kind === "compaction";
}

const publicStates: Readonly<Record<JobState, common.ImportState>> = {
  pending: common.ImportState.ImportPending,
  importing: common.ImportState.ImportStarted,
  // Milvus shows it as failed (D7).
  uncommitted: common.ImportState.ImportPersisted,
  committing: common.ImportState.ImportPersisted,
  completed: common.ImportState.ImportCompleted,
  failed: common.ImportState.ImportFailed,
  rolled_back: common.ImportState.ImportFailedAndCleaned,
};

const restStates: Readonly<Record<JobState, string>> = {
  pending: "Pending",
  importing: "Importing",
  uncommitted: "Uncommitted",
  committing: "Importing",
  completed: "Completed",
  failed: "Failed",
  rolled_back: "RolledBack",
};

/** Loops of users know four words; those who commit know two more. */
function restStateOf(job: JobRecord): string {
  return job.state === "committing" && isTwoPhase(job) ? "Committing" : restStates[job.state];
}

function stateOf({ job, tasks }: JobView): milvus.GetImportStateResponse {
  const infos: [string, string][] = [
    ["files", pathsAskedFor(job).join(",")],
    ["collection", job.collectionName],
    ["partition", job.partitionName],
    ["progress_percent", String(percentOf({ job, tasks }))],
    ...(job.lastProgress === undefined ? [] : infoOf("progress_at_failure", [String(job.lastProgress)])),
    ["persist_cost", job.state === "completed" ? ((job.completedMs - job.createdMs) / 1000).toFixed(2) : "0.00"],
    ...(job.state === "rolled_back" ? infoOf("failed_reason", ["the import was rolled back"]) : []),
    ...(job.failure ? ([["failed_reason", reasonText(job.failure)]] as [string, string][]) : []),
    ...infoOf("datanodes", nodesOf(tasks)),
    ...infoOf("warnings", warningsOf({ job, tasks })),
    ...(isDryRun(job) ? infoOf("checked_rows", [String(rowsOf({ job, tasks }))]) : []),
    ...rejectedInfos(tasks),
    ...(duplicateRowsIn(tasks) > 0 ? infoOf("duplicate_rows", [String(duplicateRowsIn(tasks))]) : []),
    ...job.spec.options.map(([key, value]) => [key, value] as [string, string]),
  ];
  return {
    status: okStatus(),
    state: publicStates[job.state],
    rowCount: BigInt(isEnded(job.state) || isDryRun(job) ? job.rowCount : rowsOf({ job, tasks })),
    idList: [...job.autoIds],
    infos: infos.map(([key, value]) => ({ key, value })),
    id: job.jobId,
    collectionId: job.collectionId,
    segmentIds: [...job.segmentIds],
    createTs: BigInt(Math.floor(job.createdMs / 1000)),
  };
}

/** A folder or pattern stands for thousands of files, which `describe` shows. */
function pathsAskedFor({ groups }: JobView["job"]): string[] {
  const paths = groups.flatMap(({ from, files }) => from ?? files.map(({ path }) => path));
  return paths.filter((path, i) => groups.length === 0 || path !== paths[i - 1]);
}

function entryOf(view: JobView): rootCoord.JobEntry {
  const { job, tasks } = view;
  const isOver = isEnded(job.state);
  const parts = partsByGroup(job, tasks);
  const details = job.groups.map((group, i) => detailOf(group, parts[i], isOver));
  return { ...summaryOf(view), warnings: warningsOf(view), details };
}

/** Of the request, and of all files: each once. */
function warningsOf({ job, tasks }: JobView): string[] {
  return [...new Set([...job.spec.warnings, ...tasks.flatMap((task) => task.warnings)])];
}

/** An entry of a list: a thousand jobs of a thousand files are too many to be told of each file. */
function summaryOf(view: JobView): rootCoord.JobEntry {
  const { job, tasks } = view;
  const rejectedRows = rejectedRowsIn(tasks);
  const duplicateRows = duplicateRowsIn(tasks);
  const total =
    job.state === "completed"
      ? { rows: rowsOf(view) + rejectedRows + duplicateRows, isEstimate: false }
      : totalRows(tasks);
  return {
    jobId: job.jobId,
    collectionId: job.collectionId,
    collectionName: job.collectionName,
    dbName: job.dbName,
    partitionName: job.partitionName,
    state: restStateOf(job),
    paused: job.isPaused === true,
    rollbackRefusal: job.rollback?.refusal ? reasonText(job.rollback.refusal) : "",
    progressPercent: percentOf(view),
    reason: job.failure ? reasonText(job.failure) : "",
    createdMs: BigInt(job.createdMs),
    completedMs: BigInt(job.completedMs),
    importedRows: BigInt(rowsOf(view)),
    totalRows: BigInt(total.rows),
    totalRowsEstimated: total.isEstimate,
    progressAtFailure: job.lastProgress ?? 0,
    sizeBytes: BigInt(job.groups.reduce((sum, group) => sum + bytesOf(group), 0)),
    details: [],
    failure: job.failure && failureMessage(job.failure),
    segmentIds: [...job.segmentIds],
    warnings: [...job.spec.warnings],
    kind: job.kind,
    rejectedRows: BigInt(rejectedRows),
    duplicateRows: BigInt(duplicateRows),
    dryRun: isDryRun(job),
    corrects: correctedJobOf(job) ?? 0n,
    correctedBy: [],
    checked: isDryRun(job) ? checkedText(tasks) : "",
    outcome: outcomeText(view),
  };
}

function infoOf(key: string, values: readonly (string | bigint)[]): [string, string][] {
  return values.length > 0 ? [[key, values.join("; ")]] : [];
}

function percentOf({ job, tasks }: JobView): number {
  // As Milvus has it; how far the job had come is told beside it (D16).
  if (job.state === "failed") return 0;
  return progressPercent({ state: job.state, tasks });
}

/** What was left out, so that the counts add up. */
function rejectedInfos(tasks: readonly TaskRecord[]): [string, string][] {
  const rows = rejectedRowsIn(tasks);
  if (rows === 0) return [];
  const first = tasks.flatMap(({ findings }) => findings?.rejected ?? []).slice(0, MAX_NAMED_ROWS);
  const texts = first.map(({ reason, ...at }) => `${reason}${formatLocation(at)}`);
  return [["rejected_rows", String(rows)], ...infoOf("rejected", texts)];
}

/** Of a dry run those that would have been imported. */
function rowsOf({ job, tasks }: JobView): number {
  return job.state === "completed" && !isDryRun(job)
    ? job.rowCount
    : tasks.reduce((sum, task) => sum + task.rowCount, 0);
}

function correctedJobOf(job: JobRecord): JobId | undefined {
  return job.kind === "import" ? specOf(job, "import").correctsJobId : undefined;
}

/** As the views of each kind have it. */
function outcomeText({ job, tasks }: JobView): string {
  if (job.kind === "export") return JSON.stringify(exportOutcome(job, tasks));
  if (job.kind === "copy") return JSON.stringify(copyOutcome(job, tasks));
  return job.kind === "merge" ? JSON.stringify(mergeOutcome(job, tasks)) : "";
}

/** What the tasks of a dry run found out, as JSON; nothing before all are done. */
function checkedText(tasks: readonly TaskRecord[]): string {
  const parts = tasks.flatMap(({ findings }) => findings?.checked ?? []);
  const checked = parts.length === tasks.length ? mergeChecked(parts) : undefined;
  return checked ? JSON.stringify(checkedView(checked)) : "";
}

function isDryRun(job: JobRecord): boolean {
  return job.kind === "import" && specOf(job, "import").isDryRun === true;
}
