import { createHash } from "node:crypto";
import type { CollectionRecord, JobRecord } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import { formatOptionKeys } from "@sluice/formats";
import { type ImportOptions, type ImportSpec, type InternalData, parseImportOptions } from "@sluice/jobs";
import type { importing } from "@sluice/rpc";
import { type JobId, jobId } from "@sluice/schema";
import { findBackup } from "./backups/backup-files.ts";
import { findDeletes } from "./backups/delete-files.ts";
import { findSegments } from "./backups/segment-files.ts";
import { withFolderValues } from "./folder-values.ts";
import { checkIdRanges } from "./id-ranges.ts";
import {
  checkFileOptions,
  checkFormatOptions,
  checkKeysAreGiven,
  checkOpenJobs,
  checkTarget,
  idleOptions,
  planOf,
  timeWarnings,
  warningsOf,
} from "./import-checks.ts";
import { deadlineOf, newImportJob } from "./import-record.ts";
import type { JobBook } from "./job-book.ts";
import { belowFolder, bucketOf, type DataSource, type JobSources } from "./job-sources.ts";
import type { RequestedFiles } from "./path-lists.ts";
import { withPresetFile } from "./preset-file.ts";
import type { RejectFolders } from "./rejects/reject-folders.ts";
import { findFiles, type RequestFiles } from "./request-files.ts";
import type { RequestedJobs } from "./requested-jobs.ts";
import { checkPartitionsByKey, partitionsOf, targetPartitions, withFolderPartitions } from "./target-partitions.ts";

/** What imports need; `now` is in Unix milliseconds. */
export interface ImportJobsDeps {
  readonly book: JobBook;
  readonly requested: RequestedJobs;
  readonly sources: JobSources;
  readonly rejects: RejectFolders;
  readonly allocateId: () => Promise<bigint>;
  readonly allocateTs: () => Promise<bigint>;
  /** The active collection by name or alias. @throws {StatusError} 100 */
  readonly findCollection: (dbName: string, name: string) => Promise<CollectionRecord>;
  readonly now: () => number;
  /** Jobs that may be open at once. Source: Milvus `dataCoord.import.maxImportJobNum`. */
  readonly maxOpenJobs: number;
}

/** A request, as far as it is understood without its files. */
interface AskedImport {
  readonly collection: CollectionRecord;
  readonly options: ImportOptions;
  /** Of the options, with what a preset says. */
  readonly spec: ImportSpec;
  readonly source: DataSource;
  readonly plan: ReturnType<typeof planOf>;
  /** Undefined where files, or a backup, say it. */
  readonly partitionIds: JobRecord["partitionIds"] | undefined;
}

/** What a request leads to. */
type FoundImport = Pick<JobRecord, "groups" | "partitionIds"> & { readonly warnings: readonly string[] };

/** Takes import requests: checks everything that can be checked without reading rows, then records the job. */
export class ImportJobs {
  readonly #deps: ImportJobsDeps;
  constructor(deps: ImportJobsDeps) {
    this.#deps = deps;
  }

