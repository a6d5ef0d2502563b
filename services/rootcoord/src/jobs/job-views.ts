import type { JobRecord, StoredJob } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import { type milvus, okStatus, type rootCoord } from "@sluice/rpc";
import { type CollectionId, type JobId, jobId } from "@sluice/schema";
import type { JobBook, JobView } from "./job-book.ts";
import { entryOf, type JobNews, summaryOf } from "./job-entry.ts";
import type { SourceScope } from "./job-sources.ts";
import { stateOf } from "./job-state.ts";
import { restStateOf } from "./job-words.ts";

/** What views need; each function that is absent leaves out what it would have told. */
export interface JobViewsDeps {
  readonly book: JobBook;
  /** The collection that a name or alias stands for now; none for "". @throws {StatusError} 800 for an unknown database */
  readonly findCollection?: (dbName: string, name: string) => Promise<CollectionId | undefined>;
  /** A collection's name as of now; undefined once nothing is known of it. */
  readonly nameOf?: (id: CollectionId) => Promise<string | undefined>;
  readonly newsOf?: (id: JobId) => JobNews;
  /** What tells whether a job reads what such a caller may read, and nothing else. */
  readonly readableIn?: (scope: SourceScope) => Promise<(job: JobRecord) => boolean>;
}

/** A request that says by whom, or by somebody who may read everything. */
type Asked<T> = Omit<T, "scope"> & { readonly scope?: SourceScope };
type Fits = (job: StoredJob) => boolean;
/** `limit` 0 is none. */
type Page = Pick<rootCoord.ListJobsRequest, "offset" | "limit">;

/** What the public interfaces show of jobs. A superset of every Milvus version's answer (import semantics §8.3). */
export class JobViews {
  readonly #deps: JobViewsDeps;
  constructor(deps: JobViewsDeps) {
    this.#deps = deps;
  }

