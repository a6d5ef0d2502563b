import { mapConcurrent, Serial } from "@sluice/async";
import type { CollectionRecord, FileGroupRecord, JobRecord } from "@sluice/catalog";
import { excerptOfList, ImportError } from "@sluice/errors";
import { formatByOption, formatOptionKeys } from "@sluice/formats";
import { type ImportSpec, parseImportOptions, type SourceFileRecord, specOf } from "@sluice/jobs";
import type { Sources } from "@sluice/object-store";
import { type CollectionId, type JobId, jobId } from "@sluice/schema";
import { checkKeysAreGiven, checkOpenJobs, planOf } from "./import-checks.ts";
import type { ImportJobsDeps } from "./import-jobs.ts";
import { deadlineOf, newImportJob } from "./import-record.ts";
import { bucketOf, type SourceScope } from "./job-sources.ts";
import { restStateOf } from "./job-words.ts";
import { Expanded, lookForPath } from "./look-for-path.ts";

/** Files that are looked for at once. */
const CONCURRENCY = 32;

/** What importing files again needs besides; `getCollection` finds dropped ones, too. */
export interface RetryJobsDeps extends ImportJobsDeps {
  readonly getCollection: (id: CollectionId) => Promise<CollectionRecord | undefined>;
}

/** Imports the files of failed jobs again: as a new job that asks for the same, and reads them as they are now. */
export class RetryJobs {
  readonly #deps: RetryJobsDeps;
  /** Two retries of one job at once would import its rows twice. */
  readonly #turns = new Serial();
  constructor(deps: RetryJobsDeps) {
    this.#deps = deps;
  }

  /**
   * The new job, or the one that a retry has led to before, unless that has failed as well.
   * @param scope what the caller may read
   * @throws {ImportError} in Milvus's words when there is no such job; `request_invalid` for one that is no failed import, and
   *   for one that brought credentials; as `ImportJobs.submit`
   */
  retry(id: bigint, scope?: SourceScope): Promise<JobId> {
    return this.#turns.run(async () => {
      const job = this.#deps.book.get(jobId(id))?.job;
      if (!job || job.kind === "compaction")
        throw new ImportError("internal", `import job does not exist, jobID=${id}`);
      const last = this.#deps.book.followersOf(job.jobId).findLast(({ retryOf }) => retryOf === job.jobId);
      if (last && last.state !== "failed") return last.jobId;
      checkRetriable(job);
      return this.#deps.requested.create(await this.#again(job, scope));
    });
  }

  async #again(job: JobRecord, scope: SourceScope | undefined): Promise<JobRecord> {
    const spec = specOf(job, "import");
    const collection = await this.#collectionOf(job);
    checkKeysAreGiven(planOf(collection, spec.formatOptions), spec);
    checkOpenJobs(this.#deps.book, this.#deps.maxOpenJobs);
    const { partitionName, partitionIds } = job;
    checkPartitions(job, collection);
    const rejectsFolder = await this.#deps.rejects.folderOf(spec, scope);
    const groups = await this.#groupsNow(job, spec, scope);
    const [id, createdMs] = [jobId(await this.#deps.allocateId()), this.#deps.now()];
    return this.#deps.requested.retold(job, {
      ...newImportJob(id, collection, createdMs),
      ...{ spec: { ...spec, ...rejectsFolder }, groups, partitionIds, partitionName, retryOf: job.jobId },
      ...{ deadlineMs: deadlineOf(spec, createdMs), timestamp: await this.#deps.allocateTs() },
      ...{ idempotencyKey: "", requestDigest: job.requestDigest },
    });
  }

  async #collectionOf(job: JobRecord): Promise<CollectionRecord> {
    const collection = await this.#deps.getCollection(job.collectionId);
    if (collection?.state === "active") return collection;
    throw refused(job, "imported into a collection that was dropped");
  }

  /** The same groups, each file as it is now. @throws {ImportError} `file_not_found`, which names all that are missing */
  async #groupsNow(
    { groups }: JobRecord,
    spec: ImportSpec,
    scope: SourceScope | undefined,
  ): Promise<FileGroupRecord[]> {
    const options = spec.options.map(([key, value]) => ({ key, value }));
    const source = await this.#deps.sources.resolve(parseImportOptions(options, formatOptionKeys).dataSource, scope);
    await using open = await this.#deps.sources.open(source);
    const bucket = spec.bucket ?? bucketOf(spec, source).bucket;
    const found = await filesNow(open.sources, groups, bucket, spec.format);
    const now = (file: SourceFileRecord) => ({ ...file, ...found.get(file.path) });
    return groups.map((group) => ({ ...group, files: group.files.map(now) }));
  }
}

async function filesNow(
  sources: Sources,
  groups: readonly FileGroupRecord[],
  bucket: string | undefined,
  format: string | undefined,
): Promise<ReadonlyMap<string, SourceFileRecord>> {
  const paths = [...new Set(groups.flatMap(({ files }) => files.map(({ path }) => path)))];
  const find = (path: string) => lookForPath(sources, path, bucket, formatByOption(format));
  const looked = await Array.fromAsync(mapConcurrent(paths, CONCURRENCY, find));
  const found = new Map<string, SourceFileRecord>();
  for (const [i, file] of looked.entries())
    if (!(file instanceof Expanded) && !(file instanceof ImportError)) found.set(paths[i], file);
  const missing = paths.filter((path) => !found.has(path));
  if (missing.length === 0) return found;
  const reason = `the following files do not exist: ${excerptOfList(missing)}`;
  throw new ImportError("file_not_found", reason, { file: missing[0] });
}

function checkPartitions(job: JobRecord, { partitions }: CollectionRecord): void {
  const present = new Set(partitions.map(({ partitionId }) => partitionId));
  if (job.partitionIds.every((id) => present.has(id))) return;
  throw refused(job, "imported into a partition that was dropped");
}

function checkRetriable(job: JobRecord): void {
  if (job.kind !== "import") throw refused(job, "is created anew instead: only imports are done again");
  if (job.state !== "failed") throw refused(job, `is ${restStateOf(job)}, and only a Failed one is imported again`);
  if (job.sources?.length)
    throw refused(job, "brought a store of its own, whose credentials are not kept: create it anew");
}

function refused({ kind, jobId }: JobRecord, reason: string): ImportError {
  return new ImportError("request_invalid", `${kind} job ${jobId} ${reason}`);
}
