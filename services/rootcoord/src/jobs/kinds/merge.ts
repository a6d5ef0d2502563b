import type { JobRecord, TaskRecord } from "@sluice/catalog";
import type { Failure } from "@sluice/errors";
import { type MergeTaskInput, newTask, specOf } from "@sluice/jobs";
import type { Secrets } from "@sluice/object-store";
import { composeTso, primaryKeyIndex, type SegmentId, type StoredSegment, segmentId } from "@sluice/schema";
import type { DataCoordClient } from "../../data-coord.ts";
import type { HiddenCollections } from "../../ddl/index.ts";
import type { JobCredentials } from "../job-credentials.ts";
import { reportOf } from "../merge-outcome.ts";
import { type JobPlanner, type PlannedTask, schemaOf } from "./job-planner.ts";
import { memoryBytesOf } from "./segment-tasks.ts";

/** What planning a merge needs. */
export interface MergePlannerDeps {
  readonly credentials: JobCredentials;
  readonly dataCoord: Pick<DataCoordClient, "visibleSegments" | "freeWorkers" | "commit">;
  readonly hidden: Pick<HiddenCollections, "publish">;
  /** Bytes of rows of a task, about, where they may be as few. */
  readonly splitBytes: number;
}

/** Smaller tasks are not made for workers that have nothing to do. */
const MIN_TASK_BYTES = 64 << 20;
/** A task has so many bytes of the collection for one of the files at least: each task decodes these anew, and holds them. */
const BYTES_PER_FILE_BYTE = 8;

/**
 * Rows of a collection with values of files into a new collection. A task has some of the segments and reads all files. One of them
 * looks up the keys of the others' rows, too: which rows of the files match nothing is known to who has seen all of both.
 */
export class MergePlanner implements JobPlanner {
  readonly #deps: MergePlannerDeps;
  constructor(deps: MergePlannerDeps) {
    this.#deps = deps;
  }

  /** @throws {StatusError} 1100 when the snapshot is not kept any more */
  async plan({ groups, timestamp, ...job }: JobRecord): Promise<PlannedTask[]> {
    const { sourceCollectionId, partitions } = specOf(job, "merge");
    const partitionIds = partitions.map(([from]) => from);
    const segments = await this.#deps.dataCoord.visibleSegments(sourceCollectionId, partitionIds, timestamp);
    const fileBytes = groups.flatMap(({ files }) => files).reduce((sum, file) => sum + file.sizeBytes, 0);
    const shares = sharesOf(segments, await this.#taskCount(segments, fileBytes));
    return shares.map((share, i) => ({
      ...{ ...newTask, kind: "merge", group: 0, groupCount: Math.max(1, groups.length) },
      ...{ announcedRows: share.reduce((sum, { rowCount }) => sum + rowCount, 0), segmentIds: idsOf(share) },
      sizeBytes: memoryBytesOf(share) + fileBytes,
      ...(shares.length > 1 && { countedSegmentIds: i === 0 && idsOf(shares.slice(1).flat()) }),
    }));
  }

  /** One for each free worker, as long as the share of each is worth reading the files for. */
  async #taskCount(segments: readonly StoredSegment[], fileBytes: number): Promise<number> {
    const { dataCoord, splitBytes } = this.#deps;
    const minBytes = Math.max(1, BYTES_PER_FILE_BYTE * fileBytes, Math.min(MIN_TASK_BYTES, splitBytes));
    const workers = await dataCoord.freeWorkers().catch(() => 1);
    return Math.max(1, Math.min(workers, segments.length, Math.floor(memoryBytesOf(segments) / minBytes)));
  }