  /** @throws {ImportError} in Milvus's words when there is no such job */
  async state(request: milvus.GetImportStateRequest): Promise<milvus.GetImportStateResponse> {
    return stateOf(await this.#named(this.#find(request.task, "import")));
  }

  /** The newest `limit` jobs of a collection, or of the whole database, ascending by id (D8, D13). */
  async listStates(request: milvus.ListImportTasksRequest): Promise<milvus.ListImportTasksResponse> {
    const fits = await this.#ofCollection(request.dbName, request.collectionName);
    const page = { offset: 0n, limit: request.limit };
    const { ids } = this.#page((job) => job.kind === "import" && fits(job), true, page);
    const views = this.#viewsOf(ids).reverse();
    return { status: okStatus(), tasks: (await this.#allNamed(views)).map(stateOf) };
  }

  /**
   * With the jobs that correct it or repeat it. `isOutside`: the caller may not read what the job reads. @throws
   * {StatusError} where there is none
   */
  async describe(request: Asked<rootCoord.DescribeJobRequest>): Promise<rootCoord.DescribeJobResponse> {
    const view = await this.#named(this.#find(request.jobId));
    const entry = entryOf(view, this.#newsOf(view));
    const later = this.#deps.book.followersOf(view.job.jobId);
    const ids = (isRetry: boolean) => later.filter((job) => (job.retryOf === entry.jobId) === isRetry).map(idOf);
    const isOutside = !(await this.#readable(request.scope))(entry.jobId);
    return { status: okStatus(), job: { ...entry, correctedBy: ids(false), retriedBy: ids(true) }, isOutside };
  }

  /** A page of the jobs that fit, in order of id. */
  async list(request: Asked<rootCoord.ListJobsRequest>): Promise<rootCoord.ListJobsResponse> {
    const { dbName, collectionName, newestFirst } = request;
    const [isOfCollection, isAsked] = [await this.#ofCollection(dbName, collectionName), asked(request)];
    const isReadable = await this.#readable(request.scope);
    const fits = (job: StoredJob) => isAsked(job) && isOfCollection(job) && isReadable(job.jobId);
    const { ids, count } = this.#page(fits, newestFirst, request);
    const views = await this.#allNamed(this.#viewsOf(ids));
    const jobs = views.map((view) => summaryOf(view, this.#newsOf(view)));
    return { status: okStatus(), jobs, count: BigInt(count) };
  }

  /** The jobs of some ids, as in lists; those that nobody has requested, or that are forgotten, are left out. */
  async summaries(ids: readonly JobId[]): Promise<rootCoord.JobEntry[]> {
    const views = this.#viewsOf(ids).filter((view) => !isHidden(view));
    return (await this.#allNamed(views)).map((view) => summaryOf(view, this.#newsOf(view)));
  }

  /** Looks at records alone, of which there may be ten thousand, and keeps nothing of those beside the page. */
  #page(fits: Fits, isDescending: boolean, { offset, limit }: Page): { ids: JobId[]; count: number } {
    const [from, end] = [Number(offset), limit > 0n ? Number(offset + limit) : Number.POSITIVE_INFINITY];
    const ids: JobId[] = [];
    let count = 0;
    for (const job of this.#deps.book.records(isDescending)) {
      if (!fits(job)) continue;
      if (count >= from && count < end) ids.push(job.jobId);
      count++;
    }
    return { ids, count };
  }

  async #readable(scope: SourceScope | undefined): Promise<(id: bigint) => boolean> {
    const isReadable = scope && (await this.#deps.readableIn?.(scope));
    if (!isReadable) return () => true;
    return (id) => this.#viewsOf([jobId(id)]).every(({ job }) => isReadable(job));
  }

  #viewsOf(ids: readonly JobId[]): JobView[] {
    return ids.flatMap((id) => this.#deps.book.get(id) ?? []);
  }

  #newsOf({ job }: JobView): JobNews {
    return this.#deps.newsOf?.(job.jobId) ?? {};
  }

  /** With the collection's name as of now: who renamed it looks for the new one. */
  async #named(view: JobView): Promise<JobView> {
    return (await this.#allNamed([view]))[0];
  }

  /** Asks once for each collection. */
  async #allNamed(views: readonly JobView[]): Promise<JobView[]> {
    const { nameOf } = this.#deps;
    const ids = [...new Set(views.map(({ job }) => job.collectionId))];
    const names = new Map(await Promise.all(ids.map(async (id) => [id, await nameOf?.(id)] as const)));
    return views.map(({ job, tasks }) => ({
      job: { ...job, collectionName: names.get(job.collectionId) ?? job.collectionName },
      tasks,
    }));
  }

  #find(id: bigint, kind?: string): JobView {
    const view = this.#deps.book.get(jobId(id));
    if (!view || isHidden(view) || view.job.kind !== (kind ?? view.job.kind))
      throw new ImportError("internal", `import job does not exist, jobID=${id}`);
    return view;
  }

  /** Of a collection by any of its names, also one that it had not when the job began; of a dropped one by its last name. */
  async #ofCollection(dbName: string, collectionName: string): Promise<Fits> {
    const collectionId = await this.#deps.findCollection?.(dbName, collectionName);
    if (collectionId !== undefined) return (job) => job.collectionId === collectionId;
    return (job) =>
      (dbName === "" || job.dbName === dbName) && (collectionName === "" || job.collectionName === collectionName);
  }
}

/** Of the kind, the states and the time that are asked for. */
function asked({ kind, states, createdFromMs, createdBeforeMs }: Asked<rootCoord.ListJobsRequest>): Fits {
  const [isOfKind, wanted] = [kindIs(kind || "import"), new Set(states)];
  const [from, before] = [Number(createdFromMs), Number(createdBeforeMs) || Number.POSITIVE_INFINITY];
  return (job) =>
    isOfKind(job) &&
    (wanted.size === 0 || wanted.has(restStateOf(job))) &&
    job.createdMs >= from &&
    job.createdMs < before;
}

/** `any` is every kind that somebody requests. */
function kindIs(wanted: string): Fits {
  return ({ kind }) => (wanted === "any" ? kind !== "compaction" : kind === wanted);
}

function idOf({ jobId }: StoredJob): JobId {
  return jobId;
}

/** Nobody has requested it: it is asked for as a compaction, if at all. */
function isHidden({ job }: JobView): boolean {
  return job.kind === "compaction";
}
