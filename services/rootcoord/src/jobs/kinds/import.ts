import { mapConcurrent } from "@sluice/async";
import type { FileGroupRecord, JobRecord, TaskRecord } from "@sluice/catalog";
import type { Failure } from "@sluice/errors";
import { formatNamed, mixedKeysFailure, openFiles, planFields } from "@sluice/formats";
import {
  duplicateRowsOf,
  type ImportTaskInput,
  idRangeOf,
  keyBucketCount,
  newTask,
  type Pack,
  packGroups,
  planSplits,
  rejectedRowsOf,
  rejectsPrefixOf,
  type Split,
  shareRows,
  specOf,
  tooFewIds,
  tooManyRejected,
} from "@sluice/jobs";
import { type CollectionSchema, primaryKeyIndex } from "@sluice/schema";
import type { JobCredentials } from "../job-credentials.ts";
import type { JobSources } from "../job-sources.ts";
import { type PlannedTask, schemaOf } from "./job-planner.ts";
import { sizeOf, whole, wholePacks } from "./whole-packs.ts";

/** What planning an import needs. */
export interface ImportPlannerDeps {
  readonly sources: JobSources;
  readonly credentials: JobCredentials;
  /** Source bytes of a task, about. */
  readonly splitBytes: number;
  /** Tasks that could begin now; by far not exact, and allowed to fail. */
  readonly freeWorkers: () => Promise<number>;
}

/** Smaller pieces are not made for workers that have nothing to do: each costs a task, and segments of its own. */
const MIN_SPLIT_BYTES = 32 * 1024 * 1024;

/** Files whose headers and footers are asked for at once; footers of 32 MiB may stand in memory. */
const PROBE_CONCURRENCY = 4;

/**
 * Small files are packed until a task has so many source bytes for each shard of each partition, within bounds: with few of
 * these a pack stays a small task, which waits behind no large one; with many it is their objects that cost.
 */
const PACK_BYTES_PER_BUCKET = 256 * 1024;
const MIN_PACK_BYTES = 4 * 1024 * 1024;
const MAX_PACK_BYTES = 64 * 1024 * 1024;

/** Files into segments. A file is one task, or several by range when it is large and can be cut; a column set likewise. */
export class ImportPlanner {
  readonly #deps: ImportPlannerDeps;
  constructor(deps: ImportPlannerDeps) {
    this.#deps = deps;
  }

  /** Reads headers and footers only. @throws {ImportError} for a header or footer that is broken */
  async plan(job: JobRecord): Promise<readonly PlannedTask[]> {
    const atOnce = this.planAtOnce(job);
    if (atOnce) return atOnce;
    const sizesBytes = job.groups.map(sizeOf);
    const packs = this.#packsOf(job, sizesBytes);
    const splitBytes = await this.#splitBytes(sizesBytes.reduce((sum, size) => sum + size, 0));
    const isWhole = wholePacks(job, packs, splitBytes);
    const planned = mapConcurrent(packs, PROBE_CONCURRENCY, async (pack) =>
      isWhole(pack) ? [whole(pack, sizesBytes)] : await this.#tasksOf(pack.first, job, splitBytes),
    );
    return (await Array.fromAsync(planned)).flat();
  }

