import type { CollectionRecord, JobRecord, StoredJob } from "@sluice/catalog";
import { excerpt, ImportError, StatusError, statusCodes } from "@sluice/errors";
import { formatOptionKeys } from "@sluice/formats";
import { mergeCodes, parseImportOptions } from "@sluice/jobs";
import type { rootCoord, schema as wire } from "@sluice/rpc";
import { type DataType, isVector, type JobId, jobId } from "@sluice/schema";
import { currentTraceParent, type Logger } from "@sluice/telemetry";
import { checkCollectionName, type HiddenCollections, idsOfMerged, loadedAs, mergedCollection } from "../ddl/index.ts";
import { checkNewAlias } from "./copy-target.ts";
import type { JobBook } from "./job-book.ts";
import { belowFolder, bucketOf, type JobSources } from "./job-sources.ts";
import { columnsOf, filesWithRows, refusedAs } from "./merge-files.ts";
import { checkKey, type MergePlan, mergeSpecOf, shadowWarnings } from "./merge-plan.ts";
import { mergeDigest, parseMergeRules } from "./merge-rules.ts";
import { findFiles } from "./request-files.ts";
import type { RequestedJobs } from "./requested-jobs.ts";
import { stageTarget } from "./stage-target.ts";

/** What merges need; `now` is in Unix milliseconds. */
export interface MergeJobsDeps {
  readonly book: JobBook;
  readonly requested: RequestedJobs;
  readonly sources: JobSources;
  readonly hidden: Pick<HiddenCollections, "stage" | "drop">;
  readonly allocateIds: (count: number) => Promise<bigint>;
  readonly allocateTs: () => Promise<bigint>;
  /** The active collection by name or alias. @throws {StatusError} 100 */
  readonly findCollection: (dbName: string, name: string) => Promise<CollectionRecord>;
  /** As `findCollection`; undefined where there is none. @throws {StatusError} 800 */
  readonly lookUp: (dbName: string, name: string) => Promise<CollectionRecord | undefined>;
  readonly now: () => number;
  readonly log: Logger;
  /** Merges that may be open at once. */
  readonly maxOpenJobs: number;
}

/** Takes requests to merge: checks all that can be checked without reading rows, then records job and collection together. */
export class MergeJobs {
  readonly #deps: MergeJobsDeps;
  constructor(deps: MergeJobsDeps) {
    this.#deps = deps;
  }

  /**
   * Records a job and answers its id at once. The collection that it makes has its name from now on, and is found when the job has
   * ended. Merged is what is visible now.
   * @throws {StatusError} 63260-63270; {ImportError} `request_invalid`, `path_refused`, `file_not_found`, `malformed_file`
   */
  async submit(request: rootCoord.MergeRequest): Promise<JobId> {
    const earlier = this.#findEarlier(request);
    if (earlier !== undefined) return earlier;
    this.#checkOpenJobs();
    checkCollectionName(request.targetCollectionName);
    const source = await this.#findSource(request);
    const made = await this.#merged(source, request);
    await this.#checkAlias(request, made.record);
    const plan = await this.#plan(source, request);
    return this.#record(jobId(await this.#deps.allocateIds(1)), plan, made, request);
  }

  /** The collection that is to be made. */
  async #merged(source: CollectionRecord, request: rootCoord.MergeRequest) {
    const { dbName, targetDbName, targetCollectionName: name, newFields, alias } = request;
    if (newFields.length === 0) throw new StatusError(mergeCodes.newFieldInvalid, "newFields is missing: name one");
    const made = mergedOf(source, newFields, {
      ...{ dbName: targetDbName || dbName || "default", name },
      firstId: await this.#deps.allocateIds(idsOfMerged(source)),
      ...{ createdTs: await this.#deps.allocateTs(), createdMs: this.#deps.now() },
    });
    // A vector wants an index before.
    const staysLoaded = alias !== "" && !newFields.some(({ dataType }) => isVector(dataType as number as DataType));
    return staysLoaded ? { ...made, record: loadedAs(source, made.record) } : made;
  }

  async #checkAlias({ alias }: rootCoord.MergeRequest, { dbName, name }: CollectionRecord): Promise<void> {
    if (alias !== "") await checkNewAlias(alias, name, (text) => this.#deps.lookUp(dbName, text));
  }

