import { createHash } from "node:crypto";
import type { CollectionRecord } from "@sluice/catalog";
import type { ModelServers } from "@sluice/embedding";
import { ImportError, StatusError } from "@sluice/errors";
import { type BackupCollection, formatOptionKeys } from "@sluice/formats";
import { parseImportOptions } from "@sluice/jobs";
import { checkStatus, importing, milvus, okStatus, type rootCoord } from "@sluice/rpc";
import { jobId } from "@sluice/schema";
import type { RootCoordHandlers } from "../../ddl/index.ts";
import type { ImportJobs } from "../import-jobs.ts";
import type { JobBook } from "../job-book.ts";
import { bucketOf, type JobSources } from "../job-sources.ts";
import { creationOf, hasPartitionKey, type RestoreTarget } from "./backup-collection.ts";
import { chosenOf, nameOf } from "./chosen-collections.ts";
import { type OpenedCollection, readBackup } from "./read-backup.ts";

type Declarations = Pick<
  RootCoordHandlers,
  | "createDatabase"
  | "listDatabases"
  | "createCollection"
  | "dropCollection"
  | "createPartition"
  | "createIndex"
  | "createAlias"
  | "loadCollection"
>;

/** What a restore needs of the rootcoord. */
export interface RestoreBackupDeps {
  readonly sources: JobSources;
  readonly jobs: Pick<ImportJobs, "submit">;
  readonly book: JobBook;
  readonly declare: Declarations;
  readonly models: ModelServers;
  /** Undefined where there is none. */
  readonly findCollection: (dbName: string, name: string) => Promise<CollectionRecord | undefined>;
  readonly rowCounts: (collectionId: bigint) => Promise<{ readonly rows: bigint }>;
}

interface Plan {
  readonly backup: BackupCollection;
  readonly target: RestoreTarget;
  /** Whether there is something to import. */
  readonly hasRows: boolean;
}

/** Restores collections of a folder of milvus-backup, of a snapshot, or of Milvus 1.x: makes them, and imports the rows of each by a job. */
export class RestoreBackup {
  readonly #deps: RestoreBackupDeps;
  constructor(deps: RestoreBackupDeps) {
    this.#deps = deps;
  }

  /**
   * Answers when all collections are made and their jobs recorded. The same again answers the same jobs.
   * @throws {ImportError} `request_invalid` for a collection that has rows already, with those begun before it; as `readBackup`;
   *   {StatusError} what making the collection refuses
   */
  async restore(request: rootCoord.RestoreBackupRequest): Promise<rootCoord.RestoreBackupResponse> {
    const plans = await this.#plans(request);
    for (const plan of plans) await this.#checkTarget(plan, request);
    const collections: rootCoord.RestoredCollection[] = [];
    for (const plan of plans) {
      try {
        collections.push(await this.#restoreOne(plan, request));
      } catch (error) {
        throw withBegun(error, plan, collections);
      }
    }
    return { status: okStatus(), collections };
  }

  async #plans(request: rootCoord.RestoreBackupRequest): Promise<Plan[]> {
    const { path, options } = request;
    if (path === "") throw new ImportError("request_invalid", "the folder of the backup is not given");
    const { spec, dataSource } = parseImportOptions(options, formatOptionKeys);
    const source = await this.#deps.sources.resolve(dataSource);
    await using open = await this.#deps.sources.open(source);
    const place = source.folder === undefined ? path : `${source.folder}/${path}`;
    const found = await readBackup(open.sources, place, bucketOf(spec, source).bucket ?? spec.bucket);
    const plans: Plan[] = [];
    for (const { collection, target } of chosenOf(request, found)) {
      const opened = await collection.open();
      plans.push({ backup: opened.backup, target, hasRows: hasRows(opened) });
    }
    return plans;
  }

  /** A collection with rows would get those of the backup beside them. */
  async #checkTarget(plan: Plan, request: rootCoord.RestoreBackupRequest): Promise<void> {
    const { dbName, collectionName } = plan.target;
    const there = await this.#deps.findCollection(dbName, collectionName);
    if (!there || (await this.#earlier(plan, request, there)) !== undefined) return;
    const { rows } = await this.#deps.rowCounts(there.collectionId);
    const hasJobs = this.#deps.book
      .jobs()
      .some(({ collectionId, kind }) => collectionId === there.collectionId && kind === "import");
    if (rows === 0n && !hasJobs) return;
    const reason = `collection ${dbName}.${collectionName} is there and has rows or import jobs: drop it, or restore under another name`;
    throw new ImportError("request_invalid", reason);
  }

  async #earlier(plan: Plan, request: rootCoord.RestoreBackupRequest, { collectionId }: CollectionRecord) {
    return this.#deps.book.idOfKey(collectionId, keyOf(plan, request));
  }

