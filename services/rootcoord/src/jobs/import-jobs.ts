import { createHash } from "node:crypto";
import type { CollectionRecord, FileGroupRecord, JobRecord } from "@sluice/catalog";
import { excerpt, excerptOfList, ImportError } from "@sluice/errors";
import { type FieldPlan, formatNamed, formatOptionKeys, planFields } from "@sluice/formats";
import { type ImportOptions, type ImportSpec, type InternalData, isEnded, parseImportOptions } from "@sluice/jobs";
import { decodeStoredSchema, type importing } from "@sluice/rpc";
import { type JobId, jobId, type PartitionId, primaryKeyIndex } from "@sluice/schema";
import { currentTraceParent } from "@sluice/telemetry";
import { findBackup } from "./backups/backup-files.ts";
import { findSegments } from "./backups/segment-files.ts";
import { withFolderValues } from "./folder-values.ts";
import { checkIdRanges } from "./id-ranges.ts";
import type { JobBook } from "./job-book.ts";
import { belowFolder, bucketOf, type DataSource, type JobSources } from "./job-sources.ts";
import { pathListsOf, type RequestedFiles } from "./path-lists.ts";
import { withPresetFile } from "./preset-file.ts";
import { findFiles, type RequestFiles } from "./request-files.ts";
import type { RequestedJobs } from "./requested-jobs.ts";
import { checkPartitionsByKey, partitionsOf, targetPartitions, withFolderPartitions } from "./target-partitions.ts";

export interface ImportJobsDeps {
  readonly book: JobBook;
  readonly requested: RequestedJobs;
  readonly sources: JobSources;
  readonly allocateId: () => Promise<bigint>;
  readonly allocateTs: () => Promise<bigint>;
  /** The active collection by name or alias. @throws {StatusError} 100 */
  readonly findCollection: (dbName: string, name: string) => Promise<CollectionRecord>;
  readonly now: () => number;
  /** Jobs that may be open at once. Source: Milvus `dataCoord.import.maxImportJobNum`. */
  readonly maxOpenJobs: number;
}

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
    const collection = await this.#deps.findCollection(request.dbName, request.collectionName);
    const options = parseImportOptions(request.options, formatOptionKeys);
    const saysByItself = options.internalData && options.spec.partitionFrom === undefined;
    const target = saysByItself ? undefined : targetPartitions(collection, request.partitionName, options.spec);
    const { chunks } = options;
    const source = await this.#deps.sources.resolve(options.dataSource);
    const spec = await withPresetFile(options.spec, source, this.#deps.sources);
    checkTarget(collection, request, options);
    this.#checkCorrected(collection, spec);
    const plan = planOf(collection, spec.formatOptions);
    checkKeysAreGiven(plan, spec);
    if (!options.internalData) checkFileOptions(collection, { ...request, chunks }, spec);
    const digest = digestOf(request, options);
    const { requested } = this.#deps;
    const earlier = await requested.findEarlier(collection.collectionId, request.idempotencyKey, digest);
    if (earlier !== undefined) return earlier;
    this.#checkOpenJobs();
    const found = options.internalData
      ? await this.#findBackup(request, collection, options.internalData, spec, source)
      : await this.#findFiles({ ...request, chunks }, spec, source);
    const placed = withFolderPartitions(found, collection, spec);
    const { groups, warnings: leftOut } = withFolderValues(placed, plan, spec.formatOptions, spec.partitionFrom);
    checkFormatOptions(groups, spec);
    const warnings = [...spec.warnings, ...leftOut, ...warningsOf(groups)];
    checkPartitionsByKey(groups, spec);
    checkIdRanges(groups, plan.schema, spec);
    const partitionIds = target ?? partitionsOf(collection, groups);
    return this.#record({ ...request, digest, source }, collection, partitionIds, groups, { ...spec, warnings });
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
    const find = spec.isBackup ? findSegments : findFiles;
    return await find(open.sources, belowFolder(request, source.folder), { ...spec, ...bucketOf(spec, source) });
  }

  /** What corrects nothing would look like it in the history. */
  #checkCorrected({ collectionId }: CollectionRecord, { correctsJobId: id }: ImportSpec): void {
    const job = id === undefined ? undefined : this.#deps.book.get(id)?.job;
    if (id === undefined || job?.collectionId === collectionId) return;
    const found = job ? "it is one of another collection" : "there is none such any more: leave the option out";
    throw new ImportError("request_invalid", `option corrects names import job ${id}, and ${found}`);
  }

  #checkOpenJobs(): void {
    const open = this.#deps.book.jobs().filter(({ kind, state }) => kind === "import" && !isEnded(state));
    if (open.length < this.#deps.maxOpenJobs) return;
    throw new ImportError(
      "request_invalid",
      "The number of jobs has reached the limit, please try again later. If your request is set to only import a single file, " +
        "please consider importing multiple files in one request for better efficiency.",
    );
  }

  async #record(
    request: importing.ImportRequest & { readonly digest: string; readonly source: DataSource },
    collection: CollectionRecord,
    partitionIds: PartitionId[],
    groups: readonly FileGroupRecord[],
    spec: ImportSpec,
  ): Promise<JobId> {
    const id = jobId(await this.#deps.allocateId());
    const createdMs = this.#deps.now();
    const job: JobRecord = {
      jobId: id,
      kind: "import",
      spec,
      collectionId: collection.collectionId,
      collectionName: collection.name,
      dbName: collection.dbName,
      partitionName: request.partitionName,
      partitionIds,
      vchannels: collection.vchannels,
      schema: collection.storedSchema,
      properties: collection.properties,
      groups,
      ...this.#deps.sources.recordOf(id, request.source),
      idempotencyKey: request.idempotencyKey,
      requestDigest: request.digest,
      state: "pending",
      timestamp: await this.#deps.allocateTs(),
      createdMs,
      deadlineMs: spec.timeoutMs > 0 ? createdMs + spec.timeoutMs : 0,
      completedMs: 0,
      rowCount: 0,
      segmentIds: [],
      autoIds: [],
      traceParent: currentTraceParent(),
    };
    return this.#deps.requested.create(job);
  }
}

