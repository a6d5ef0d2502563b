import { createHash } from "node:crypto";
import { mapConcurrent } from "@sluice/async";
import type { CollectionRecord, FileGroupRecord, JobRecord } from "@sluice/catalog";
import { excerptOfList, ImportError, StatusError, statusCodes } from "@sluice/errors";
import { type FileGroup, formatOptionKeys, groupFlatFiles, groupNestedFiles, planFields } from "@sluice/formats";
import { type ImportSpec, isEnded, parseImportSpec, type SourceFileRecord } from "@sluice/jobs";
import type { Sources } from "@sluice/object-store";
import { decodeStoredSchema, type importing } from "@sluice/rpc";
import { type JobId, jobId, type PartitionId } from "@sluice/schema";
import { currentTraceParent, type Logger } from "@sluice/telemetry";
import type { JobBook } from "./job-book.ts";

export interface ImportJobsDeps {
  readonly book: JobBook;
  readonly sources: Sources;
  readonly allocateId: () => Promise<bigint>;
  readonly allocateTs: () => Promise<bigint>;
  /** The active collection by name or alias. @throws {StatusError} 100 */
  readonly findCollection: (dbName: string, name: string) => Promise<CollectionRecord>;
  readonly now: () => number;
  readonly log: Logger;
  /** Jobs that may be open at once. Source: Milvus `dataCoord.import.maxImportJobNum`. */
  readonly maxOpenJobs: number;
}

/** Files whose size is asked for at once when a job is submitted. */
const STAT_CONCURRENCY = 32;

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
    const partitionIds = targetPartitions(collection, request.partitionName);
    const groups =
      request.fileGroups.length > 0
        ? groupNestedFiles(request.fileGroups.map((group) => group.paths))
        : groupFlatFiles(request.files);
    const spec = parseImportSpec(request.options, formatOptionKeys);
    checkFieldOptions(collection, spec);
    const digest = digestOf(request.partitionName, groups, spec);
    const earlier = await this.#findEarlier(collection, request.idempotencyKey);
    if (earlier !== undefined) return this.#checkedEarlier(earlier, digest);
    this.#checkOpenJobs();
    const files = await this.#statGroups(groups, spec.bucket);
    const warnings = [...spec.warnings, ...warningsOf(files)];
    return this.#record({ ...request, digest }, collection, partitionIds, files, { ...spec, warnings });
  }

  async #findEarlier(collection: CollectionRecord, key: string): Promise<JobId | undefined> {
    if (key === "") return undefined;
    if (!/^[\x20-\x7e]{1,256}$/.test(key)) {
      throw new ImportError("request_invalid", "the idempotency key must be printable ASCII of at most 256 bytes");
    }
    return this.#deps.book.idOfKey(collection.collectionId, key);
  }

  /** The answer to a request that was made before. Another request with its key would be lost without a word. */
  #checkedEarlier(earlier: JobId, digest: string): JobId {
    const job = this.#deps.book.get(earlier)?.job;
    // Without a record: cleared away meanwhile.
    if (!job || job.requestDigest === digest) return earlier;
    throw new ImportError(
      "request_invalid",
      `the idempotency key was used before, for import job ${earlier} of other files, options or another partition: use a new key`,
    );
  }

  #checkOpenJobs(): void {
    const open = this.#deps.book.jobs().filter(({ state }) => !isEnded(state));
    if (open.length < this.#deps.maxOpenJobs) return;
    throw new ImportError(
      "request_invalid",
      "The number of jobs has reached the limit, please try again later. If your request is set to only import a single file, " +
        "please consider importing multiple files in one request for better efficiency.",
    );
  }

  /** Asks for every file at once and names all that are missing. */
  async #statGroups(groups: readonly FileGroup[], bucket: string | undefined): Promise<FileGroupRecord[]> {
    const paths = [...new Set(groups.flatMap((group) => group.paths))];
    const found = await Array.fromAsync(mapConcurrent(paths, STAT_CONCURRENCY, (path) => this.#stat(path, bucket)));
    const missing = found.filter((result) => result instanceof ImportError);
    if (missing.length > 0) throw allMissing(missing);
    const files = new Map((found as SourceFileRecord[]).map((file) => [file.path, file]));
    const fileOf = (path: string) => files.get(path) as SourceFileRecord;
    return groups.map((group) => ({ format: group.format, files: group.paths.map(fileOf) }));
  }

  async #stat(path: string, bucket: string | undefined): Promise<SourceFileRecord | ImportError> {
    try {
      return await this.#deps.sources.find(path, bucket);
    } catch (error) {
      if (error instanceof ImportError && error.code === "file_not_found") return error;
      throw error;
    }
  }

  async #record(
    request: importing.ImportRequest & { readonly digest: string },
    collection: CollectionRecord,
    partitionIds: PartitionId[],
    groups: FileGroupRecord[],
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
    return this.#create(job);
  }

  async #create(job: JobRecord): Promise<JobId> {
    if (await this.#deps.book.create(job)) {
      const { collectionName, groups } = job;
      this.#deps.log.info("import job submitted", {
        jobId: job.jobId.toString(),
        collectionName,
        groups: groups.length,
      });
      return job.jobId;
    }
    // Two requests with one key at the same moment: the other one was first.
    const { collectionId, idempotencyKey: key, requestDigest } = job;
    const winner = key === "" ? undefined : await this.#deps.book.idOfKey(collectionId, key);
    if (winner !== undefined) return this.#checkedEarlier(winner, requestDigest);
    throw new ImportError("internal", `job id ${job.jobId} is taken`);
  }
}

function digestOf(partition: string, groups: readonly FileGroup[], { options }: ImportSpec): string {
  const asked = [partition, groups.map(({ paths }) => paths), options];
  return createHash("sha256").update(JSON.stringify(asked)).digest("base64url");
}

/** What the options say of fields fits the collection. @throws {ImportError} `request_invalid` */
function checkFieldOptions({ storedSchema, properties }: CollectionRecord, { formatOptions }: ImportSpec): void {
  planFields(decodeStoredSchema(Buffer.from(storedSchema, "base64"), properties), formatOptions);
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

/** Partitions that the job writes to. Source: import rules of Milvus (import semantics §1.3). */
function targetPartitions(collection: CollectionRecord, name: string): PartitionId[] {
  if (collection.hasPartitionKey) {
    if (name === "") return collection.partitions.map((partition) => partition.partitionId);
    throw new ImportError("request_invalid", "not allow to set partition name for collection with partition key");
  }
  const wanted = name === "" ? "_default" : name;
  const partition = collection.partitions.find((candidate) => candidate.name === wanted);
  if (!partition) throw new StatusError(statusCodes.partitionNotFound, `partition not found[partition=${wanted}]`);
  return [partition.partitionId];
}

/** One error for all missing files; a single one keeps its own words. */
function allMissing(missing: readonly ImportError[]): ImportError {
  if (missing.length === 1) return missing[0];
  const names = missing.slice(0, 20).map((error) => error.at?.file);
  const more = missing.length > 20 ? `, … (${missing.length} in all)` : "";
  return new ImportError(
    "file_not_found",
    `the following files do not exist: ${names.join(", ")}${more}`,
    missing[0].at,
  );
}