  /** Undefined where a file may have to be cut, which its content says. */
  planAtOnce(job: JobRecord): readonly PlannedTask[] | undefined {
    const sizesBytes = job.groups.map(sizeOf);
    if (specOf(job, "import").onDuplicate) return byKeys(sizesBytes);
    const packs = this.#packsOf(job, sizesBytes);
    const jobBytes = sizesBytes.reduce((sum, size) => sum + size, 0);
    if (jobBytes >= 2 * MIN_SPLIT_BYTES || !packs.every(wholePacks(job, packs, this.#deps.splitBytes)))
      return undefined;
    return packs.map((pack) => whole(pack, sizesBytes));
  }

  #packsOf(job: JobRecord, sizesBytes: readonly number[]): Pack[] {
    const isApart = (group: number) => job.groups[group].partitionId !== job.groups[group - 1]?.partitionId;
    return packGroups(sizesBytes, this.#packBytes(job), isApart);
  }

  /** A job is cut finer than usual when there are workers that would wait otherwise. */
  async #splitBytes(jobBytes: number): Promise<number> {
    const { splitBytes, freeWorkers } = this.#deps;
    if (jobBytes < 2 * MIN_SPLIT_BYTES) return splitBytes;
    const workers = Math.max(1, await freeWorkers().catch(() => 1));
    return Math.min(splitBytes, Math.max(MIN_SPLIT_BYTES, Math.ceil(jobBytes / workers)));
  }

  #packBytes({ vchannels, partitionIds }: JobRecord): number {
    const wanted = vchannels.length * partitionIds.length * PACK_BYTES_PER_BUCKET;
    return Math.min(this.#deps.splitBytes, Math.max(MIN_PACK_BYTES, Math.min(MAX_PACK_BYTES, wanted)));
  }

  async #tasksOf(group: number, job: JobRecord, splitBytes: number): Promise<PlannedTask[]> {
    const { splits, rowCount } = await this.#split(job.groups[group], job, splitBytes);
    const sizesBytes = splits.map((split) => split.sizeBytes);
    const shares = rowCount === undefined ? [] : shareRows(rowCount, sizesBytes);
    return splits.map(({ range, sizeBytes }, i) => ({
      ...{ ...newTask, kind: "import" as const, group, sizeBytes },
      ...(range && { range }),
      ...(shares[i] !== undefined && { announcedRows: shares[i] }),
    }));
  }

  async #split(
    group: FileGroupRecord,
    job: JobRecord,
    splitBytes: number,
  ): Promise<{ splits: Split[]; rowCount: number | undefined }> {
    const options = { ...specOf(job, "import").formatOptions, ...group.options };
    const sizeBytes = sizeOf(group);
    const ids = idRangeOf(group.options);
    const plan = planFields(readSchemaOf(job), options, group.folders);
    await using opened = new AsyncDisposableStack();
    const { sources } = opened.use(await this.#deps.sources.of(job));
    const { files } = opened.use(await openFiles(sources, group.files));
    const input = { sources: files, plan, options, isOneOfSeveral: job.groups.length > 1 };
    const format = formatNamed(group.format);
    const probe = await format.probe(input, new AbortController().signal);
    const { rowCount = 0 } = probe;
    if (ids && rowCount > ids.end - ids.begin) throw tooFewIds(ids, group.files[0].path, undefined, rowCount);
    // Keys that were made for the rows of a file by their numbers go by these, which only some parts know.
    const cuts = ids && format.rangeUnit !== "row" ? "nowhere" : probe.cuts;
    return { splits: planSplits({ sizeBytes, ...probe, cuts }, splitBytes), rowCount: probe.rowCount };
  }

  /** As `JobPlanner.inputOf`: the files of the task's groups, or a range of one. */
  inputOf(job: JobRecord, task: TaskRecord): ImportTaskInput {
    const sets = job.groups.slice(task.group, task.group + (task.groupCount ?? 1));
    const { collectionId, vchannels, timestamp } = job;
    const own = job.groups[task.group].partitionId;
    const partitionIds = own === undefined ? job.partitionIds : [own];
    const spec = specOf(job, "import");
    return {
      ...{ collectionId, vchannels, partitionIds, timestamp, sets },
      ...(task.range && { range: task.range }),
      ...(job.groups.length > 1 && { isOneOfSeveral: true }),
      ...(job.sources && { sources: job.sources }),
      schema: readSchemaOf(job),
      options: spec.formatOptions,
      ...(spec.onDuplicate && task.keyBucket && { keyRule: { onDuplicate: spec.onDuplicate, ...task.keyBucket } }),
      ...whereRowsGo(job, task),
    };
  }

  /** Keys that some ranges of a file give and others do not, or more bad rows than the job allows. */
  refusal(job: JobRecord, tasks: readonly TaskRecord[]): Failure | undefined {
    return mixedKeys(job, tasks) ?? tooManyBadRows(job, tasks);
  }
}

/** A backup has the keys that were made: they stay. Source: import semantics §6. */
function readSchemaOf(job: JobRecord): CollectionSchema {
  const schema = schemaOf(job);
  return specOf(job, "import").isBackup ? { ...schema, allowInsertAutoId: true } : schema;
}

/** A dry run bears with any number of bad rows: what they would come to is part of what it tells. */
function whereRowsGo(job: JobRecord, { taskId, attempt }: TaskRecord) {
  const spec = specOf(job, "import");
  if (spec.isDryRun) return { sink: "none", tolerance: {} } as const;
  if (!spec.tolerance) return { sink: "segments" } as const;
  const rejectsPrefix = `${rejectsPrefixOf(job.jobId)}${taskId}.${attempt}/`;
  return { sink: "segments", tolerance: spec.tolerance, rejectsPrefix } as const;
}

/** Each task has seen its own rows only. */
function tooManyBadRows(job: JobRecord, tasks: readonly TaskRecord[]): Failure | undefined {
  const spec = specOf(job, "import");
  if (!spec.tolerance || spec.isDryRun) return undefined;
  const rejectedRows = tasks.reduce((sum, { findings }) => sum + rejectedRowsOf(findings), 0);
  const readRows = tasks.reduce((sum, task) => sum + task.rowCount + duplicateRowsOf(task.findings), rejectedRows);
  return tooManyRejected(spec.tolerance, { readRows, rejectedRows });
}

/** Who compares keys must see all of them, in order: each task reads everything, and takes its part of the keys. */
function byKeys(sizesBytes: readonly number[]): PlannedTask[] {
  const sizeBytes = sizesBytes.reduce((sum, size) => sum + size, 0);
  const buckets = keyBucketCount(sizeBytes);
  return Array.from({ length: buckets }, (_, bucket) => ({
    ...{ ...newTask, kind: "import" as const, group: 0, sizeBytes, keyBucket: { bucket, buckets } },
    ...(sizesBytes.length > 1 && { groupCount: sizesBytes.length }),
  }));
}

/** See `mixedKeysFailure`: what readers of ranges cannot see. */
function mixedKeys(job: JobRecord, tasks: readonly TaskRecord[]): Failure | undefined {
  const { name } = primaryKey(schemaOf(job));
  const byGroup = Map.groupBy(tasks, ({ group }) => group);
  for (const [index, { files }] of job.groups.entries()) {
    const ranges = byGroup.get(index) ?? [];
    const uses = ranges.map(({ rowCount, autoIds }) => ({ rowCount, isAutomatic: autoIds.length > 0 }));
    const failure = mixedKeysFailure(uses, name, files[0].path);
    if (failure) return failure;
  }
  return undefined;
}

function primaryKey(schema: CollectionSchema) {
  return schema.fields[primaryKeyIndex(schema)];
}