  /** The job that the same request has made. @throws {ImportError} `request_invalid` when another one had its key */
  #findEarlier(request: rootCoord.MergeRequest): JobId | undefined {
    const { idempotencyKey: key } = request;
    const isSame = (job: StoredJob) => job.kind === "merge" && job.idempotencyKey === key;
    const earlier = key === "" ? undefined : this.#deps.book.jobs().find(isSame);
    if (!earlier || earlier.requestDigest === mergeDigest(request)) return earlier?.jobId;
    const reason = `the idempotency key was used before, for merge job ${earlier.jobId} of other collections, files, fields or options: use a new key`;
    throw new ImportError("request_invalid", reason);
  }

  /** The same request may have come twice at the same moment. @throws {StatusError} 63261 */
  #winner(request: rootCoord.MergeRequest, target: CollectionRecord): JobId {
    const winner = this.#findEarlier(request);
    if (winner !== undefined) return winner;
    throw targetExists(target);
  }

  #checkOpenJobs(): void {
    const open = this.#deps.book.openOf("merge");
    if (open.length < this.#deps.maxOpenJobs) return;
    const reason = `${open.length} merges are unfinished, and no more may be: try again later`;
    throw new ImportError("request_invalid", reason);
  }

  async #plan(source: CollectionRecord, request: rootCoord.MergeRequest): Promise<MergePlan> {
    const rules = parseMergeRules(request);
    checkKey(source, rules);
    const { spec, dataSource: asked, webhook } = parseImportOptions(request.options, formatOptionKeys);
    const ofImports = [
      spec.isBackup,
      spec.isDeletes,
      spec.tolerance,
      spec.onDuplicate,
      spec.isTwoPhase,
      spec.partitionFrom,
      webhook,
    ];
    if (ofImports.some(Boolean) || spec.correctsJobId !== undefined)
      throw new ImportError("request_invalid", "of the options of an import a merge takes those of files, and dry_run");
    const dataSource = await this.#deps.sources.resolve(asked);
    const { isDryRun = false, formatOptions } = spec;
    const about = { source, rules, isDryRun, dataSource, formatOptions };
    if (request.fileGroups.length === 0) return { ...about, groups: [], ignoredColumns: [], warnings: spec.warnings };
    const found = await this.#findFiles(request, { ...spec, ...bucketOf(spec, dataSource) }, about);
    const shadowed = source.declaredSchema === source.storedSchema ? [] : shadowWarnings(request.newFields);
    return { ...about, ...found, warnings: [...spec.warnings, ...found.warnings, ...shadowed] };
  }

  async #findSource({ dbName, collectionName }: rootCoord.MergeRequest): Promise<CollectionRecord> {
    try {
      return await this.#deps.findCollection(dbName, collectionName);
    } catch (error) {
      const isMissing =
        error instanceof StatusError &&
        (error.code === statusCodes.collectionNotFound || error.code === statusCodes.databaseNotFound);
      if (!isMissing) throw error;
      throw new StatusError(mergeCodes.sourceMissing, error.message, { cause: error });
    }
  }

  async #findFiles(
    { fileGroups, newFields }: rootCoord.MergeRequest,
    where: Parameters<typeof findFiles>[2],
    { dataSource, rules, formatOptions }: Pick<MergePlan, "dataSource" | "rules" | "formatOptions">,
  ) {
    await using open = await this.#deps.sources.open(dataSource);
    const files = belowFolder({ files: [], fileGroups, chunks: [] }, dataSource.folder);
    const found = await findFiles(open.sources, files, where).catch(refusedAs("file_not_found", mergeCodes.noFiles));
    const { groups, warnings } = filesWithRows(found);
    const wanted = [rules.mergeField, ...newFields.map(({ name }) => name)];
    const names = groups.length === 0 ? [] : await columnsOf(groups[0], open.sources, wanted, formatOptions);
    return { groups, warnings, ignoredColumns: names.filter((name) => !wanted.includes(name)) };
  }

  async #record(
    id: JobId,
    plan: MergePlan,
    { record: target, newFieldIds }: ReturnType<typeof mergedCollection>,
    request: rootCoord.MergeRequest,
  ): Promise<JobId> {
    const { source, isDryRun } = plan;
    const job: JobRecord = {
      ...{ jobId: id, kind: "merge", spec: mergeSpecOf(plan, target, newFieldIds, request), state: "pending" },
      ...{ collectionId: isDryRun ? source.collectionId : target.collectionId, collectionName: target.name },
      ...{ dbName: target.dbName, vchannels: target.vchannels, schema: target.storedSchema },
      ...{ properties: target.properties, partitionName: "", partitionIds: [], groups: plan.groups },
      ...this.#deps.sources.recordOf(id, plan.dataSource),
      ...{ idempotencyKey: request.idempotencyKey, requestDigest: mergeDigest(request) },
      // Of the snapshot, taken when everything else was checked.
      timestamp: await this.#deps.allocateTs(),
      ...{ createdMs: target.createdMs, deadlineMs: 0, completedMs: 0, rowCount: 0, segmentIds: [], autoIds: [] },
      traceParent: currentTraceParent(),
    };
    const beside = isDryRun ? [] : await stageTarget(this.#deps, target);
    if (!beside || !(await this.#deps.book.create(this.#deps.requested.withWebhooks(job), beside)))
      return this.#winner(request, target);
    const names = { source: source.name, target: target.name };
    this.#deps.log.info("merge job submitted", { jobId: id.toString(), ...names, groups: plan.groups.length });
    return id;
  }
}

function targetExists({ dbName, name }: CollectionRecord): StatusError {
  const text = `the collection "${excerpt(name)}" of database "${excerpt(dbName)}" exists, or another job makes it: choose another name`;
  return new StatusError(mergeCodes.targetExists, text);
}

function mergedOf(
  source: CollectionRecord,
  fields: readonly wire.FieldSchema[],
  place: Parameters<typeof mergedCollection>[2],
): ReturnType<typeof mergedCollection> {
  try {
    return mergedCollection(source, fields, place);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw new StatusError(mergeCodes.newFieldInvalid, error.message, { cause: error });
  }
}
