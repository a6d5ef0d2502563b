import type { JobRecord, TaskRecord } from "@sluice/catalog";
import type { Failure } from "@sluice/errors";
import { type MergeTaskInput, newTask, specOf } from "@sluice/jobs";
import type { Secrets } from "@sluice/object-store";
import { composeTso, primaryKeyIndex, segmentId } from "@sluice/schema";
import type { DataCoordClient } from "../../data-coord.ts";
import type { HiddenCollections } from "../../ddl/index.ts";
import type { JobCredentials } from "../job-credentials.ts";
import { type JobPlanner, type PlannedTask, schemaOf } from "./job-planner.ts";

export interface MergePlannerDeps {
  readonly credentials: JobCredentials;
  readonly dataCoord: Pick<DataCoordClient, "visibleSegments" | "commit">;
  readonly hidden: Pick<HiddenCollections, "publish">;
}

/**
 * Rows of a collection with values of files into a new collection. It is one task: which rows of the files have one key, and which
 * are left, is known to who has seen all of them.
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
    const sizeBytes = segments.reduce((sum, { memoryBytes }) => sum + memoryBytes, fileBytes);
    const segmentIds = segments.map((segment) => segmentId(segment.segmentId));
    const rows = segments.reduce((sum, { rowCount }) => sum + rowCount, 0);
    const all = { group: 0, groupCount: Math.max(1, groups.length), announcedRows: rows };
    return [{ ...newTask, kind: "merge", ...all, sizeBytes, segmentIds }];
  }

  inputOf(job: JobRecord, { segmentIds = [] }: TaskRecord): MergeTaskInput {
    const { sourceCollectionId, partitions, vchannels, newFieldIds, isDryRun, formatOptions, ...rules } = specOf(
      job,
      "merge",
    );
    const schema = schemaOf(job);
    const { fields, timezone } = schema;
    const { collectionId, timestamp: snapshotTs, sources, groups } = job;
    const newFields = fields.filter(({ fieldId }) => newFieldIds.includes(fieldId));
    const keyField = fields.find(({ name }) => name === rules.mergeField);
    const { mergeField, onDuplicateKey, onUnmatchedFileRow, minMatchRatio } = rules;
    return {
      ...{ collectionId, sourceCollectionId, snapshotTs, segmentIds, partitions, vchannels, isDryRun, timezone },
      ...{
        newFields,
        keyField,
        primaryKey: fields[primaryKeyIndex(schema)],
        sets: groups,
        options: formatOptions,
        expiredTs: expiredTs(job),
      },
      ...(sources && { sources }),
      rules: { mergeField, onDuplicateKey, onUnmatchedFileRow, minMatchRatio },
    };
  }

  secretsOf(job: JobRecord): Secrets {
    return this.#deps.credentials.of(job);
  }

  lost(job: JobRecord): Failure | undefined {
    return this.#deps.credentials.lost(job);
  }

  /** Makes the rows visible in a collection that nobody finds yet, and then the collection: both at once, to everybody else. */
  async finish(job: JobRecord, tasks: readonly TaskRecord[], signal: AbortSignal) {
    if (specOf(job, "merge").isDryRun) return { rowCount: 0 };
    const made = await this.#deps.dataCoord.commit(job, tasks, [], signal);
    await this.#deps.hidden.publish(job.collectionId);
    return made;
  }
}

/** Rows up to it have expired, as queries have it. */
function expiredTs({ properties, timestamp }: JobRecord): bigint {
  const seconds = Number(new Map(properties).get("collection.ttl.seconds") ?? 0);
  return seconds > 0 ? timestamp - composeTso(seconds * 1000) : 0n;
}