function digestOf({ partitionName, files, fileGroups }: importing.ImportRequest, options: ImportOptions): string {
  const asked = [partitionName, files, fileGroups.map(({ paths }) => paths), options.asked];
  return createHash("sha256").update(JSON.stringify(asked)).digest("base64url");
}

/** The document may name the collection once more, and no other. */
function checkTarget(
  { name }: CollectionRecord,
  { collectionName }: importing.ImportRequest,
  { targetCollection: target }: ImportOptions,
): void {
  if (target === undefined || target === name || target === collectionName) return;
  const reason = `options.external_data.target_collection is '${excerpt(target)}', and the request is for '${collectionName}'`;
  throw new ImportError("request_invalid", reason);
}

/** What the options say of fields fits the collection. @throws {ImportError} `request_invalid` */
function planOf({ storedSchema, properties }: CollectionRecord, options: Readonly<Record<string, string>>): FieldPlan {
  return planFields(decodeStoredSchema(Buffer.from(storedSchema, "base64"), properties), options);
}

/** @throws {ImportError} `request_invalid` */
function checkKeysAreGiven({ schema }: FieldPlan, { onDuplicate, isBackup }: ImportSpec): void {
  if (!onDuplicate || isBackup || schema.allowInsertAutoId || !schema.fields[primaryKeyIndex(schema)].autoId) return;
  const reason = `option on_duplicate=${onDuplicate} compares primary keys, and those of this collection are made, each of them once`;
  throw new ImportError("request_invalid", reason);
}

/** The same of what files say for themselves. */
function checkFileOptions(collection: CollectionRecord, request: RequestedFiles, { formatOptions }: ImportSpec): void {
  for (const { options, from, paths } of pathListsOf(request)) {
    if (!options) continue;
    try {
      planOf(collection, { ...formatOptions, ...options });
    } catch (error) {
      if (!(error instanceof ImportError)) throw error;
      throw new ImportError(error.code, `${from}: ${error.reason}`, { file: paths[0] }, { cause: error });
    }
  }
}

/** Files that are given again, by whatever path; of column files, whole sets: two tables may share a column. */
function warningsOf(groups: readonly FileGroupRecord[]): string[] {
  const seen = new Set<string>();
  const again = new Set<string>();
  for (const group of groups) {
    const identity = JSON.stringify(group.files.map(({ source, key }) => [source, key]));
    if (seen.has(identity)) again.add(pathsOf(group).join(", "));
    seen.add(identity);
  }
  if (again.size === 0) return [];
  const names = `${excerptOfList([...again])} ${again.size === 1 ? "is" : "are"}`;
  return [`${names} given more than once: ${again.size === 1 ? "its" : "their"} rows are imported as often`];
}

function pathsOf({ files }: FileGroupRecord): string[] {
  return files.map(({ path }) => path);
}

/** Values of options that the formats of the files refuse. */
function checkFormatOptions(groups: readonly FileGroupRecord[], { formatOptions }: ImportSpec): void {
  for (const format of new Set(groups.map((group) => group.format))) formatNamed(format).checkOptions?.(formatOptions);
}