  async #restoreOne(plan: Plan, request: rootCoord.RestoreBackupRequest): Promise<rootCoord.RestoredCollection> {
    const { backup, target } = plan;
    const wasThere = (await this.#deps.findCollection(target.dbName, target.collectionName)) !== undefined;
    const segments = segmentsOf(backup);
    try {
      const notes = await this.#make(plan);
      const id = plan.hasRows ? await this.#import(plan, request) : jobId(0n);
      const warnings = [...backup.notes, ...notes, ...(await this.#decorate(plan))];
      const rowCount = BigInt(segments.reduce((sum, segment) => sum + segment.rowCount, 0));
      return { source: nameOf(backup), ...target, jobId: id, rowCount, warnings };
    } catch (error) {
      if (!wasThere) await this.#deps.declare.dropCollection(milvus.DropCollectionRequest.fromPartial(target));
      throw error;
    }
  }

  /** Answers what of the collection is left out. */
  async #make({ backup, target }: Plan): Promise<readonly string[]> {
    const { declare, models } = this.#deps;
    const { dbNames } = await declare.listDatabases(milvus.ListDatabasesRequest.fromPartial({}));
    if (!dbNames.includes(target.dbName))
      checkStatus(await declare.createDatabase(milvus.CreateDatabaseRequest.fromPartial({ dbName: target.dbName })));
    const { request, notes } = creationOf(backup, target, models);
    checkStatus(await declare.createCollection(request));
    if (hasPartitionKey(backup)) return notes;
    for (const { name: partitionName } of backup.partitions)
      checkStatus(
        await declare.createPartition(milvus.CreatePartitionRequest.fromPartial({ ...target, partitionName })),
      );
    return notes;
  }

  #import(plan: Plan, request: rootCoord.RestoreBackupRequest) {
    const { backup, target } = plan;
    const internalData = { path: request.path, collections_mapping: { [nameOf(backup)]: target.collectionName } };
    return this.#deps.jobs.submit(
      importing.ImportRequest.fromPartial({
        ...target,
        idempotencyKey: keyOf(plan, request),
        options: [...request.options, { key: "internal_data", value: JSON.stringify(internalData) }],
      }),
    );
  }

  /** Indexes, aliases and whether it is loaded: what is not taken over is told, and the rows come nevertheless. */
  async #decorate({ backup, target }: Plan): Promise<string[]> {
    const { declare } = this.#deps;
    const warnings: string[] = [];
    const attempt = (what: string, work: () => Promise<Parameters<typeof checkStatus>[0]>) =>
      work()
        .then(checkStatus)
        .catch((error: Error) => void warnings.push(`${what} is not taken over: ${error.message}`));
    for (const { fieldName, indexName, params } of backup.indexes)
      await attempt(`index ${indexName}`, () =>
        declare.createIndex(
          milvus.CreateIndexRequest.fromPartial({
            ...{ ...target, fieldName, extraParams: [...params] },
            // Without a name it is called after its field, also as nobody may call it: `struct[member]`.
            indexName: indexName === fieldName ? "" : indexName,
          }),
        ),
      );
    for (const alias of backup.aliases)
      await attempt(`alias ${alias}`, () =>
        declare.createAlias(milvus.CreateAliasRequest.fromPartial({ ...target, alias })),
      );
    if (backup.isLoaded)
      await attempt("its being loaded", () => declare.loadCollection(milvus.LoadCollectionRequest.fromPartial(target)));
    return warnings;
  }
}

function segmentsOf({ partitions }: BackupCollection) {
  return partitions.flatMap(({ segments }) => segments);
}

/** A Milvus before 1.1 counts what is deleted twice as two: its segments may have rows, however few it says they are. */
function hasRows({ backup, logs: folders }: OpenedCollection): boolean {
  return segmentsOf(backup).some(({ logs, rowCount }) => folders === undefined || logs.length > 0 || rowCount > 0);
}

/** A repeat of the call finds the job by it. */
function keyOf({ backup, target }: Plan, { path, options }: rootCoord.RestoreBackupRequest): string {
  const asked = [path, nameOf(backup), target, options.map(({ key, value }) => [key, value])];
  return `restore-${createHash("sha256").update(JSON.stringify(asked)).digest("base64url")}`;
}

/** Those that were begun go on: who reads the refusal must know of them. */
function withBegun(error: unknown, { backup }: Plan, begun: readonly rootCoord.RestoredCollection[]): unknown {
  if (begun.length === 0) return error;
  const jobs = begun.map(({ collectionName, jobId: id }) => `${collectionName} (job ${id})`).join(", ");
  const words = (reason: string) => `${nameOf(backup)}: ${reason}; begun before it, and going on: ${jobs}`;
  if (error instanceof StatusError) return new StatusError(error.code, words(error.message));
  if (!(error instanceof ImportError)) return error;
  return new ImportError(error.code, words(error.reason), error.at, { cause: error });
}