  /**
   * Records a job and answers its id at once; the work begins after that.
   * @throws {StatusError} 100, 200; {ImportError} `request_invalid`, `unsupported`, `file_not_found`, `path_refused`
   */
  async submit(request: importing.ImportRequest): Promise<JobId> {
    const { requested } = this.#deps;
    const asked = await this.#asked(request);
    const { collection, options, spec } = asked;
    const digest = digestOf(request, options);
    const earlier = await requested.findEarlier(collection.collectionId, request.idempotencyKey, digest);
    if (earlier !== undefined) return earlier;
    checkOpenJobs(this.#deps.book, this.#deps.maxOpenJobs);
    const rejectsFolder = await this.#deps.rejects.folderOf(spec, request.scope);
    const found = await this.#found(request, asked);
    const id = jobId(await this.#deps.allocateId());
    const job = {
      ...newImportJob(id, collection, this.#deps.now()),
      ...{ spec: { ...spec, warnings: found.warnings, ...rejectsFolder }, groups: found.groups },
      ...{ partitionIds: found.partitionIds, partitionName: request.partitionName },
      ...this.#deps.sources.recordOf(id, asked.source),
      ...(asked.source.brought.length > 0 && request.caller !== "" && { requestedBy: request.caller }),
      ...{ deadlineMs: deadlineOf(spec, this.#deps.now()), timestamp: await this.#deps.allocateTs() },
      ...{ idempotencyKey: request.idempotencyKey, requestDigest: digest },
    };
    return requested.create(requested.withWebhooks(job, options.webhook));
  }

  /** Everything that is told without looking for files. */
  async #asked(request: importing.ImportRequest): Promise<AskedImport> {
    const collection = await this.#deps.findCollection(request.dbName, request.collectionName);
    const options = parseImportOptions(request.options, formatOptionKeys);
    const saysByItself = options.internalData && options.spec.partitionFrom === undefined;
    const partitionIds = saysByItself ? undefined : targetPartitions(collection, request.partitionName, options.spec);
    const source = await this.#deps.sources.resolve(options.dataSource, request.scope);
    const spec = await withPresetFile(options.spec, source, this.#deps.sources);
    checkTarget(collection, request, options);
    this.#checkCorrected(collection, spec);
    const plan = planOf(collection, spec.formatOptions);
    checkKeysAreGiven(plan, spec);
    if (!options.internalData) checkFileOptions(collection, { ...request, chunks: options.chunks }, spec);
    return { collection, options, spec, source, plan, partitionIds };
  }

  /** The files, each with the partition and the values that its folder gives it. */
  async #found(request: importing.ImportRequest, asked: AskedImport): Promise<FoundImport> {
    const { collection, options, spec, source, plan } = asked;
    const found = options.internalData
      ? await this.#findBackup(request, collection, options.internalData, spec, source)
      : await this.#findFiles({ ...request, chunks: options.chunks }, spec, source);
    const placed = withFolderPartitions(found, collection, spec);
    const { groups, warnings: leftOut } = withFolderValues(placed, plan, spec.formatOptions, spec.partitionFrom);
    checkFormatOptions(groups, spec);
    const ofFiles = [...warningsOf(groups), ...timeWarnings(collection, groups), ...idleOptions(groups, spec)];
    checkPartitionsByKey(groups, spec);
    checkIdRanges(groups, plan.schema, spec);
    const warnings = [...spec.warnings, ...leftOut, ...ofFiles];
    return { groups, warnings, partitionIds: asked.partitionIds ?? partitionsOf(collection, groups) };
  }

  async #findBackup(
    { collectionName, partitionName, files, fileGroups }: importing.ImportRequest,
    collection: CollectionRecord,
    internalData: InternalData,
    spec: ImportSpec,
    source: DataSource,
  ): Promise<RequestFiles> {
    if (files.length + fileGroups.length > 0)
      throw new ImportError("request_invalid", "options.internal_data names the data: the request may name no files");
    await using open = await this.#deps.sources.open(source);
    const path = source.folder === undefined ? internalData.path : `${source.folder}/${internalData.path}`;
    const { formatOptions } = spec;
    const asked = {
      internalData: { ...internalData, path },
      collection,
      collectionName,
      partitionName,
      options: formatOptions,
    };
    const found = await findBackup(open.sources, asked, bucketOf(spec, source).bucket ?? spec.bucket);
    if (found.groups.length > 0) return found;
    throw new ImportError("request_invalid", "the collection has no rows in the backup: there is nothing to import");
  }

  async #findFiles(request: RequestedFiles, spec: ImportSpec, source: DataSource): Promise<RequestFiles> {
    await using open = await this.#deps.sources.open(source);
    // Awaited here: what is open closes behind it.
    return await finderOf(spec)(open.sources, belowFolder(request, source.folder), {
      ...spec,
      ...bucketOf(spec, source),
    });
  }

  /** What corrects nothing would look like it in the history. */
  #checkCorrected({ collectionId }: CollectionRecord, { correctsJobId: id }: ImportSpec): void {
    const job = id === undefined ? undefined : this.#deps.book.get(id)?.job;
    if (id === undefined || job?.collectionId === collectionId) return;
    const found = job ? "it is one of another collection" : "there is none such any more: leave the option out";
    throw new ImportError("request_invalid", `option corrects names import job ${id}, and ${found}`);
  }
}

function finderOf({ isBackup, isDeletes }: ImportSpec) {
  if (isDeletes) return findDeletes;
  return isBackup ? findSegments : findFiles;
}

function digestOf({ partitionName, files, fileGroups }: importing.ImportRequest, options: ImportOptions): string {
  const asked = [partitionName, files, fileGroups.map(({ paths }) => paths), options.asked];
  return createHash("sha256").update(JSON.stringify(asked)).digest("base64url");
}
