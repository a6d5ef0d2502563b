import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import { type AppendedSource, type AppendTaskInput, type InnerCopySpec, specOf } from "@sluice/jobs";
import { decodeStoredSchema } from "@sluice/rpc";
import { expiryOf } from "../export-jobs.ts";
import { type CopyPlannerDeps, sourceTasks } from "./copy.ts";
import { type JobPlanner, type PlannedTask, schemaOf } from "./job-planner.ts";

/** Rows of a collection into another one, in which others are. A task is some segments of one partition. */
export class AppendPlanner implements JobPlanner {
  readonly #deps: CopyPlannerDeps;
  constructor(deps: CopyPlannerDeps) {
    this.#deps = deps;
  }

  /** @throws {ImportError} `job_failed` when the snapshot is not kept any more */
  plan(job: JobRecord): Promise<PlannedTask[]> {
    return sourceTasks("append", job, this.#deps);
  }

  inputOf(job: JobRecord, { group, segmentIds = [] }: TaskRecord): AppendTaskInput {
    const { collectionId, collectionName, vchannels, timestamp } = job;
    const { sourceCollectionId, ...spec } = specOf(job, "copy") as InnerCopySpec;
    const { schema: source, properties, expiry, targets } = appendedOf(spec);
    return {
      ...{
        to: { collectionId, collectionName, expiry: expiryOf(job) },
        vchannels,
        timestamp,
        segmentIds,
        partitionIds: targets[group],
      },
      // Keys are those of the source, automatic ones too.
      schema: { ...schemaOf(job), allowInsertAutoId: true },
      ...{ sourceCollectionId, sourceSchema: decodeStoredSchema(Buffer.from(source, "base64"), properties), expiry },
    };
  }

  /**
   * Makes all rows visible by one record, where none is missing.
   * @throws {ImportError} `job_failed`
   */
  finish(job: JobRecord, tasks: readonly TaskRecord[], signal: AbortSignal) {
    const spec = specOf(job, "copy") as InnerCopySpec;
    const { ttlSeconds, ttlField } = appendedOf(spec).expiry;
    // Rows that have expired are left out, whose number nobody has told.
    const isComplete = ttlSeconds === 0 && ttlField === "";
    const short = isComplete && tasks.find(({ rowCount, announcedRows }) => rowCount !== announcedRows);
    if (!short) return this.#deps.dataCoord.commit(job, tasks, [], signal);
    const reason = `partition ${spec.partitionNames[short.group]}: ${short.rowCount} rows were read of ${short.announcedRows}`;
    throw new ImportError("job_failed", reason);
  }
}

function appendedOf({ appended }: Pick<InnerCopySpec, "appended">): AppendedSource {
  if (appended) return appended;
  throw new ImportError("internal", "a copy that appends says nothing of what it reads");
}
