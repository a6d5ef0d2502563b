import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import { type CopyTaskInput, type InnerCopySpec, specOf } from "@sluice/jobs";
import type { StoredSegment } from "@sluice/schema";
import type { DataCoordClient } from "../../data-coord.ts";
import type { HiddenCollections, Publication } from "../../ddl/index.ts";
import type { JobPlanner, PlannedTask } from "./job-planner.ts";
import { memoryBytesOf, segmentTasks, taskBytesOf, withRows } from "./segment-tasks.ts";

/** What planning a copy within this service needs. */
export interface CopyPlannerDeps {
  readonly dataCoord: Pick<DataCoordClient, "visibleSegments" | "freeWorkers" | "commit">;
  readonly hidden: Pick<HiddenCollections, "publish">;
  /** Bytes of rows of a task, about. */
  readonly splitBytes: number;
}

/** Smaller tasks are not made for workers that have nothing to do. */
const MIN_TASK_BYTES = 64 << 20;

/** Segments into segments of another collection. A task is some segments of one partition. */
export class CopyPlanner implements JobPlanner {
  readonly #deps: CopyPlannerDeps;
  constructor(deps: CopyPlannerDeps) {
    this.#deps = deps;
  }

  /** @throws {ImportError} `job_failed` when the snapshot is not kept any more */
  plan(job: JobRecord): Promise<PlannedTask[]> {
    return sourceTasks("copy", job, this.#deps);
  }

  inputOf(job: JobRecord, { segmentIds = [] }: TaskRecord): CopyTaskInput {
    const { sourceCollectionId, partitions, vchannels } = specOf(job, "copy") as InnerCopySpec;
    const { collectionId, timestamp: snapshotTs } = job;
    return { collectionId, sourceCollectionId, snapshotTs, segmentIds, partitions, vchannels };
  }

  /**
   * Makes the rows visible in a collection that nobody finds yet, compares their number with the source's, partition by partition,
   * and then shows the collection: both at once, to everybody else.
   * @throws {ImportError} `job_failed` when they differ
   */
  async finish(job: JobRecord, tasks: readonly TaskRecord[], signal: AbortSignal) {
    const made = await this.#deps.dataCoord.commit(job, tasks, [], signal);
    await this.#checkCounts(job);
    await this.#deps.hidden.publish(job.collectionId, publicationOf(job));
    return made;
  }

  async #checkCounts(job: JobRecord): Promise<void> {
    const { sourceCollectionId, partitions, partitionNames } = specOf(job, "copy") as InnerCopySpec;
    const { dataCoord } = this.#deps;
    const from = partitions.map(([partition]) => partition);
    const wanted = rowsBy(await dataCoord.visibleSegments(sourceCollectionId, from, job.timestamp));
    const found = rowsBy(await dataCoord.visibleSegments(job.collectionId, [], 0n));
    for (const [i, [source, target]] of partitions.entries()) {
      const [expected, copied] = [wanted.get(source) ?? 0, found.get(target) ?? 0];
      if (expected === copied) continue;
      const reason = `partition ${partitionNames[i]} has ${copied} rows, and the source has ${expected}`;
      throw new ImportError("job_failed", reason);
    }
  }
}

/** Tasks that have some segments of one partition of the source each. */
export async function sourceTasks(
  kind: "copy" | "append",
  job: JobRecord,
  deps: Pick<CopyPlannerDeps, "dataCoord" | "splitBytes">,
): Promise<PlannedTask[]> {
  const { sourceCollectionId, partitions } = specOf(job, "copy") as InnerCopySpec;
  const from = partitions.map(([partition]) => partition);
  const segments = await deps.dataCoord.visibleSegments(sourceCollectionId, from, job.timestamp);
  const taskBytes = await taskBytesOf(memoryBytesOf(segments), MIN_TASK_BYTES, deps);
  const byPartition = Map.groupBy(segments, ({ partitionId }) => partitionId);
  const tasks = from.flatMap((partition, group) =>
    segmentTasks(kind, byPartition.get(partition) ?? [], group, taskBytes),
  );
  return withRows(tasks, segments);
}

/** How what the job has made is shown. */
export function publicationOf(job: JobRecord): Publication {
  const { replaces, alias } = specOf(job, "copy");
  return {
    ...(replaces !== undefined && { replaces: { collectionId: replaces, name: job.collectionName } }),
    ...(alias !== undefined && { alias }),
  };
}

function rowsBy(segments: readonly StoredSegment[]): Map<bigint, number> {
  const rows = new Map<bigint, number>();
  for (const { partitionId, rowCount, deletedRows = 0 } of segments)
    rows.set(partitionId, (rows.get(partitionId) ?? 0) + rowCount - deletedRows);
  return rows;
}