  inputOf(job: JobRecord, { segmentIds = [], countedSegmentIds = [] }: TaskRecord): MergeTaskInput {
    const { sourceCollectionId, partitions, vchannels, newFieldIds, isDryRun, formatOptions, ...rules } = specOf(
      job,
      "merge",
    );
    const schema = schemaOf(job);
    const { fields, timezone } = schema;
    const { collectionId, timestamp: snapshotTs, sources, groups } = job;
    const newFields = fields.filter(({ fieldId }) => newFieldIds.includes(fieldId));
    const keyField = fields.find(({ name }) => name === rules.mergeField);
    const { mergeField, onDuplicateKey, onUnmatchedFileRow } = rules;
    return {
      ...{ collectionId, sourceCollectionId, snapshotTs, segmentIds, countedSegmentIds },
      ...{ partitions, vchannels, isDryRun, timezone },
      ...{
        newFields,
        keyField,
        primaryKey: fields[primaryKeyIndex(schema)],
        sets: groups,
        options: formatOptions,
        expiredTs: expiredTs(job),
      },
      ...(sources && { sources }),
      rules: { mergeField, onDuplicateKey, onUnmatchedFileRow },
    };
  }

  secretsOf(job: JobRecord): Secrets {
    return this.#deps.credentials.of(job);
  }

  lost(job: JobRecord): Failure | undefined {
    return this.#deps.credentials.lost(job);
  }

  /** Too few matches, which are known when all tasks have counted theirs. */
  refusal(job: JobRecord, tasks: readonly TaskRecord[]): Failure | undefined {
    const { mergeField: field, minMatchRatio } = specOf(job, "merge");
    const { matchedSourceRows = 0, sourceRows = 0 } = reportOf(tasks) ?? {};
    if (sourceRows === 0 || matchedSourceRows / sourceRows >= minMatchRatio) return undefined;
    const reason = `${matchedSourceRows} of ${sourceRows} rows of the collection have found a row of the files, less than minMatchRatio ${minMatchRatio}`;
    return { code: "value_invalid", reason, field };
  }

  /** Makes the rows visible in a collection that nobody finds yet, and then the collection: both at once, to everybody else. */
  async finish(job: JobRecord, tasks: readonly TaskRecord[], signal: AbortSignal) {
    if (specOf(job, "merge").isDryRun) return { rowCount: 0 };
    const made = await this.#deps.dataCoord.commit(job, tasks, [], signal);
    const { alias } = specOf(job, "merge");
    await this.#deps.hidden.publish(job.collectionId, alias === undefined ? {} : { alias });
    return made;
  }
}

/**
 * Segments in so many shares of about one size, one behind the other: what was imported together mostly has keys that lie together, and
 * then a task need not read the values of all files. The smallest first, whose task has more to do beside.
 */
function sharesOf(segments: readonly StoredSegment[], count: number): StoredSegment[][] {
  const rest = segments.toSorted((a, b) => (a.segmentId < b.segmentId ? -1 : 1));
  const shares: StoredSegment[][] = [];
  for (let left = count; left > 1; left--) {
    const size = shareSize(rest, memoryBytesOf(rest) / left, rest.length - left + 1);
    shares.push(rest.splice(0, size));
  }
  return [...shares, rest].sort((a, b) => memoryBytesOf(a) - memoryBytesOf(b));
}

/** How many of the first segments come nearest to so many bytes. */
function shareSize(segments: readonly StoredSegment[], wantedBytes: number, most: number): number {
  let [size, missing] = [1, wantedBytes - segments[0].memoryBytes];
  while (size < most && Math.abs(missing - segments[size].memoryBytes) <= Math.abs(missing))
    missing -= segments[size++].memoryBytes;
  return size;
}

function idsOf(segments: readonly StoredSegment[]): SegmentId[] {
  return segments.map((segment) => segmentId(segment.segmentId));
}

/** Rows up to it have expired, as queries have it. */
function expiredTs({ properties, timestamp }: JobRecord): bigint {
  const seconds = Number(new Map(properties).get("collection.ttl.seconds") ?? 0);
  return seconds > 0 ? timestamp - composeTso(seconds * 1000) : 0n;
}
