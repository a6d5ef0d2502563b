import { newTask, packGroups, type TaskKind } from "@sluice/jobs";
import { type StoredSegment, segmentId } from "@sluice/schema";
import type { DataCoordClient } from "../../data-coord.ts";
import type { PlannedTask } from "./job-planner.ts";

/** What decides how large a task is. */
export interface TaskBytesDeps {
  readonly dataCoord: Pick<DataCoordClient, "freeWorkers">;
  /** Bytes of rows of a task, about. */
  readonly splitBytes: number;
}

/** Bytes of rows of a task: every free worker gets a part, as long as parts are worth it, and none is larger than a task may be. */
export async function taskBytesOf(bytes: number, minBytes: number, deps: TaskBytesDeps): Promise<number> {
  const workers = Math.max(1, await deps.dataCoord.freeWorkers().catch(() => 1));
  return Math.min(deps.splitBytes, Math.max(minBytes, Math.ceil(bytes / workers)));
}

/** What the rows of segments take in memory. */
export function memoryBytesOf(segments: readonly StoredSegment[]): number {
  return segments.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
}

/** Tasks that read segments, some of one partition each. @param group which of the job's partitions they are of */
export function segmentTasks(
  kind: TaskKind,
  segments: readonly StoredSegment[],
  group: number,
  taskBytes: number,
): PlannedTask[] {
  const sizesBytes = segments.map(({ memoryBytes }) => memoryBytes);
  return packGroups(sizesBytes, taskBytes).map(({ first, count }) => {
    const pack = segments.slice(first, first + count);
    return {
      ...{ ...newTask, kind, group, sizeBytes: memoryBytesOf(pack) },
      segmentIds: pack.map((segment) => segmentId(segment.segmentId)),
    };
  });
}

/** The same where every row of a segment is taken that is not deleted: each task says how many there are. */
export function withRows(tasks: readonly PlannedTask[], segments: readonly StoredSegment[]): PlannedTask[] {
  const rowsOf = new Map<bigint, number>(
    segments.map(({ segmentId: id, rowCount, deletedRows = 0 }) => [id, rowCount - deletedRows]),
  );
  return tasks.map((task) => ({
    ...task,
    announcedRows: (task.segmentIds ?? []).reduce((sum, id) => sum + (rowsOf.get(id) ?? 0), 0),
  }));
}
